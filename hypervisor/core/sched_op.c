/* SPDX-License-Identifier: MIT */
/*
 * sched_op. Nothing sleeps in here: a call says how its vCPU is to rest, and the way out stops it.
 * The order is always: say so, then look whether the reason to rest has gone.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/evtchn.h>
#include <core/hypercall.h>
#include <core/sched.h>

#define POLL_PORTS_MAX 128
#define POLL_CHUNK     32U

long hc_sched_op_yield(void)
{
	sched_yield_current();
	return 0;
}

long hc_sched_op_block(void)
{
	struct vcpu *v = current;

	v->info->evtchn_upcall_mask = 0;
	v->block = VCPU_BLOCKED;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vcpu_event_deliverable(v))
		v->block = VCPU_RUNS;
	else
		vcpu_work_set(v, WORK_STOP);
	return 0;
}

long hc_sched_op_shutdown(const struct sched_shutdown *s)
{
	if (s->reason > SHUTDOWN_MAX)
		return -EINVAL;
	domain_shutdown(current->domain, s->reason);
	return 0;
}

long hc_sched_op_remote_shutdown(struct domain *d, const struct sched_remote_shutdown *s)
{
	if (s->reason > SHUTDOWN_MAX)
		return -EINVAL;
	domain_shutdown(d, s->reason);
	return 0;
}

/* Only announced: it is what a later shutdown, by whatever cause, will report. */
long hc_sched_op_shutdown_code(const struct sched_shutdown *s)
{
	struct domain *d = current->domain;

	if (s->reason > SHUTDOWN_MAX)
		return -EINVAL;
	if (!d->shutdown_code_set) {
		d->shutdown_code = s->reason;
		d->shutdown_code_set = true;
	}
	return 0;
}

/* 1: one of the ports is pending; 0: none; -EINVAL, -EFAULT. */
static int poll_ports(struct domain *d, gaddr_t list, u32 count)
{
	u32 ports[POLL_CHUNK];

	for (u32 i = 0; i < count; i += POLL_CHUNK) {
		u32 n = MIN(count - i, POLL_CHUNK);

		if (guest_read(ports, gaddr_add(list, i * sizeof(ports[0])), n * sizeof(ports[0])))
			return -EFAULT;
		for (u32 j = 0; j < n; j++)
			if (!evtchn_find(d->events, ports[j]))
				return -EINVAL;
		if (evtchn_any_pending(d, ports, n))
			return 1;
		current->poll_port = count == 1 ? ports[0] : 0;
	}
	return 0;
}

/* A timeout of 0 means none. */
long hc_sched_op_poll(const struct sched_poll *p)
{
	struct vcpu *v = current;
	int rc;

	if (p->nr_ports > POLL_PORTS_MAX)
		return -EINVAL;
	v->poll_port = 0;
	__atomic_fetch_add(&v->domain->pollers, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->block, VCPU_POLLING, __ATOMIC_SEQ_CST);
	rc = vcpu_event_deliverable(v) ? 1
				       : poll_ports(v->domain, handle_gaddr(p->ports), p->nr_ports);
	if (rc) {
		sched_unblock(v);
		return rc < 0 ? rc : 0;
	}
	if (p->timeout)
		timer_set(&v->poll_timer, p->timeout);
	vcpu_work_set(v, WORK_STOP);
	return 0;
}

static void fire_watchdog(struct timer *t)
{
	domain_shutdown(container_of(t, struct watchdog, timer)->domain, SHUTDOWN_watchdog);
}

/* d->lock is held. */
static long watchdog_new(struct domain *d, u64 deadline)
{
	for (unsigned int i = 0; i < WATCHDOGS; i++) {
		struct watchdog *w = &d->watchdogs[i];

		if (d->watchdogs_used >> i & 1)
			continue;
		d->watchdogs_used |= 1U << i;
		w->domain = d;
		timer_init(&w->timer, fire_watchdog);
		timer_set(&w->timer, deadline);
		return i + 1;
	}
	return -ENOSPC;
}

static long watchdog_change(struct domain *d, u32 id, u32 timeout, u64 deadline)
{
	struct timer *t = &d->watchdogs[nospec_index(id - 1, WATCHDOGS)].timer;

	if (id > WATCHDOGS || !(d->watchdogs_used >> (id - 1) & 1))
		return -EINVAL;
	if (timeout) {
		timer_set(t, deadline);
		return 0;
	}
	timer_stop(t);
	d->watchdogs_used &= ~(1U << (id - 1));
	return 0;
}

/* id 0 makes one and answers its id; timeout, in seconds, 0 ends it. */
long hc_sched_op_watchdog(const struct sched_watchdog *w)
{
	struct domain *d = current->domain;
	u64 deadline = time_now() + w->timeout * NS_PER_S;
	long rc;

	if (!w->id && !w->timeout)
		return -EINVAL;
	spin_lock(&d->lock);
	rc = w->id ? watchdog_change(d, w->id, w->timeout, deadline) : watchdog_new(d, deadline);
	spin_unlock(&d->lock);
	return rc;
}
