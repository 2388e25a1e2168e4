/* SPDX-License-Identifier: MIT */
/*
 * Frames of domains: references, reservations, and the hypervisor's pages that a domain may map.
 *
 * d->pages counts the frames that d owns, from the moment they are given until the last reference
 * to each is gone; the list holds those of its reservation. Both change under d->page_lock. While d
 * owns a frame it holds a reference to itself, so an owner's id in a frame always means that very
 * domain.
 */
#include <core/arch.h>
#include <core/budget.h>
#include <core/domain.h>
#include <core/errno.h>
#include <core/frametype.h>
#include <core/printk.h>

#define BUDGET_ASSIGN  30
#define REFS(d, flags) (FRAME_RAM | (flags) | (u64)(d)->id << FRAME_OWNER_SHIFT | 1)
#define REFS_HV        (FRAME_RAM | (u64)OWNER_HV << FRAME_OWNER_SHIFT | 1)
#define TYPE_SHARED    ((u64)FT_WRITABLE << 32 | (u64)FS_VALID << 40 | 1)

static struct frame *frame_at(u32 mfn)
{
	return mfn_to_frame(MFN(mfn));
}

static void list_push(struct domain *d, struct frame *f)
{
	u32 mfn = (u32)frame_to_mfn(f).v;

	f->prev = FRAME_END;
	f->next = d->page_list;
	if (f->next != FRAME_END)
		frame_at(f->next)->prev = mfn;
	d->page_list = mfn;
}

static void list_unlink(struct domain *d, struct frame *f)
{
	if (f->next != FRAME_END)
		frame_at(f->next)->prev = f->prev;
	if (f->prev != FRAME_END)
		frame_at(f->prev)->next = f->next;
	else
		d->page_list = f->next;
}

/* Owned frames, with page_lock held. */
static void account_add(struct domain *d, u64 *count, u64 n)
{
	if (!(d->pages + d->shared_hv_pages))
		domain_hold(d);
	*count += n;
}

/* True: that was the last one, the caller drops d's reference to itself after unlocking. */
static bool account_sub(struct domain *d, u64 *count, u64 n)
{
	*count -= n;
	return !(d->pages + d->shared_hv_pages);
}

static int reserve(struct domain *d, u64 n, u64 *claim)
{
	int rc = -ENOMEM;

	spin_lock(&d->page_lock);
	if (d->state == DOMAIN_ALIVE && n <= d->max_pages && d->pages <= d->max_pages - n) {
		account_add(d, &d->pages, n);
		*claim = d->claimed;
		rc = 0;
	}
	spin_unlock(&d->page_lock);
	return rc;
}

