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

long hc_memory_op_populate_physmap(gaddr_t arg, u64 start);
long hc_memory_op_increase_reservation(gaddr_t arg, u64 start);
long hc_memory_op_decrease_reservation(gaddr_t arg, u64 start);
long hc_memory_op_maximum_ram_page(gaddr_t arg, u64 extra);
long hc_memory_op_current_reservation(domid_t *id);
long hc_memory_op_maximum_reservation(domid_t *id);
long hc_memory_op_maximum_gpfn(domid_t *id);
long hc_memory_op_claim_pages(struct xen_memory_reservation *r);
long hc_memory_op_get_sharing_freed_pages(gaddr_t arg, u64 extra);
long hc_memory_op_get_sharing_shared_pages(gaddr_t arg, u64 extra);
long hc_memory_op_acquire_resource(gaddr_t arg, u64 extra);

struct extents {
	struct xen_memory_reservation r;
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
	gaddr_t list = handle_gaddr(x->r.extent_start);
	u64 pfn = 0;
	mfn_t mfn;

	if (physmap && guest_read_elem(&pfn, list, i))
		return -EFAULT;
	mfn = domain_frame_alloc(x->d, x->r.extent_order, x->bits);
	if (mfn_eq(mfn, MFN_NONE))
		return -ENOMEM;
	for (u64 j = 0; physmap && j < 1UL << x->r.extent_order; j++)
		m2p_set(mfn_add(mfn, j), PFN(pfn + j));
	if (list.v && guest_write_elem(list, i, &mfn.v)) {
		take_back(x->d, mfn, x->r.extent_order);
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

	if (guest_read_elem(&mfn, handle_gaddr(x->r.extent_start), i))
		return -EFAULT;
	for (u64 j = 0; !rc && j < 1UL << x->r.extent_order; j++) {
		budget_use(BUDGET_FRAME);
		budget_breathe();
		rc = arch_frame_release(x->d, MFN(mfn + j));
	}
	return rc;
}

/* The number done, or -ERESTART. */
static long run(struct extents *x, u64 *i, int (*one)(struct extents *, u64))
{
	for (; *i < x->r.nr_extents; ++*i) {
		if (preempt_due())
			return -ERESTART;
		if (one(x, *i))
			break;
	}
	return (long)*i;
}

static long change(u32 command, gaddr_t arg, u64 start, int (*one)(struct extents *, u64))
{
	struct extents x;
	u64 i = start;
	long rc;
	int err = 0;

	if (guest_read(&x.r, arg, sizeof(x.r)))
		return -EFAULT;
	if (x.r.nr_extents > ~0UL >> EXTENT_SHIFT || start >= x.r.nr_extents ||
	    x.r.extent_order > memory_max_order())
		return (long)start;
	if (x.r.mem_flags & XENMEMF_populate_on_demand)
		return -EOPNOTSUPP;
	x.bits = memory_address_bits(x.r.mem_flags);
	x.d = domain_get_target(x.r.domid, &err);
	if (!x.d)
		return err;
	rc = run(&x, &i, one);
	domain_put(x.d);
	if (rc == -ERESTART)
		return hypercall_restart(command | i << EXTENT_SHIFT, arg.v, 0, 0, 0);
	return rc;
}

long hc_memory_op_populate_physmap(gaddr_t arg, u64 start)
{
	return change(XENMEM_populate_physmap, arg, start, populate_one);
}

long hc_memory_op_increase_reservation(gaddr_t arg, u64 start)
{
	return change(XENMEM_increase_reservation, arg, start, increase_one);
}

long hc_memory_op_decrease_reservation(gaddr_t arg, u64 start)
{
	return change(XENMEM_decrease_reservation, arg, start, decrease_one);
}

long hc_memory_op_maximum_ram_page(gaddr_t arg, u64 extra)
{
	(void)arg;
	(void)extra;
	return (long)max_mfn;
}

/* A number of a domain, 32 bits as callers expect. */
static long ask(domid_t id, u64 (*what)(const struct domain *d))
{
	int err = 0;
	struct domain *d = domain_get_target(id, &err);
	u64 n;

	if (!d)
		return err;
	n = what(d);
	domain_put(d);
	return (long)MIN(n, 0xffffffffUL);
}

static u64 pages_now(const struct domain *d)
{
	return d->pages;
}

static u64 pages_max(const struct domain *d)
{
	return d->max_pages;
}

/* As the guest says: the hypervisor knows no pseudo-physical numbers. */
static u64 gpfn_max(const struct domain *d)
{
	u64 n = __atomic_load_n(&d->shared_info->arch.max_pfn, __ATOMIC_RELAXED);

	return n ? n - 1 : 0;
}

long hc_memory_op_current_reservation(domid_t *id)
{
	return ask(*id, pages_now);
}

long hc_memory_op_maximum_reservation(domid_t *id)
{
	return ask(*id, pages_max);
}

long hc_memory_op_maximum_gpfn(domid_t *id)
{
	return ask(*id, gpfn_max);
}

long hc_memory_op_claim_pages(struct xen_memory_reservation *r)
{
	struct domain *d;
	int rc;

	if (handle_gaddr(r->extent_start).v || r->extent_order || r->mem_flags)
		return -EINVAL;
	d = domain_get(r->domid);
	if (!d)
		return -ESRCH;
	rc = frame_claim(d, r->nr_extents);
	domain_put(d);
	return rc;
}

/* No page is ever shared behind a guest's back. */
long hc_memory_op_get_sharing_freed_pages(gaddr_t arg, u64 extra)
{
	(void)arg;
	(void)extra;
	return 0;
}

long hc_memory_op_get_sharing_shared_pages(gaddr_t arg, u64 extra)
{
	(void)arg;
	(void)extra;
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

long hc_memory_op_acquire_resource(gaddr_t arg, u64 extra)
{
	struct xen_mem_acquire_resource r;
	struct domain *d;
	int rc = 0;

	(void)extra;
	if (guest_read(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.pad || (!r.nr_frames && handle_gaddr(r.frame_list).v))
		return -EINVAL;
	if (r.type != XENMEM_resource_grant_table || r.id != XENMEM_resource_grant_table_id_shared)
		return -EOPNOTSUPP;
	d = domain_get_target(r.domid, &rc);
	if (!d)
		return rc;
	if (r.nr_frames) {
		rc = grant_frames(d, &r);
	} else {
		r.nr_frames = d->max_grant_frames;
		rc = guest_write(arg, &r, sizeof(r));
	}
	domain_put(d);
	return rc;
}
