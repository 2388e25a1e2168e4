/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a domain's frames for others, contiguous or below an address limit. dom0 needs
 * it for DMA: 64 single frames for one extent of order 6, and back.
 *
 * Work goes in chunks of as many frames as the larger of the two extents has. A chunk is all or
 * nothing: first the new frames are allocated and the old ones taken, each of which must have no
 * other reference; then, past all refusals, the new ones become the domain's. nr_exchanged in the
 * guest's structure is the progress, also over a preemption. Every address used is checked where it
 * is used (XSA-29, 212).
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/memory.h>

/* The numbers of a chunk's frames lie in two pages of their own, for there may be 512. */
struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int bits;
	unsigned int in_count, out_count; /* extents of a chunk */
	u64 *old, *fresh;
	unsigned int stolen, allocated;
};

#define BUDGET_FRAME     300 /* one looked at and taken, given back, or freed */

#define CHUNK_FRAMES_MAX (PAGE_SIZE / sizeof(u64))

static u64 extent_frames(const struct xen_memory_reservation *r)
{
	return 1UL << r->extent_order;
}

static int check(const struct xen_memory_exchange *x)
{
	unsigned int order = MAX(x->in.extent_order, x->out.extent_order);

	if (x->in.domid != x->out.domid || x->nr_exchanged > x->in.nr_extents)
		return -EINVAL;
	if (order > memory_max_order() || 1UL << order > CHUNK_FRAMES_MAX)
		return -EPERM;
	if (x->in.nr_extents > ~0UL >> x->in.extent_order ||
	    x->out.nr_extents > ~0UL >> x->out.extent_order ||
	    x->in.nr_extents << x->in.extent_order != x->out.nr_extents << x->out.extent_order)
		return -EINVAL;
	/* It stops between chunks only. */
	if ((x->nr_exchanged << x->in.extent_order) & ((1UL << order) - 1))
		return -EINVAL;
	return 0;
}

static int allocate_new(struct exchange *e)
{
	for (e->allocated = 0; e->allocated < e->out_count; e->allocated++) {
		mfn_t mfn = frame_alloc_claimed(e->x.out.extent_order, e->bits, 0);

		if (mfn_eq(mfn, MFN_NONE))
			return -ENOMEM;
		e->fresh[e->allocated] = mfn.v;
	}
	return 0;
}

static int steal_extent(struct exchange *e, u64 mfn)
{
	for (u64 j = 0; j < extent_frames(&e->x.in); j++) {
		int rc = frame_steal(e->d, MFN(mfn + j));

		if (rc)
			return rc;
		e->old[e->stolen++] = mfn + j;
		budget_use(BUDGET_FRAME);
		budget_breathe();
	}
	return 0;
}

static int steal_old(struct exchange *e)
{
	for (unsigned int i = 0; i < e->in_count; i++) {
		u64 mfn;
		int rc;

		if (guest_read_elem(&mfn, handle_gaddr(e->x.in.extent_start),
				    e->x.nr_exchanged + i))
			return -EFAULT;
		rc = steal_extent(e, mfn);
		if (rc)
			return rc;
	}
	return 0;
}

/* Undoes just what a refused chunk did. The old frames kept their places and their pfns; only a
 * dying domain does not get them back. */
static void undo(struct exchange *e)
{
	while (e->allocated)
		frame_free(MFN(e->fresh[--e->allocated]), e->x.out.extent_order);
	while (e->stolen) {
		int rc = domain_frame_assign(e->d, MFN(e->old[--e->stolen]), 0);

		(void)rc;
		budget_use(BUDGET_FRAME);
		budget_breathe();
	}
}

/* A new extent becomes the domain's. An address that fails now does not stop it: the frames are in.
 */
static int hand_over(struct exchange *e, unsigned int i, u64 index)
{
	gaddr_t list = handle_gaddr(e->x.out.extent_start);
	mfn_t mfn = MFN(e->fresh[i]);
	u64 pfn;

	if (domain_frame_assign(e->d, mfn, e->x.out.extent_order))
		return -ENOMEM;
	if (guest_read_elem(&pfn, list, index))
		return -EFAULT;
	for (u64 j = 0; j < extent_frames(&e->x.out); j++)
		m2p_set(mfn_add(mfn, j), PFN(pfn + j));
	return guest_write_elem(list, index, &mfn.v);
}

static int commit(struct exchange *e)
{
	u64 first = (e->x.nr_exchanged << e->x.in.extent_order) >> e->x.out.extent_order;
	int rc = 0;

	while (e->stolen) {
		frame_free(MFN(e->old[--e->stolen]), 0);
		budget_use(BUDGET_FRAME);
		budget_breathe();
	}
	for (unsigned int i = 0; i < e->out_count; i++) {
		int err = hand_over(e, i, first + i);

		budget_breathe();
		rc = rc ? rc : err;
	}
	e->x.nr_exchanged += e->in_count;
	return rc;
}

static int exchange_chunk(struct exchange *e)
{
	int rc;

	e->stolen = 0;
	rc = allocate_new(e);
	if (!rc)
		rc = steal_old(e);
	if (rc) {
		undo(e);
		return rc;
	}
	return commit(e);
}

static int exchange_all(struct exchange *e)
{
	unsigned int order = MAX(e->x.in.extent_order, e->x.out.extent_order);

	e->in_count = 1U << (order - e->x.in.extent_order);
	e->out_count = 1U << (order - e->x.out.extent_order);
	while (e->x.nr_exchanged < e->x.in.nr_extents) {
		int rc = exchange_chunk(e);

		if (rc)
			return rc;
		if (e->x.nr_exchanged < e->x.in.nr_extents && preempt_due())
			return -ERESTART;
	}
	return 0;
}

static int with_pages(struct exchange *e)
{
	int rc = -ENOMEM;

	e->old = page_alloc();
	e->fresh = page_alloc();
	if (e->old && e->fresh)
		rc = exchange_all(e);
	page_free(e->old);
	page_free(e->fresh);
	return rc;
}

long hc_memory_op_exchange(struct domain *d, struct xen_memory_exchange *x, gaddr_t arg, u64 start)
{
	struct exchange e = { .x = *x, .d = d };
	int rc = check(x);

	(void)start; /* the progress is in the structure */
	if (rc)
		return rc;
	e.bits = memory_address_bits(x->out.mem_flags);
	rc = with_pages(&e);
	if (guest_write(gaddr_add(arg, offsetof(struct xen_memory_exchange, nr_exchanged)),
			&e.x.nr_exchanged, sizeof(e.x.nr_exchanged)) &&
	    (!rc || rc == -ERESTART))
		rc = -EFAULT;
	if (rc == -ERESTART)
		return hypercall_restart(XENMEM_exchange, arg.v, 0, 0, 0);
	return rc;
}
