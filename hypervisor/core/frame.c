/* SPDX-License-Identifier: MIT */
/*
 * The frame allocator: a buddy system with one zone for each power of two of the frame number, so
 * that "below 2^n" is a choice of zones and a block never lies in two. Memory is taken from the
 * top, since low frames are what devices need.
 *
 * Free frames keep what they held; every frame is zeroed when it is handed out. `partial` of a
 * frame without owner is the flush clock of the moment it became free: whoever hands it out flushes
 * only if no flush has happened since.
 */
#include <core/arch.h>
#include <core/budget.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/printk.h>

#define ZONES        27   /* 2^27 frames: 512 GiB */
#define ORDER_INSIDE 0xff /* of a free frame that does not start its block */

struct zone {
	u32 head[FRAME_MAX_ORDER + 1];
	u32 filled; /* bit n: head[n] is not FRAME_END */
	u64 free;
};

u64 max_mfn;
u64 total_frames;
u64 frame_sections[FRAME_SECTIONS / 64];

static struct spinlock frame_lock = SPINLOCK(LOCK_FRAME);
static struct zone zones[ZONES];
static u64 free_frames, claimed_frames;

static struct zone *zone_of(u64 mfn)
{
	return &zones[bit_last(mfn)];
}

static struct frame *frame_at(u64 mfn)
{
	return mfn_to_frame(MFN(mfn));
}

static void block_insert(u64 mfn, unsigned int order)
{
	struct zone *z = zone_of(mfn);
	struct frame *f = frame_at(mfn);

	f->order = order;
	f->prev = FRAME_END;
	f->next = z->filled & 1U << order ? z->head[order] : FRAME_END;
	if (f->next != FRAME_END)
		frame_at(f->next)->prev = mfn;
	z->head[order] = mfn;
	z->filled |= 1U << order;
	z->free += 1UL << order;
}

static void block_remove(u64 mfn)
{
	struct zone *z = zone_of(mfn);
	struct frame *f = frame_at(mfn);

	if (f->next != FRAME_END)
		frame_at(f->next)->prev = f->prev;
	if (f->prev != FRAME_END)
		frame_at(f->prev)->next = f->next;
	else if (f->next != FRAME_END)
		z->head[f->order] = f->next;
	else
		z->filled &= ~(1U << f->order);
	z->free -= 1UL << f->order;
	f->order = ORDER_INSIDE;
}

/* The buddy of [mfn, mfn + 2^order), if it is one free block of the same zone; else 0. */
static u64 free_buddy(u64 mfn, unsigned int order)
{
	u64 buddy = mfn ^ 1UL << order;

	if (order >= FRAME_MAX_ORDER || !buddy || bit_last(buddy) != bit_last(mfn) ||
	    !mfn_valid(MFN(buddy)))
		return 0;
	return frame_at(buddy)->refs & FRAME_FREE && frame_at(buddy)->order == order ? buddy : 0;
}

static void block_free(u64 mfn, unsigned int order)
{
	u64 buddy;

	free_frames += 1UL << order;
	while ((buddy = free_buddy(mfn, order))) {
		block_remove(buddy);
		frame_at(mfn)->order = ORDER_INSIDE;
		mfn = MIN(mfn, buddy);
		order++;
	}
	block_insert(mfn, order);
}

/* Splits down, keeping the upper half. 0: none. */
static u64 zone_take(struct zone *z, unsigned int order)
{
	u32 fitting = z->filled >> order;
	unsigned int have;
	u64 mfn;

	if (!fitting)
		return 0;
	have = order + bit_first(fitting);
	mfn = z->head[have];
	block_remove(mfn);
	while (have > order) {
		block_insert(mfn, --have);
		mfn += 1UL << have;
	}
	free_frames -= 1UL << order;
	return mfn;
}

static u64 block_take(unsigned int order, unsigned int bits, u64 claim)
{
	u64 n = 1UL << order, mfn = 0;
	int top = MIN((int)bits - PAGE_SHIFT, ZONES) - 1;

	spin_lock(&frame_lock);
	if (free_frames >= n && free_frames - n >= claimed_frames - MIN(claim, claimed_frames))
		for (int i = top; i >= (int)order && !mfn; i--)
			mfn = zone_take(&zones[i], order);
	spin_unlock(&frame_lock);
	return mfn;
}

/* The stamps are of 32 bits: what is as far as 2^31 flushes back only costs a flush too many. */
void frame_flush_stale(struct frame *f, unsigned int order)
{
	u32 clock = (u32)tlb_clock();

	for (u64 i = 0; i < 1UL << order; i++) {
		if ((int32_t)(clock - f[i].partial) <= 0) {
			tlb_flush_local();
			return;
		}
	}
}

