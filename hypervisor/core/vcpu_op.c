/* SPDX-License-Identifier: MIT */
/* vcpu_op: of the caller's own domain; extra is the vCPU's id, which every call checks first. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/sched.h>

#define PERIOD_MIN 1000000UL /* ns: a faster tick would be a denial of service */
#define PERIOD_MAX (1UL << 56)

long hc_vcpu_op_initialise(gaddr_t arg, u64 id);
long hc_vcpu_op_up(gaddr_t arg, u64 id);
long hc_vcpu_op_down(gaddr_t arg, u64 id);
long hc_vcpu_op_is_up(gaddr_t arg, u64 id);
long hc_vcpu_op_get_runstate_info(gaddr_t arg, u64 id);
long hc_vcpu_op_register_runstate_memory_area(gaddr_t arg, u64 id);
long hc_vcpu_op_set_periodic_timer(gaddr_t arg, u64 id);
long hc_vcpu_op_stop_periodic_timer(gaddr_t arg, u64 id);
long hc_vcpu_op_set_singleshot_timer(gaddr_t arg, u64 id);
long hc_vcpu_op_stop_singleshot_timer(gaddr_t arg, u64 id);
long hc_vcpu_op_register_vcpu_info(gaddr_t arg, u64 id);
long hc_vcpu_op_send_nmi(gaddr_t arg, u64 id);
long hc_vcpu_op_get_physid(gaddr_t arg, u64 id);
long hc_vcpu_op_register_vcpu_time_memory_area(gaddr_t arg, u64 id);

static struct vcpu *find(u64 id)
{
	const struct domain *d = current->domain;

	return id < d->max_vcpus ? d->vcpus[id] : NULL;
}

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

long hc_vcpu_op_initialise(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);
	struct vcpu_guest_context *c;
	int rc;

	if (!v)
		return -ENOENT;
	if (v->initialised)
		return -EEXIST;
	c = kalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	rc = initialise(v, c, arg);
	kfree(c);
	return rc == -ERESTART ? hypercall_restart_same() : rc;
}

long hc_vcpu_op_up(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);

	(void)arg;
	return v ? vcpu_up(v) : -ENOENT;
}

long hc_vcpu_op_down(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);

	(void)arg;
	if (!v)
		return -ENOENT;
	vcpu_down(v);
	return 0;
}

long hc_vcpu_op_is_up(gaddr_t arg, u64 id)
{
	const struct vcpu *v = find(id);

	(void)arg;
	return v ? v->up : -ENOENT;
}

long hc_vcpu_op_get_runstate_info(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);
	struct vcpu_runstate_info r;

	if (!v)
		return -ENOENT;
	vcpu_runstate_read(v, &r);
	return guest_write(arg, &r, sizeof(r));
}

/* The first write shows whether the area can be written; later ones may fail while it is not
 * mapped. */
long hc_vcpu_op_register_runstate_memory_area(gaddr_t arg, u64 id)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu *v = find(id);
	struct vcpu_runstate_info r;

	if (!v)
		return -ENOENT;
	if (guest_read(&area, arg, sizeof(area)))
		return -EFAULT;
	if (area.addr.p) {
		vcpu_runstate_read(v, &r);
		if (guest_write(GADDR(area.addr.p), &r, sizeof(r)))
			return -EFAULT;
	}
	v->runstate_area = GADDR(area.addr.p);
	return 0;
}

long hc_vcpu_op_register_vcpu_time_memory_area(gaddr_t arg, u64 id)
{
	struct vcpu_register_time_memory_area area;
	struct vcpu *v = find(id);

	if (!v)
		return -ENOENT;
	if (guest_read(&area, arg, sizeof(area)))
		return -EFAULT;
	if (area.addr.p && guest_write(GADDR(area.addr.p), &v->info->time, sizeof(v->info->time)))
		return -EFAULT;
	v->time_area = GADDR(area.addr.p);
	return 0;
}

long hc_vcpu_op_set_periodic_timer(gaddr_t arg, u64 id)
{
	struct vcpu_set_periodic_timer t;
	struct vcpu *v = find(id);

	if (!v)
		return -ENOENT;
	if (guest_read(&t, arg, sizeof(t)))
		return -EFAULT;
	if (t.period_ns < PERIOD_MIN || t.period_ns > PERIOD_MAX)
		return -EINVAL;
	timer_stop(&v->periodic);
	v->period = t.period_ns;
	timer_set(&v->periodic, time_now() + t.period_ns);
	return 0;
}

long hc_vcpu_op_stop_periodic_timer(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);

	(void)arg;
	if (!v)
		return -ENOENT;
	timer_stop(&v->periodic);
	return 0;
}

long hc_vcpu_op_set_singleshot_timer(gaddr_t arg, u64 id)
{
	struct vcpu_set_singleshot_timer t;
	struct vcpu *v = current;

	if (unlikely(id != v->id))
		return find(id) ? -EINVAL : -ENOENT;
	if (unlikely(guest_read(&t, arg, sizeof(t))))
		return -EFAULT;
	if (unlikely(t.flags & VCPU_SSHOTTMR_future) && t.timeout_abs_ns < time_now())
		return -ETIME;
	timer_set(&v->singleshot, t.timeout_abs_ns);
	return 0;
}

long hc_vcpu_op_stop_singleshot_timer(gaddr_t arg, u64 id)
{
	struct vcpu *v = current;

	(void)arg;
	if (id != v->id)
		return find(id) ? -EINVAL : -ENOENT;
	timer_stop(&v->singleshot);
	return 0;
}

long hc_vcpu_op_register_vcpu_info(gaddr_t arg, u64 id)
{
	struct vcpu_register_vcpu_info r;
	struct vcpu *v = find(id);
	int rc;

	if (!v)
		return -ENOENT;
	if (guest_read(&r, arg, sizeof(r)))
		return -EFAULT;
	rc = vcpu_register_info(v, MFN(r.mfn), r.offset);
	return rc == -ERESTART ? hypercall_restart_same() : rc;
}

/* The way out delivers it. */
long hc_vcpu_op_send_nmi(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);

	(void)arg;
	if (!v)
		return -ENOENT;
	vcpu_work_set(v, WORK_NMI);
	sched_unblock(v);
	if (v->running && v->cpu != this_cpu())
		cpu_kick(v->cpu);
	return 0;
}

long hc_vcpu_op_get_physid(gaddr_t arg, u64 id)
{
	struct vcpu *v = find(id);
	struct vcpu_get_physid p;

	if (!v)
		return -ENOENT;
	p.phys_id = (u64)v->cpu->acpi_id << 32 | v->cpu->apic_id;
	return guest_write(arg, &p, sizeof(p));
}