static void unreserve(struct domain *d, u64 n)
{
	bool last;

	spin_lock(&d->page_lock);
	last = account_sub(d, &d->pages, n);
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

/* Frames come into a claim's place. */
static void claim_used(struct domain *d, u64 n)
{
	u64 used;

	if (likely(!d->claimed))
		return;
	spin_lock(&d->page_lock);
	used = MIN(d->claimed, n);
	d->claimed -= used;
	spin_unlock(&d->page_lock);
	frame_claims_add(-(s64)used);
}

/* Each frame is complete before its owner makes it reachable. */
static void assign_one(struct domain *d, struct frame *f)
{
	f->type = 0;
	f->partial = 0;
	f->linear = 0;
	list_push(d, f);
	__atomic_store_n(&f->refs, REFS(d, FRAME_ALLOCATED), __ATOMIC_RELEASE);
}

/* Count was reserved. Whoever ends a domain looks at its list once: nothing comes behind it. */
static int assign(struct domain *d, mfn_t mfn, unsigned int order)
{
	u64 n = 1UL << order;
	bool alive;

	spin_lock(&d->page_lock);
	alive = d->state == DOMAIN_ALIVE;
	for (u64 i = 0; alive && i < n; i++)
		assign_one(d, mfn_to_frame(mfn) + i);
	spin_unlock(&d->page_lock);
	budget_use((s64)n * BUDGET_ASSIGN);
	if (alive)
		return 0;
	frame_free(mfn, order);
	unreserve(d, n);
	return -EINVAL;
}

mfn_t domain_frame_alloc(struct domain *d, unsigned int order, unsigned int bits)
{
	u64 n = 1UL << order, claim;
	mfn_t mfn;

	if (order > FRAME_MAX_ORDER || reserve(d, n, &claim))
		return MFN_NONE;
	mfn = frame_alloc_claimed(order, bits, claim);
	if (mfn_eq(mfn, MFN_NONE)) {
		unreserve(d, n);
		return MFN_NONE;
	}
	claim_used(d, n);
	return assign(d, mfn, order) ? MFN_NONE : mfn;
}

int domain_frame_assign(struct domain *d, mfn_t mfn, unsigned int order)
{
	frame_flush_stale(mfn_to_frame(mfn), order);
	return assign(d, mfn, order);
}

int domain_frame_release(struct domain *d, struct frame *f)
{
	u64 refs;
	int rc = -EINVAL;

	spin_lock(&d->page_lock);
	refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);
	while (FRAME_OWNER(refs) == d->id && refs & FRAME_ALLOCATED) {
		if (__atomic_compare_exchange_n(&f->refs, &refs, refs & ~FRAME_ALLOCATED, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			list_unlink(d, f);
			rc = 0;
			break;
		}
	}
	spin_unlock(&d->page_lock);
	if (!rc)
		frame_put(f);
	return rc;
}

int frame_steal(struct domain *d, mfn_t mfn)
{
	u64 sole = REFS(d, FRAME_ALLOCATED);
	struct frame *f = mfn_to_frame(mfn);

	if (!mfn_valid(mfn) || FRAME_OWNER(f->refs) != d->id)
		return -EINVAL;
	spin_lock(&d->page_lock);
	if (d->state != DOMAIN_ALIVE ||
	    !__atomic_compare_exchange_n(&f->refs, &sole, REFS_HV, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		spin_unlock(&d->page_lock);
		return -EBUSY;
	}
	list_unlink(d, f);
	spin_unlock(&d->page_lock);
	f->type = 0;
	f->linear = 0;
	f->partial = (u32)tlb_clock();
	return 0;
}

void frame_share(struct domain *d, void *page)
{
	struct frame *f = mfn_to_frame(va_mfn(page));

	spin_lock(&d->page_lock);
	account_add(d, &d->shared_hv_pages, 1);
	spin_unlock(&d->page_lock);
	f->partial = 0;
	f->type = TYPE_SHARED;
	__atomic_store_n(&f->refs, REFS(d, FRAME_SHARED_HV), __ATOMIC_RELEASE);
}

void frame_unshare(void *page)
{
	struct frame *f = mfn_to_frame(va_mfn(page));

	frametype_put_writable(f);
	frame_put(f);
}

int frame_get(mfn_t mfn, const struct domain *d)
{
	return frame_get_owned(mfn, d->id);
}

int frame_get_more(struct frame *f)
{
	u64 refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);

	do {
		if (unlikely((u32)refs == FRAME_COUNT_MASK))
			return -EBUSY;
	} while (unlikely(!__atomic_compare_exchange_n(&f->refs, &refs, refs + 1, true,
						       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)));
	return 0;
}

void frame_put_last(struct frame *f)
{
	u64 refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);
	struct domain *d = domain_by_id(FRAME_OWNER(refs));
	mfn_t mfn = frame_to_mfn(f);
	bool last;

	frame_free(mfn, 0);
	if (!d)
		return; /* the hypervisor's own */
	spin_lock(&d->page_lock);
	last = account_sub(d, refs & FRAME_SHARED_HV ? &d->shared_hv_pages : &d->pages, 1);
	spin_unlock(&d->page_lock);
	if (last)
		domain_put(d);
}

int frame_claim(struct domain *d, u64 frames)
{
	u64 extra = 0;
	int rc = 0;

	spin_lock(&d->page_lock);
	if (!frames) {
		extra = d->claimed;
		d->claimed = 0;
		spin_unlock(&d->page_lock);
		frame_claims_add(-(s64)extra);
		return 0;
	}
	if (d->state != DOMAIN_ALIVE || d->claimed || frames <= d->pages || frames > d->max_pages)
		rc = -EINVAL;
	else if (frame_claims_try(frames - d->pages))
		rc = -ENOMEM;
	else
		d->claimed = frames - d->pages;
	spin_unlock(&d->page_lock);
	return rc;
}
