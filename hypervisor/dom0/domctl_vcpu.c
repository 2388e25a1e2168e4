/* SPDX-License-Identifier: MIT */
/* domctl: a domain's vCPUs: contexts, affinity, scheduling. */
#include <core/arch.h>
#include <dom0/domctl.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <core/sched.h>
#include <pv/vcpu_context.h>

#define WEIGHT_MAX 65535

static int read_and_set(struct vcpu *v, gaddr_t from)
{
	struct vcpu_guest_context *c = kalloc(sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	rc = guest_read(c, from, sizeof(*c));
	if (!rc)
		rc = arch_vcpu_set_context(v, c);
	kfree(c);
	return rc;
}

/* The vCPU must not move meanwhile: its domain is paused, and it is at rest or will be soon. */
long hc_domctl_setvcpucontext(struct vcpu *v, struct xen_domctl *op)
{
	gaddr_t from = handle_gaddr(op->u.vcpucontext.ctxt);
	int rc;

	if (v->domain == current->domain || !v->domain->pause_count)
		return -EINVAL;
	if (!vcpu_at_rest(v))
		return -ERESTART;
	if (!from.v)
		return pv_vcpu_reset(v);
	rc = read_and_set(v, from);
	/* The first vCPU is up by being given its context; the others are brought up by the guest.
	 */
	if (!rc && v->id == 0 && !v->up)
		rc = vcpu_up(v);
	return rc;
}

long hc_domctl_getvcpucontext(struct vcpu *v, struct xen_domctl *op)
{
	struct vcpu_guest_context *c;
	int rc = -ERESTART;

	if (v->domain == current->domain)
		return -EINVAL;
	if (!v->initialised)
		return -ENODATA;
	vcpu_pause(v);
	c = kalloc(sizeof(*c));
	if (!c)
		rc = -ENOMEM;
	else if (vcpu_at_rest(v)) {
		pv_vcpu_get_context(v, c);
		rc = guest_write(handle_gaddr(op->u.vcpucontext.ctxt), c, sizeof(*c));
	}
	kfree(c);
	vcpu_unpause(v);
	return rc;
}

long hc_domctl_getvcpuinfo(struct vcpu *v, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
	struct vcpu_runstate_info rs;

	vcpu_runstate_read(v, &rs);
	i->online = v->up;
	i->blocked = v->block != VCPU_RUNS;
	i->running = v->running;
	i->cpu_time = rs.time[RUNSTATE_running];
	i->cpu = v->cpu ? v->cpu->id : 0;
	return 0;
}

long hc_domctl_setvcpuaffinity(struct vcpu *v, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	u64 hard[2], online[2];

	if (!(a->flags & XEN_VCPUAFFINITY_HARD) || a->flags & XEN_VCPUAFFINITY_FORCE)
		return a->flags & XEN_VCPUAFFINITY_FORCE ? -EOPNOTSUPP : 0; /* soft is a wish */
	if (bitmap_read(hard, &a->cpumap_hard))
		return -EFAULT;
	online_mask(online);
	if (!(hard[0] & online[0]) && !(hard[1] & online[1]))
		return -EINVAL;
	v->affinity[0] = hard[0];
	v->affinity[1] = hard[1];
	hard[0] &= online[0];
	hard[1] &= online[1];
	return bitmap_write(&a->cpumap_hard, hard);
}

long hc_domctl_getvcpuaffinity(struct vcpu *v, struct xen_domctl *op)
{
	const struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	const u64 all[2] = { ~0UL, ~0UL };
	int rc = 0;

	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = bitmap_write(&a->cpumap_hard, v->affinity);
	if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
		rc = bitmap_write(&a->cpumap_soft, all);
	return rc;
}

static int put_weight(struct domain *d, const struct xen_domctl_sched_credit2 *p)
{
	/* A cap is not enforced yet, so it is not accepted either. */
	if (p->cap)
		return -EOPNOTSUPP;
	if (!p->weight)
		return 0;
	d->weight = p->weight;
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i])
			sched_set_weight(d->vcpus[i], p->weight);
	return 0;
}

long hc_domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -EINVAL;
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight = (u16)MIN(d->weight, WEIGHT_MAX);
		s->u.credit2.cap = 0;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo: return put_weight(d, &s->u.credit2);
	default: return -EINVAL;
	}
}

long hc_domctl_sendtrigger(struct vcpu *v, struct xen_domctl *op)
{
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return -EOPNOTSUPP;
	vcpu_work_set(v, WORK_NMI);
	sched_wake(v);
	return 0;
}
