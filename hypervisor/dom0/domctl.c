/* SPDX-License-Identifier: MIT */
/* domctl: a domain's life and limits. */
#include <core/arch.h>
#include <dom0/build.h>
#include <pv/cpuid.h>
#include <dom0/domctl.h>
#include <core/errno.h>
#include <core/frametype.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/sched.h>
#include <x86/time.h>

long hc_domctl_createdomain(struct xen_domctl *op);
long hc_domctl_destroydomain(struct xen_domctl *op);
long hc_domctl_pausedomain(struct xen_domctl *op);
long hc_domctl_unpausedomain(struct xen_domctl *op);
long hc_domctl_getdomaininfo(struct xen_domctl *op);
long hc_domctl_max_mem(struct xen_domctl *op);
long hc_domctl_max_vcpus(struct xen_domctl *op);
long hc_domctl_setdomainhandle(struct xen_domctl *op);
long hc_domctl_setdebugging(struct xen_domctl *op);
long hc_domctl_resumedomain(struct xen_domctl *op);
long hc_domctl_set_address_size(struct xen_domctl *op);
long hc_domctl_get_address_size(struct xen_domctl *op);
long hc_domctl_hypercall_init(struct xen_domctl *op);
long hc_domctl_settimeoffset(struct xen_domctl *op);
long hc_domctl_settscinfo(struct xen_domctl *op);
long hc_domctl_gettscinfo(struct xen_domctl *op);
long hc_domctl_set_virq_handler(struct xen_domctl *op);
long hc_domctl_setnodeaffinity(struct xen_domctl *op);
long hc_domctl_getnodeaffinity(struct xen_domctl *op);
long hc_domctl_get_cpu_policy(struct xen_domctl *op);
long hc_domctl_set_cpu_policy(struct xen_domctl *op);

long domctl_on(struct xen_domctl *op, domctl_fn fn)
{
	struct domain *d = domain_get(op->domain);
	long rc;

	if (!d)
		return -ESRCH;
	rc = fn(d, op);
	domain_put(d);
	return rc;
}

long domctl_on_other(struct xen_domctl *op, domctl_fn fn)
{
	struct domain *d = domain_get(op->domain);
	long rc = -EINVAL;

	if (!d)
		return -ESRCH;
	if (d != current->domain)
		rc = fn(d, op);
	domain_put(d);
	return rc;
}

long hc_domctl_createdomain(struct xen_domctl *op)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain *d;
	int rc;

	if (c->flags & XEN_DOMCTL_CDF_hvm)
		return -EOPNOTSUPP;
	rc = domain_create(op->domain && op->domain < DOMID_FIRST_RESERVED ? op->domain
									   : DOMID_INVALID,
			   c, &d);
	if (rc)
		return rc;
	op->domain = d->id;
	return 0;
}

static long destroy(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	if (d->hardware)
		return -EINVAL;
	return domain_destroy(d);
}

long hc_domctl_destroydomain(struct xen_domctl *op)
{
	long rc = domctl_on_other(op, destroy);

	return rc == -ERESTART ? hypercall_restart_same() : rc;
}

static long pause(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	domain_pause(d);
	return 0;
}

long hc_domctl_pausedomain(struct xen_domctl *op)
{
	return domctl_on_other(op, pause);
}

/* A domain without a first vCPU's context has nothing to run. */
static long unpause(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	if (!d->max_vcpus || !d->vcpus[0] || !d->vcpus[0]->initialised)
		return -EINVAL;
	domain_unpause(d);
	return 0;
}

long hc_domctl_unpausedomain(struct xen_domctl *op)
{
	return domctl_on_other(op, unpause);
}

/* Of the first domain from that id on, which op->domain then names: so callers walk over all of
 * them. */
long hc_domctl_getdomaininfo(struct xen_domctl *op)
{
	struct domain *d = op->domain < DOMID_FIRST_RESERVED ? domain_get_next(op->domain) : NULL;

	if (!d)
		return -ESRCH;
	memset(&op->u, 0, sizeof(op->u));
	domain_info(d, &op->u.getdomaininfo);
	op->domain = d->id;
	domain_put(d);
	return 0;
}

static long max_mem(struct domain *d, struct xen_domctl *op)
{
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	return 0;
}

long hc_domctl_max_mem(struct xen_domctl *op)
{
	return domctl_on(op, max_mem);
}

static long max_vcpus(struct domain *d, struct xen_domctl *op)
{
	return domain_set_max_vcpus(d, op->u.max_vcpus.max);
}

long hc_domctl_max_vcpus(struct xen_domctl *op)
{
	long rc = domctl_on_other(op, max_vcpus);

	return rc == -ERESTART ? hypercall_restart_same() : rc;
}

static long set_handle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

long hc_domctl_setdomainhandle(struct xen_domctl *op)
{
	return domctl_on(op, set_handle);
}

static long set_debugging(struct domain *d, struct xen_domctl *op)
{
	d->debugging = op->u.setdebugging.enable;
	return 0;
}

