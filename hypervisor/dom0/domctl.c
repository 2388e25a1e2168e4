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

long hc_domctl_destroydomain(struct domain *d)
{
	return domain_destroy(d);
}

long hc_domctl_pausedomain(struct domain *d)
{
	domain_pause(d);
	return 0;
}

/* A domain without a first vCPU's context has nothing to run. */
long hc_domctl_unpausedomain(struct domain *d)
{
	const struct vcpu *v = domain_vcpu(d, 0);

	if (!v || !v->initialised)
		return -EINVAL;
	domain_unpause(d);
	return 0;
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

long hc_domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	return 0;
}

long hc_domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	return domain_set_max_vcpus(d, op->u.max_vcpus.max);
}

long hc_domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

long hc_domctl_setdebugging(struct domain *d, struct xen_domctl *op)
{
	d->debugging = op->u.setdebugging.enable;
	return 0;
}

long hc_domctl_resumedomain(struct domain *d)
{
	return domain_resume(d);
}

/* 64-bit guests only. */
long hc_domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return op->u.address_size.size == 64 ? 0 : -EOPNOTSUPP;
}

long hc_domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	op->u.address_size.size = 64;
	return 0;
}

long hc_domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
	mfn_t mfn = MFN(op->u.hypercall_init.gmfn);
	int rc = frame_get_type(d, mfn, FT_WRITABLE);

	if (rc)
		return rc;
	hypercall_page_fill(mfn_va(mfn));
	return frame_put_type(d, mfn_to_frame(mfn));
}

long hc_domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
	d->arch.time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
	time_write_wallclock(d);
	return 0;
}

/* Guests read the CPU's own counter: modes that ask for emulation are not there. */
long hc_domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
	if (op->u.tsc_info.tsc_mode != 0 && op->u.tsc_info.tsc_mode != 2)
		return -EOPNOTSUPP;
	d->arch.tsc_mode = op->u.tsc_info.tsc_mode;
	d->arch.tsc_incarnation = op->u.tsc_info.incarnation;
	return 0;
}

long hc_domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
	op->u.tsc_info.tsc_mode = d->arch.tsc_mode;
	op->u.tsc_info.gtsc_khz = (u32)tsc_khz;
	op->u.tsc_info.incarnation = d->arch.tsc_incarnation;
	op->u.tsc_info.elapsed_nsec = time_now();
	return 0;
}

long hc_domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return virq_set_handler(d, op->u.set_virq_handler.virq);
}

/* One node: the host's. */
long hc_domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	u64 nodes[2];

	(void)d;
	if (bitmap_read(nodes, &op->u.nodeaffinity.nodemap))
		return -EFAULT;
	return nodes[0] & 1 ? 0 : -EINVAL;
}

long hc_domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	const u64 nodes[2] = { 1, 0 };

	(void)d;
	return bitmap_write(&op->u.nodeaffinity.nodemap, nodes);
}

long hc_domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

	p->nr_msrs = 0;
	return policy_write(cpuid_policy_of(d), handle_gaddr(p->leaves), &p->nr_leaves);
}

/* Before the domain runs: what a kernel has read does not change under it. */
long hc_domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	xen_cpuid_leaf_t *leaves;
	int rc;

	p->err_leaf = p->err_subleaf = p->err_msr = ~0U;
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
