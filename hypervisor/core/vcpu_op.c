/* SPDX-License-Identifier: MIT */
/* vcpu_op: on a vCPU of the caller's own domain. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/sched.h>

#define PERIOD_MIN 1000000UL /* ns: a faster tick would be a denial of service */
#define PERIOD_MAX (1UL << 56)

static int initialise(struct vcpu *v, struct vcpu_guest_context *c, gaddr_t arg)
{
	int rc;

	if (guest_read(c, arg, sizeof(*c)))
		return -EFAULT;
	rc = arch_vcpu_set_context(v, c);
	if (!rc)
		v->initialised = true;
	return rc;
}

long hc_vcpu_op_initialise(struct vcpu *v, gaddr_t arg)
{
	struct vcpu_guest_context *c;
	int rc;

	if (v->initialised)
		return -EEXIST;
	c = kalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	rc = initialise(v, c, arg);
	kfree(c);
	return rc;
}

long hc_vcpu_op_up(struct vcpu *v)
{
	return vcpu_up(v);
}

long hc_vcpu_op_down(struct vcpu *v)
{
	vcpu_down(v);
	return 0;
}

long hc_vcpu_op_is_up(struct vcpu *v)
{
	return v->up;
}

long hc_vcpu_op_get_runstate_info(struct vcpu *v, struct vcpu_runstate_info *r)
{
	vcpu_runstate_read(v, r);
	return 0;
}

/* The first write shows whether the area can be written; later ones may fail while it is not
 * mapped. */
long hc_vcpu_op_register_runstate_memory_area(struct vcpu *v,
					      const struct vcpu_register_runstate_memory_area *area)
{
	struct vcpu_runstate_info r;

	if (area->addr.p) {
		vcpu_runstate_read(v, &r);
		if (guest_write(GADDR(area->addr.p), &r, sizeof(r)))
			return -EFAULT;
	}
	v->runstate_area = GADDR(area->addr.p);
	return 0;
}

long hc_vcpu_op_register_vcpu_time_memory_area(struct vcpu *v,
					       const struct vcpu_register_time_memory_area *area)
{
	if (area->addr.p && guest_write(GADDR(area->addr.p), &v->info->time, sizeof(v->info->time)))
		return -EFAULT;
	v->time_area = GADDR(area->addr.p);
	return 0;
}

long hc_vcpu_op_set_periodic_timer(struct vcpu *v, const struct vcpu_set_periodic_timer *t)
{
	if (t->period_ns < PERIOD_MIN || t->period_ns > PERIOD_MAX)
		return -EINVAL;
	timer_stop(&v->periodic);
	v->period = t->period_ns;
	timer_set(&v->periodic, time_now() + t->period_ns);
	return 0;
}

long hc_vcpu_op_stop_periodic_timer(struct vcpu *v)
{
	timer_stop(&v->periodic);
	return 0;
}

long hc_vcpu_op_set_singleshot_timer(struct vcpu *v, const struct vcpu_set_singleshot_timer *t)
{
	if (unlikely(v != current))
		return -EINVAL;
	if (unlikely(t->flags & VCPU_SSHOTTMR_future) && t->timeout_abs_ns < time_now())
		return -ETIME;
	timer_set(&v->singleshot, t->timeout_abs_ns);
	return 0;
}

long hc_vcpu_op_stop_singleshot_timer(struct vcpu *v)
{
	if (v != current)
		return -EINVAL;
	timer_stop(&v->singleshot);
	return 0;
}

long hc_vcpu_op_register_vcpu_info(struct vcpu *v, const struct vcpu_register_vcpu_info *r)
{
	return vcpu_register_info(v, MFN(r->mfn), r->offset);
}

/* The way out delivers it. */
long hc_vcpu_op_send_nmi(struct vcpu *v)
{
	vcpu_work_set(v, WORK_NMI);
	sched_unblock(v);
	if (v->running && v->cpu != this_cpu())
		cpu_kick(v->cpu);
	return 0;
}

long hc_vcpu_op_get_physid(struct vcpu *v, struct vcpu_get_physid *p)
{
	p->phys_id = (u64)v->cpu->acpi_id << 32 | v->cpu->apic_id;
	return 0;
}
