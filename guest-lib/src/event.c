/* SPDX-License-Identifier: MIT */
/* Event channels: ports, masks and the upcall. */
#include <pv/cpu.h>
#include <pv/event.h>
#include <pv/hypercall.h>

#include "entry.h"

#define PORTS_PER_WORD 64

static struct pv_events *events;

struct vcpu_info *pv_vcpu_info(void)
{
	return events->current ? events->current() : &events->shared->vcpu_info[0];
}

int pv_events_init(struct pv_events *e)
{
	struct callback_register callback = {
		.type = CALLBACKTYPE_event,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)pv_event_entry,
	};

	events = e;
	pv_events_disable();
	for (unsigned int i = 0; i < PORTS_PER_WORD; i++)
		PV_WRITE_ONCE(e->shared->evtchn_mask[i], ~0UL);
	return (int)hypercall_callback_op(CALLBACKOP_register, &callback);
}

/* Any hypercall delivers what is pending on its way out. */
static void pending_take(struct vcpu_info *info)
{
	if (PV_READ_ONCE(info->evtchn_upcall_pending) && !PV_READ_ONCE(info->evtchn_upcall_mask))
		hypercall_xen_version(XENVER_version, NULL);
}

void pv_events_enable(void)
{
	struct vcpu_info *info = pv_vcpu_info();

	pv_barrier();
	PV_WRITE_ONCE(info->evtchn_upcall_mask, 0);
	pv_barrier();
	pending_take(info);
}

void pv_events_disable(void)
{
	PV_WRITE_ONCE(pv_vcpu_info()->evtchn_upcall_mask, 1);
	pv_barrier();
}

bool pv_events_enabled(void)
{
	return !PV_READ_ONCE(pv_vcpu_info()->evtchn_upcall_mask);
}

bool pv_events_save(void)
{
	bool enabled = pv_events_enabled();

	pv_events_disable();
	return enabled;
}

void pv_events_restore(bool enabled)
{
	if (enabled)
		pv_events_enable();
}

int pv_event_handle(evtchn_port_t port, pv_event_handler *handler, void *data)
{
	if (port >= events->nr_slots)
		return -XEN_ERANGE;
	events->slots[port].handler = NULL;
	pv_barrier();
	events->slots[port].data = data;
	pv_barrier();
	events->slots[port].handler = handler;
	return 0;
}

long pv_event_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq bind = { .virq = virq, .vcpu = vcpu };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &bind);

	return rc ? rc : (long)bind.port;
}

long pv_event_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &bind);

	return rc ? rc : (long)bind.port;
}

long pv_event_listen(domid_t remote)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = remote };
	long rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	return rc ? rc : (long)alloc.port;
}

long pv_event_connect(domid_t remote, evtchn_port_t port)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = remote, .remote_port = port };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind);

	return rc ? rc : (long)bind.local_port;
}

int pv_event_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	return (int)hypercall_event_channel_op(EVTCHNOP_close, &close);
}

int pv_event_send(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	return (int)hypercall_event_channel_op(EVTCHNOP_send, &send);
}

void pv_event_mask(evtchn_port_t port)
{
	pv_bit_set(&events->shared->evtchn_mask[port / PORTS_PER_WORD], port % PORTS_PER_WORD);
}

/* The call unmasks, and raises the event again if it was pending: the race between the two is its.
 */
void pv_event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask unmask = { .port = port };

	hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
}

bool pv_event_pending(evtchn_port_t port)
{
	return pv_bit_test(&events->shared->evtchn_pending[port / PORTS_PER_WORD],
			   port % PORTS_PER_WORD);
}

void pv_event_clear(evtchn_port_t port)
{
	pv_bit_clear(&events->shared->evtchn_pending[port / PORTS_PER_WORD], port % PORTS_PER_WORD);
}

long pv_domain_id(void)
{
	struct evtchn_status status = { .dom = DOMID_SELF };
	long port = pv_event_listen(DOMID_SELF);
	long rc;

	if (port < 0)
		return port;
	status.port = (evtchn_port_t)port;
	rc = hypercall_event_channel_op(EVTCHNOP_status, &status);
	pv_event_close((evtchn_port_t)port);
	return rc ? rc : status.u.unbound.dom;
}

static void port_handle(evtchn_port_t port)
{
	struct pv_event_slot *slot;

	pv_event_clear(port);
	if (port >= events->nr_slots)
		return;
	slot = &events->slots[port];
	if (slot->handler)
		slot->handler(port, slot->data);
}

static void word_handle(unsigned int word)
{
	struct shared_info *shared = events->shared;

	for (;;) {
		unsigned long active = PV_READ_ONCE(shared->evtchn_pending[word]) &
				       ~PV_READ_ONCE(shared->evtchn_mask[word]);

		if (!active)
			return;
		port_handle(word * PORTS_PER_WORD + (unsigned int)__builtin_ctzl(active));
	}
}

void pv_event_dispatch(void)
{
	struct vcpu_info *info = pv_vcpu_info();

	while (PV_READ_ONCE(info->evtchn_upcall_pending)) {
		unsigned long words;

		PV_WRITE_ONCE(info->evtchn_upcall_pending, 0);
		/* Full ordering: the flag is cleared before the words are looked at. */
		words = pv_xchg(&info->evtchn_pending_sel, 0);
		while (words) {
			word_handle((unsigned int)__builtin_ctzl(words));
			words &= words - 1;
		}
	}
}
