/* SPDX-License-Identifier: MIT */
/*
 * Event channels (the two-level ABI, 4096 ports) and the upcall that delivers them.
 *
 * The upcall clears each pending port that is not masked and calls its handler, with events masked,
 * until none is left. Ports start masked; a handler is set, then the port unmasked.
 *
 * Statics: the pointer to the kernel's struct pv_events.
 */
#ifndef PV_EVENT_H
#define PV_EVENT_H

#include <pv/types.h>
#include <pv/start.h>

/* Runs in the upcall, with events masked. */
typedef void pv_event_handler(evtchn_port_t port, void *data);

struct pv_event_slot {
	pv_event_handler *handler; /* NULL: the event is cleared and dropped */
	void *data;
};

struct pv_events {
	struct shared_info *shared;
	/* Which vcpu_info is the running vCPU's; NULL: there is one vCPU, the first of shared_info.
	 */
	struct vcpu_info *(*current)(void);
	struct pv_event_slot *slots; /* of the kernel's, one per port that has a handler */
	unsigned int nr_slots;
};

/*
 * Makes *events current, masks every port and registers the upcall. Events stay masked on this vCPU
 * until pv_events_enable(). *events must stay where it is. Errors: those of callback_op.
 */
int pv_events_init(struct pv_events *events) PV_MUST_CHECK;

/* The running vCPU's vcpu_info. [upcall] */
struct vcpu_info *pv_vcpu_info(void);

/* Unmask (and take what is pending), mask, ask; save and restore for nesting. [upcall] */
void pv_events_enable(void);
void pv_events_disable(void);
bool pv_events_enabled(void);
bool pv_events_save(void); /* masks, and says whether events were enabled */
void pv_events_restore(bool enabled);

/* Sets or clears (NULL) the handler of a port. -XEN_ERANGE: beyond nr_slots. [upcall] */
int pv_event_handle(evtchn_port_t port, pv_event_handler *handler, void *data) PV_MUST_CHECK;

/*
 * Get a port: the port number, or an error of event_channel_op. The port is masked.
 * pv_event_listen: `remote` (a domid) may connect to it. pv_event_connect: connects to such a port.
 */
long pv_event_bind_virq(unsigned int virq, unsigned int vcpu) PV_MUST_CHECK;
long pv_event_bind_ipi(unsigned int vcpu) PV_MUST_CHECK;
long pv_event_listen(domid_t remote) PV_MUST_CHECK;
long pv_event_connect(domid_t remote, evtchn_port_t port) PV_MUST_CHECK;

/* Closes a port. Errors: those of event_channel_op. */
int pv_event_close(evtchn_port_t port);

/* Notifies the other end. [upcall] Errors: those of event_channel_op. */
int pv_event_send(evtchn_port_t port);

/* Mask, or unmask and take what is pending; clear. [upcall] */
void pv_event_mask(evtchn_port_t port);
void pv_event_unmask(evtchn_port_t port);
bool pv_event_pending(evtchn_port_t port);
void pv_event_clear(evtchn_port_t port);

/* This domain's own number, learnt from a port that is opened and closed again. */
long pv_domain_id(void) PV_MUST_CHECK;

/* What the upcall's entry code calls; a kernel with entry code of its own calls it with events
 * masked. */
void pv_event_dispatch(void);

#endif
