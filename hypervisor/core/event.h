/* SPDX-License-Identifier: MIT */
/*
 * Event channels, seen from inside the hypervisor. States are ECS_*; each port is a struct evtchn
 * with a union per state. How the guest sees pending and masked ports is event_2l.c's.
 */
#ifndef PV_EVENT_H
#define PV_EVENT_H

#include <core/vcpu.h>

typedef struct {
	u32 v;
} port_t;

#define PORT(x) ((port_t){ (x) })

enum evtchn_state {
	ECS_FREE,
	ECS_RESERVED,
	ECS_UNBOUND,
	ECS_INTERDOMAIN,
	ECS_PIRQ,
	ECS_VIRQ,
	ECS_IPI
};

struct evtchn {
	u8 state;
	u16 vcpu; /* notified */
	u32 port;
	union {
		struct {
			domid_t remote_domid;
		} unbound;
		struct {
			struct domain *remote; /* referenced */
			u32 remote_port;
		} interdomain;
		u32 pirq;
		u32 virq;
	} u;
};

int evtchn_init(struct domain *d) MUST_CHECK;
/* Closes everything; resumable (-ERESTART). */
int evtchn_destroy(struct domain *d) MUST_CHECK;
void evtchn_free(struct domain *d); /* the last of it, when no reference is left */

/* Raises VIRQ n on v (per-vCPU ones), if bound. Any context with interrupts off. */
void virq_send_vcpu(struct vcpu *v, u32 virq);
/* A global VIRQ to the domain that bound it (its handler, dom0 unless set_virq_handler said
 * otherwise). */
void virq_send_global(u32 virq);
int virq_set_handler(struct domain *d, u32 virq);
/* Marks v's upcall pending and wakes it; used by event_2l.c. */
void vcpu_mark_events_pending(struct vcpu *v);
/* Ports bound to PIRQs: dom0/pirq.c calls these. */
void evtchn_send_pirq(struct domain *d, u32 port);
/* Sends from the hypervisor (grant of port p in d): as if its remote end had. */
int evtchn_send(struct domain *d, u32 port) MUST_CHECK;
/* SCHEDOP_poll: is one of the ports pending? */
bool evtchn_any_pending(const struct domain *d, const u32 *ports, unsigned int n);

#endif /* PV_EVENT_H */