long hc_domctl_setdebugging(struct xen_domctl *op)
{
	return domctl_on_other(op, set_debugging);
}

static long resume(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_resume(d);
}

long hc_domctl_resumedomain(struct xen_domctl *op)
{
	return domctl_on_other(op, resume);
}

/* 64-bit guests only. */
static long set_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return op->u.address_size.size == 64 ? 0 : -EOPNOTSUPP;
}

long hc_domctl_set_address_size(struct xen_domctl *op)
{
	return domctl_on(op, set_address_size);
}

static long get_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	op->u.address_size.size = 64;
	return 0;
}

long hc_domctl_get_address_size(struct xen_domctl *op)
{
	return domctl_on(op, get_address_size);
}

static long hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t mfn = MFN(op->u.hypercall_init.gmfn);
	int rc = frame_get_type(d, mfn, FT_WRITABLE);

	if (rc)
		return rc;
	hypercall_page_fill(mfn_va(mfn));
	return frame_put_type(d, mfn_to_frame(mfn));
}

long hc_domctl_hypercall_init(struct xen_domctl *op)
{
	return domctl_on(op, hypercall_init);
}

static long time_offset(struct domain *d, struct xen_domctl *op)
{
	d->arch.time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
	time_write_wallclock(d);
	return 0;
}

long hc_domctl_settimeoffset(struct xen_domctl *op)
{
	return domctl_on(op, time_offset);
}

/* Guests read the CPU's own counter: modes that ask for emulation are not there. */
static long set_tsc(struct domain *d, struct xen_domctl *op)
{
	if (op->u.tsc_info.tsc_mode != 0 && op->u.tsc_info.tsc_mode != 2)
		return -EOPNOTSUPP;
	d->arch.tsc_mode = op->u.tsc_info.tsc_mode;
	d->arch.tsc_incarnation = op->u.tsc_info.incarnation;
	return 0;
}

long hc_domctl_settscinfo(struct xen_domctl *op)
{
	return domctl_on_other(op, set_tsc);
}

static long get_tsc(struct domain *d, struct xen_domctl *op)
{
	op->u.tsc_info.tsc_mode = d->arch.tsc_mode;
	op->u.tsc_info.gtsc_khz = (u32)tsc_khz;
	op->u.tsc_info.incarnation = d->arch.tsc_incarnation;
	op->u.tsc_info.elapsed_nsec = time_now();
	return 0;
}

long hc_domctl_gettscinfo(struct xen_domctl *op)
{
	return domctl_on(op, get_tsc);
}

static long set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return virq_set_handler(d, op->u.set_virq_handler.virq);
}

long hc_domctl_set_virq_handler(struct xen_domctl *op)
{
	return domctl_on(op, set_virq_handler);
}

/* One node: the host's. */
static long set_node_affinity(struct domain *d, struct xen_domctl *op)
{
	u64 nodes[2];

	(void)d;
	if (bitmap_read(nodes, &op->u.nodeaffinity.nodemap))
		return -EFAULT;
	return nodes[0] & 1 ? 0 : -EINVAL;
}

long hc_domctl_setnodeaffinity(struct xen_domctl *op)
{
	return domctl_on(op, set_node_affinity);
}

static long get_node_affinity(struct domain *d, struct xen_domctl *op)
{
	const u64 nodes[2] = { 1, 0 };

	(void)d;
	return bitmap_write(&op->u.nodeaffinity.nodemap, nodes);
}

long hc_domctl_getnodeaffinity(struct xen_domctl *op)
{
	return domctl_on(op, get_node_affinity);
}

static long get_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

	p->nr_msrs = 0;
	return policy_write(cpuid_policy_of(d), handle_gaddr(p->leaves), &p->nr_leaves);
}

long hc_domctl_get_cpu_policy(struct xen_domctl *op)
{
	return domctl_on(op, get_policy);
}

/* Before the domain runs: what a kernel has read does not change under it. */
static long set_policy(struct domain *d, struct xen_domctl *op)
{
	const struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	xen_cpuid_leaf_t *leaves;
	int rc;

	if (d->pause_count == 0)
		return -EBUSY;
	if (!p->nr_leaves || p->nr_leaves > CPUID_LEAVES_MAX)
		return p->nr_leaves ? -E2BIG : 0;
	leaves = kalloc(p->nr_leaves * sizeof(*leaves));
	if (!leaves)
		return -ENOMEM;
	rc = guest_read(leaves, handle_gaddr(p->leaves), p->nr_leaves * sizeof(*leaves));
	if (!rc)
		rc = cpuid_policy_set(d, leaves, p->nr_leaves);
	kfree(leaves);
	return rc;
}

long hc_domctl_set_cpu_policy(struct xen_domctl *op)
{
	op->u.cpu_policy.err_leaf = op->u.cpu_policy.err_subleaf = op->u.cpu_policy.err_msr = ~0U;
	return domctl_on_other(op, set_policy);
}
