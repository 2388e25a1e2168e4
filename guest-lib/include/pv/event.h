/* SPDX-License-Identifier: MIT */
/*
 * Event channels (the two-level ABI, 4096 ports) and the upcall that delivers them.
 *
 * The upcall clears each pending port that is not masked and calls its handler, with events masked,
 * until none is left. Ports start masked; a handler is set, then the port unmasked. Each port is
 * one vCPU's: it alone handles it, so that no handler runs on two at once.
 *
 * Before pv_events_init() delivery is masked and stays so: what has no error of its own does
 * nothing then, and questions are answered with false.
 *
 * Statics: the pointer to the kernel's struct pv_events, the struct pv_vcpu of a kernel that has
 * but one, this domain's number.
 */
#ifndef PV_EVENT_H
#define PV_EVENT_H

#include <pv/types.h>
#include <pv/start.h>
#include <pv/vcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs in the upcall, with events masked, on the vCPU that has the port. */
typedef void pv_event_handler(evtchn_port_t port, void *data);

struct pv_event_slot {
	pv_event_handler *handler; /* NULL: the event is cleared and dropped */
	void *data;
};

struct pv_events {
	struct shared_info *shared;
	struct pv_event_slot *slots; /* of the kernel's, one per port that has a handler */
	unsigned int nr_slots;
	/* More than one vCPU (vcpu.h): all of them, by number, and which one is running, usually
	 * pv_vcpu_current(). NULL and 0: there is one. shared_info has the vcpu_info of the first
	 * 32; `info` of the others is the kernel's to set. */
	struct pv_vcpu *vcpus;
	unsigned int nr_vcpus;
	struct pv_vcpu *(*current)(void);
};

/*
 * Once, on the first vCPU: makes *events current, fills its vcpus, gives every port to the first of
 * them and masks it, and registers the upcall of the running vCPU. Events stay masked on it until
 * pv_events_enable(). *events must stay where it is. Errors: those of callback_op.
 */
int pv_events_init(struct pv_events *events) PV_MUST_CHECK;

/*
 * On each further vCPU: registers its upcall; ports stay as they are. Events stay masked on it
 * until pv_events_enable(). Errors: those of callback_op.
 */
int pv_events_vcpu_init(void) PV_MUST_CHECK;

/* The running vCPU's vcpu_info. NULL before pv_events_init(). [upcall] */
struct vcpu_info *pv_vcpu_info(void);

/*
 * Unmask (and take what is pending), mask, ask; save and restore for nesting. -XEN_ENODEV: not
 * before pv_events_init(), and events are still masked. [upcall]
 */
int pv_events_enable(void);
void pv_events_disable(void);
bool pv_events_enabled(void);
bool pv_events_save(void); /* masks, and says whether events were enabled */
void pv_events_restore(bool enabled);

/*
 * Sets or clears (NULL) the handler of a port. -XEN_ERANGE: beyond nr_slots; -XEN_ENODEV: not
 * before pv_events_init(). [upcall]
 */
int pv_event_handle(evtchn_port_t port, pv_event_handler *handler, void *data) PV_MUST_CHECK;

/*
 * Get a port: the port number, or an error of event_channel_op. The port is masked, and belongs to
 * the vCPU that is named, else to the calling one.
 * pv_event_listen: `remote` (a domid) may connect to it. pv_event_connect: connects to such a port;
 * since the other end may have sent before, the new port is pending at once: its handler runs once
 * for nothing when it is unmasked.
 */
long pv_event_bind_virq(unsigned int virq, unsigned int vcpu) PV_MUST_CHECK;
long pv_event_bind_ipi(unsigned int vcpu) PV_MUST_CHECK;
long pv_event_listen(domid_t remote) PV_MUST_CHECK;
long pv_event_connect(domid_t remote, evtchn_port_t port) PV_MUST_CHECK;

/*
 * Gives a port of the running vCPU's to another one, not from the port's own handler. Nothing is
 * lost: what is pending is handled there. -XEN_EPERM: the port is not the running vCPU's;
 * -XEN_ERANGE: no such port, or no such vCPU in struct pv_events; else those of event_channel_op
 * (-XEN_EINVAL: an IPI, or a VIRQ of one vCPU's, stays where it is).
 */
int pv_event_move(evtchn_port_t port, unsigned int vcpu) PV_MUST_CHECK;

/*
 * Masks a port and closes it; the number may come again for a new one. On the vCPU that has it, or
 * when its handler cannot be running. Errors: those of event_channel_op; the port stays masked.
 */
int pv_event_close(evtchn_port_t port);

/* Notifies the other end. [upcall] Errors: those of event_channel_op. */
int pv_event_send(evtchn_port_t port);

/*
 * Mask, or unmask and take what is pending; ask; clear. [upcall] Errors of unmasking: those of
 * event_channel_op (-XEN_EINVAL: no such port).
 */
void pv_event_mask(evtchn_port_t port);
int pv_event_unmask(evtchn_port_t port);
bool pv_event_pending(evtchn_port_t port);
void pv_event_clear(evtchn_port_t port);

/*
 * This domain's own number, learnt from a port that is opened and closed again, and kept until the
 * next pv_events_init(). Errors: those of event_channel_op.
 */
long pv_domain_id(void) PV_MUST_CHECK;

/* What the upcall's entry code calls; a kernel with entry code of its own calls it with events
 * masked. */
void pv_event_dispatch(void);

#ifdef __cplusplus
}
#endif

#endif
