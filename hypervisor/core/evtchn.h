/* SPDX-License-Identifier: MIT */
/*
 * Event channels from within core: the table of a domain and what its files share.
 *
 * Ports live in buckets made on demand. nr_ports only grows, after the bucket that it reaches was
 * published, so a port once valid stays valid until the domain's struct goes, and may be looked up
 * without the lock. State changes under the lock of the table; two tables are locked by domid.
 */
#ifndef PV_EVTCHN_H
#define PV_EVTCHN_H

#include <core/event.h>

#define EVTCHN_BUCKET  128
#define EVTCHN_BUCKETS 32

struct evtchn_table {
	struct spinlock lock; /* LOCK_EVENT */
	bool closed;          /* teardown began: nothing is bound any more */
	u32 nr_ports;
	u32 free_hint;      /* no port below it is free */
	u32 reset_progress; /* of EVTCHNOP_reset, which the guest may call, leave and change */
	u32 end_progress;   /* of teardown, which nobody else moves */
	struct evtchn *buckets[EVTCHN_BUCKETS];
};

/* NULL: no such port. */
static inline struct evtchn *evtchn_find(struct evtchn_table *t, u32 port)
{
	u32 ports = __atomic_load_n(&t->nr_ports, __ATOMIC_ACQUIRE);

	if (unlikely(port >= ports))
		return NULL;
	port = (u32)nospec_index(port, ports);
	return &t->buckets[port / EVTCHN_BUCKET][port % EVTCHN_BUCKET];
}

/* The bits that the guest sees (event_2l.c). v, whom to tell, is NULL while the domain has no vCPU
 * yet. */
void evtchn_set_pending(struct domain *d, struct vcpu *v, u32 port);
void evtchn_clear_pending(struct domain *d, u32 port);
void evtchn_unmask(struct domain *d, struct vcpu *v, u32 port);
bool evtchn_is_pending(const struct domain *d, u32 port);

/* Sets port pending in d and tells its vCPU. The caller's lock keeps the port bound. */
static inline void evtchn_raise(struct domain *d, struct evtchn *e)
{
	evtchn_set_pending(d, d->vcpus[e->vcpu], e->port);
}

/* A free port, with the lock held; -ENOSPC, -ENOMEM, -ESRCH for a domain that is torn down. */
int evtchn_alloc(struct domain *d, struct evtchn **out) MUST_CHECK;
/* Gives it back: pending is cleared. Lock held. */
void evtchn_release(struct domain *d, struct evtchn *e);
/* Whatever it is bound to, it is not any more. -EINVAL: no such port, or not in use. No lock held.
 */
int evtchn_close(struct domain *d, u32 port);
/* Closes all from where it stopped last; what is bound behind that meanwhile stays. -ERESTART. */
int evtchn_reset(struct domain *d) MUST_CHECK;
/* Per-vCPU VIRQs are bound on any vCPU and stay there; global ones are bound on vCPU 0. */
bool virq_is_local(u32 virq);
/* The vCPU whose virq_port holds a binding. */
struct vcpu *virq_holder(struct domain *d, const struct evtchn *e);
void virq_drop_handlers(struct domain *d);
/* Wakes vCPUs of d that poll for port. */
void evtchn_wake_pollers(struct domain *d, u32 port);

#endif /* PV_EVTCHN_H */