static void make_new(struct frame *f, u32 stamp)
{
	budget_use(BUDGET_PAGE);
	page_clear(mfn_va(frame_to_mfn(f)));
	f->type = 0;
	f->partial = stamp;
	f->linear = 0;
	f->cache = FRAME_CACHE_WB;
	__atomic_store_n(&f->refs, FRAME_RAM | (u64)OWNER_HV << FRAME_OWNER_SHIFT | 1,
			 __ATOMIC_RELEASE);
}

static mfn_t take_new(unsigned int order, unsigned int bits, u64 claim, bool breathe)
{
	u64 mfn = order <= FRAME_MAX_ORDER ? block_take(order, bits, claim) : 0;
	u32 stamp;

	if (!mfn)
		return MFN_NONE;
	frame_flush_stale(frame_at(mfn), order);
	stamp = (u32)tlb_clock() - 1;
	for (u64 i = 0; i < 1UL << order; i++) {
		make_new(frame_at(mfn + i), stamp);
		if (breathe)
			budget_breathe();
	}
	return MFN(mfn);
}

mfn_t frame_alloc(unsigned int order, unsigned int bits)
{
	return take_new(order, bits, 0, false);
}

mfn_t frame_alloc_claimed(unsigned int order, unsigned int bits, u64 claim)
{
	return take_new(order, bits, claim, true);
}

/* What a device saw uncached must not differ from what the next owner sees cached (XSA-402). */
static void cache_flush(const struct frame *f)
{
	const char *page = mfn_va(frame_to_mfn(f));

	for (unsigned int i = 0; i < PAGE_SIZE; i += 64)
		__asm__ volatile("clflush %0" : : "m"(page[i]) : "memory");
	__asm__ volatile("mfence" : : : "memory");
}

static void mark_free(struct frame *f, u32 stamp)
{
	if (unlikely(f->cache != FRAME_CACHE_WB))
		cache_flush(f);
	f->cache = FRAME_CACHE_WB;
	f->type = 0;
	f->linear = 0;
	f->partial = stamp;
	f->order = ORDER_INSIDE;
	__atomic_store_n(&f->refs, FRAME_RAM | FRAME_FREE | (u64)OWNER_NONE << FRAME_OWNER_SHIFT,
			 __ATOMIC_RELEASE);
}

void frame_free(mfn_t mfn, unsigned int order)
{
	struct frame *f = mfn_to_frame(mfn);
	u32 stamp = (u32)tlb_clock();

	for (u64 i = 0; i < 1UL << order; i++) {
		m2p_set(mfn_add(mfn, i), PFN_NONE);
		mark_free(f + i, stamp);
	}
	spin_lock(&frame_lock);
	block_free(mfn.v, order);
	spin_unlock(&frame_lock);
}

void frame_add_ram(mfn_t start, mfn_t end)
{
	for (u64 s = start.v >> FRAME_SECTION_SHIFT; s <= (end.v - 1) >> FRAME_SECTION_SHIFT; s++)
		bit_set(s, frame_sections);
	max_mfn = MAX(max_mfn, end.v - 1);
	total_frames += end.v - start.v;
	for (u64 m = start.v; m < end.v; m++)
		frame_at(m)->refs = FRAME_RAM | (u64)OWNER_HV << FRAME_OWNER_SHIFT | 1;
}

/* Frame 0 is nobody's: here it means "none". Nothing had these mapped, so they need no flush. */
void frame_add_free(mfn_t start, mfn_t end)
{
	u32 stamp = (u32)tlb_clock() - 1;
	u64 m = MAX(start.v, 1UL);

	while (m < end.v) {
		unsigned int order = MIN(bit_first(m), bit_last(end.v - m));

		order = MIN(order, (unsigned int)FRAME_MAX_ORDER);
		for (u64 i = 0; i < 1UL << order; i++)
			mark_free(frame_at(m + i), stamp);
		spin_lock(&frame_lock);
		block_free(m, order);
		spin_unlock(&frame_lock);
		m += 1UL << order;
	}
}

u64 frame_free_count(void)
{
	return free_frames;
}

u64 frame_free_below(unsigned int bits)
{
	u64 n = 0;

	for (int i = MIN((int)bits - PAGE_SHIFT, ZONES) - 1; i >= 0; i--)
		n += zones[i].free;
	return n;
}

void frame_claims_add(s64 frames)
{
	spin_lock(&frame_lock);
	claimed_frames += frames;
	spin_unlock(&frame_lock);
}

int frame_claims_try(u64 frames)
{
	int rc = -ENOMEM;

	spin_lock(&frame_lock);
	if (frames <= free_frames && claimed_frames <= free_frames - frames) {
		claimed_frames += frames;
		rc = 0;
	}
	spin_unlock(&frame_lock);
	return rc;
}

void *page_alloc(void)
{
	mfn_t mfn = frame_alloc(0, FRAME_BELOW_ANY);

	return mfn_eq(mfn, MFN_NONE) ? NULL : mfn_va(mfn);
}

void page_free(void *page)
{
	if (page)
		frame_free(va_mfn(page), 0);
}
