/* SPDX-License-Identifier: MIT */
/*
 * Small objects of the hypervisor. A slab is one page of equal objects; its frame says which size,
 * how many are in use and which is the first free one, whose first two bytes name the next. Slabs
 * with free objects form a list per size, through their frames. Larger objects are whole blocks of
 * frames.
 */
#include <core/frame.h>
#include <core/lock.h>
#include <core/printk.h>

#define SHIFT_MIN 5
#define SHIFT_MAX 11
#define SIZES     (SHIFT_MAX - SHIFT_MIN + 1)
#define ORDER_MAX 8 /* 1 MiB */
#define NO_OBJECT 0xffff

/* frame.partial: what the object's frame holds. */
#define HEAP_BLOCK    0x01000000U /* | order */
#define HEAP_SLAB     0x02000000U /* | shift << 16 | objects in use */
#define SLAB_SHIFT(f) ((f)->partial >> 16 & 0xff)
#define SLAB_USED(f)  ((f)->partial & 0xffff)

static struct spinlock heap_lock = SPINLOCK(LOCK_HEAP);
/* First slab with a free object, as mfn + 1; 0: none. */
static u32 slab_list[SIZES];

static struct frame *slab_at(u32 link)
{
	return mfn_to_frame(MFN(link - 1));
}

static u32 slab_link(const struct frame *f)
{
	return (u32)frame_to_mfn(f).v + 1;
}

static void slab_insert(struct frame *f, u32 *list)
{
	f->prev = 0;
	f->next = *list;
	if (f->next)
		slab_at(f->next)->prev = slab_link(f);
	*list = slab_link(f);
}

static void slab_remove(struct frame *f, u32 *list)
{
	if (f->next)
		slab_at(f->next)->prev = f->prev;
	if (f->prev)
		slab_at(f->prev)->next = f->next;
	else
		*list = f->next;
}

static u16 *object_at(struct frame *f, u16 index)
{
	return (u16 *)((char *)mfn_va(frame_to_mfn(f)) + ((u64)index << SLAB_SHIFT(f)));
}

static struct frame *slab_make(unsigned int shift)
{
	mfn_t mfn = frame_alloc(0, FRAME_BELOW_ANY);
	unsigned int count = PAGE_SIZE >> shift;
	struct frame *f;

	if (mfn_eq(mfn, MFN_NONE))
		return NULL;
	f = mfn_to_frame(mfn);
	f->partial = HEAP_SLAB | shift << 16;
	f->linear = 0;
	for (unsigned int i = 0; i < count; i++)
		*object_at(f, i) = i + 1 < count ? i + 1 : NO_OBJECT;
	slab_insert(f, &slab_list[shift - SHIFT_MIN]);
	return f;
}

static void *slab_take(unsigned int shift)
{
	u32 *list = &slab_list[shift - SHIFT_MIN];
	struct frame *f;
	u16 *object = NULL;

	spin_lock(&heap_lock);
	f = *list ? slab_at(*list) : slab_make(shift);
	if (f) {
		object = object_at(f, f->linear);
		f->linear = *object;
		f->partial++;
		if (f->linear == NO_OBJECT)
			slab_remove(f, list);
	}
	spin_unlock(&heap_lock);
	if (object)
		memset(object, 0, 1UL << shift);
	return object;
}

static void slab_give(struct frame *f, void *p)
{
	u32 *list = &slab_list[SLAB_SHIFT(f) - SHIFT_MIN];
	bool empty;

	spin_lock(&heap_lock);
	if (f->linear == NO_OBJECT)
		slab_insert(f, list);
	*(u16 *)p = f->linear;
	f->linear = ((u64)p & (PAGE_SIZE - 1)) >> SLAB_SHIFT(f);
	f->partial--;
	empty = !SLAB_USED(f);
	if (empty)
		slab_remove(f, list);
	spin_unlock(&heap_lock);
	if (empty)
		frame_free(frame_to_mfn(f), 0);
}

static void *block_take(size_t size)
{
	unsigned int order = size <= PAGE_SIZE ? 0 : bit_last(size - 1) + 1 - PAGE_SHIFT;
	mfn_t mfn;

	if (order > ORDER_MAX)
		return NULL;
	mfn = frame_alloc(order, FRAME_BELOW_ANY);
	if (mfn_eq(mfn, MFN_NONE))
		return NULL;
	mfn_to_frame(mfn)->partial = HEAP_BLOCK | order;
	return mfn_va(mfn);
}

void *kalloc(size_t size)
{
	if (size > 1UL << SHIFT_MAX)
		return block_take(size);
	return slab_take(size <= 1UL << SHIFT_MIN ? SHIFT_MIN : bit_last(size - 1) + 1);
}

void kfree(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = mfn_to_frame(va_mfn(p));
	BUG_ON(!(f->partial & (HEAP_SLAB | HEAP_BLOCK)));
	if (f->partial & HEAP_SLAB)
		slab_give(f, p);
	else
		frame_free(frame_to_mfn(f), f->partial & 0xff);
}
