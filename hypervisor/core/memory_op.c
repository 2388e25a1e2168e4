/* SPDX-License-Identifier: MIT */
/*
 * memory_op: a domain's reservation, grown and shrunk by extents of 2^order frames.
 *
 * The calls that walk a list of extents answer how many they have done: so there is no error to
 * report for one in the middle, and a preempted call goes on at the extent that its command's upper
 * bits say.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/memory.h>

#define EXTENT_SHIFT 6 /* of the number done, in the command */
#define ACQUIRE_MAX  64
#define BUDGET_FRAME 300 /* one that leaves, or that comes and is cleared elsewhere */

struct extents {
	const struct xen_memory_reservation *r;
	struct domain *d;
	unsigned int bits;
};

unsigned int memory_max_order(void)
{
	const struct domain *d = current->domain;

	return d->control || d->hardware ? 12 : 9;
}

unsigned int memory_address_bits(u32 mem_flags)
{
	const struct domain *d = current->domain;
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	/* Low memory is scarce; only a domain with devices has a use for it. */
	return bits && (d->control || d->hardware) ? bits : FRAME_BELOW_ANY;
}

/* Gives back the frames of an extent whose number could not be told. */
static void take_back(struct domain *d, mfn_t mfn, unsigned int order)
{
	for (u64 j = 0; j < 1UL << order; j++)
		(void)domain_frame_release(d, mfn_to_frame(mfn_add(mfn, j)));
}

static int allocate(struct extents *x, u64 i, bool physmap)
{
	gaddr_t list = handle_gaddr(x->r->extent_start);
	u64 pfn = 0;
	mfn_t mfn;

	if (physmap && guest_read_elem(&pfn, list, i))
		return -EFAULT;
	mfn = domain_frame_alloc(x->d, x->r->extent_order, x->bits);
	if (mfn_eq(mfn, MFN_NONE))
		return -ENOMEM;
	for (u64 j = 0; physmap && j < 1UL << x->r->extent_order; j++)
		m2p_set(mfn_add(mfn, j), PFN(pfn + j));
	if (list.v && guest_write_elem(list, i, &mfn.v)) {
		take_back(x->d, mfn, x->r->extent_order);
		return -EFAULT;
	}
	return 0;
}

static int populate_one(struct extents *x, u64 i)
{
	return allocate(x, i, true);
}

static int increase_one(struct extents *x, u64 i)
{
	return allocate(x, i, false);
}

static int decrease_one(struct extents *x, u64 i)
{
	u64 mfn;
	int rc = 0;

	if (guest_read_elem(&mfn, handle_gaddr(x->r->extent_start), i))
		return -EFAULT;
	for (u64 j = 0; !rc && j < 1UL << x->r->extent_order; j++) {
		budget_use(BUDGET_FRAME);
		budget_breathe();
		rc = arch_frame_release(x->d, MFN(mfn + j));
	}
	return rc;
}

/* The number done, or -ERESTART. */
static long run(struct extents *x, u64 *i, int (*one)(struct extents *, u64))
{
	for (; *i < x->r->nr_extents; ++*i) {
		if (preempt_due())
			return -ERESTART;
		if (one(x, *i))
			break;
	}
	return (long)*i;
}

static long change(u32 command, struct extents *x, gaddr_t arg, u64 start,
		   int (*one)(struct extents *, u64))
{
	u64 i = start;
	long rc;

	if (x->r->nr_extents > ~0UL >> EXTENT_SHIFT || start >= x->r->nr_extents ||
	    x->r->extent_order > memory_max_order())
		return (long)start;
	if (x->r->mem_flags & XENMEMF_populate_on_demand)
		return -EOPNOTSUPP;
	x->bits = memory_address_bits(x->r->mem_flags);
	rc = run(x, &i, one);
	if (rc == -ERESTART)
		return hypercall_restart(command | i << EXTENT_SHIFT, arg.v, 0, 0, 0);
	return rc;
}

long hc_memory_op_populate_physmap(struct domain *d, struct xen_memory_reservation *r, gaddr_t arg,
				   u64 start)
{
	return change(XENMEM_populate_physmap, &(struct extents){ r, d, 0 }, arg, start,
		      populate_one);
}

long hc_memory_op_increase_reservation(struct domain *d, struct xen_memory_reservation *r,
				       gaddr_t arg, u64 start)
{
	return change(XENMEM_increase_reservation, &(struct extents){ r, d, 0 }, arg, start,
		      increase_one);
}

long hc_memory_op_decrease_reservation(struct domain *d, struct xen_memory_reservation *r,
				       gaddr_t arg, u64 start)
{
	return change(XENMEM_decrease_reservation, &(struct extents){ r, d, 0 }, arg, start,
		      decrease_one);
}

long hc_memory_op_maximum_ram_page(void)
{
	return (long)max_mfn;
}

/* A number of a domain, 32 bits as callers expect. */
static long number(u64 n)
{
	return (long)MIN(n, 0xffffffffUL);
}

long hc_memory_op_current_reservation(struct domain *d)
{
	return number(d->pages);
}

long hc_memory_op_maximum_reservation(struct domain *d)
{
	return number(d->max_pages);
}

/* As the guest says: the hypervisor knows no pseudo-physical numbers. */
long hc_memory_op_maximum_gpfn(struct domain *d)
{
	u64 n = __atomic_load_n(&d->shared_info->arch.max_pfn, __ATOMIC_RELAXED);

	return number(n ? n - 1 : 0);
}

long hc_memory_op_claim_pages(struct domain *d, const struct xen_memory_reservation *r)
{
	if (handle_gaddr(r->extent_start).v || r->extent_order || r->mem_flags)
		return -EINVAL;
	return frame_claim(d, r->nr_extents);
}

/* No page is ever shared behind a guest's back. */
long hc_memory_op_get_sharing_freed_pages(void)
{
	return 0;
}

long hc_memory_op_get_sharing_shared_pages(void)
{
	return 0;
}

static int grant_frames(struct domain *d, const struct xen_mem_acquire_resource *r)
{
	if (r->nr_frames > ACQUIRE_MAX)
		return -E2BIG;
	if (r->frame >= d->max_grant_frames || r->nr_frames > d->max_grant_frames - r->frame)
		return -EINVAL;
	for (u32 i = 0; i < r->nr_frames; i++) {
		mfn_t mfn;
		int rc = grant_shared_frame(d, (u32)r->frame + i, &mfn);

		if (rc)
			return rc;
		if (guest_write_elem(handle_gaddr(r->frame_list), i, &mfn.v))
			return -EFAULT;
	}
	return 0;
}

long hc_memory_op_acquire_resource(struct domain *d, struct xen_mem_acquire_resource *r)
{
	if (r->pad || (!r->nr_frames && handle_gaddr(r->frame_list).v))
		return -EINVAL;
	if (r->type != XENMEM_resource_grant_table ||
	    r->id != XENMEM_resource_grant_table_id_shared)
		return -EOPNOTSUPP;
	if (r->nr_frames)
		return grant_frames(d, r);
	r->nr_frames = d->max_grant_frames;
	return 0;
}
