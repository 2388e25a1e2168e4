/* SPDX-License-Identifier: MIT */
/* Event channels: ports, masks and the upcall. */
#include <pv/cpu.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/string.h>

#include "entry.h"

static struct pv_events *events;
static struct pv_vcpu only; /* of a kernel that names no vcpus */
static long domain_id = -1;

static struct pv_vcpu *running(void)
{
	return events->current ? events->current() : events->vcpus;
}

struct vcpu_info *pv_vcpu_info(void)
{
	return events ? running()->info : NULL;
}

static void vcpus_fill(struct pv_events *e)
{
	if (!e->nr_vcpus) {
		e->vcpus = &only;
		e->nr_vcpus = 1;
	}
	for (unsigned int i = 0; i < e->nr_vcpus; i++) {
		struct pv_vcpu *vcpu = &e->vcpus[i];

		vcpu->self = vcpu;
		vcpu->info = i < XEN_LEGACY_MAX_VCPUS ? &e->shared->vcpu_info[i] : NULL;
		vcpu->id = i;
		memset(vcpu->ports, i ? 0 : 0xff, sizeof(vcpu->ports));
	}
}

int pv_events_init(struct pv_events *e)
{
	vcpus_fill(e);
	PV_WRITE_ONCE(e->vcpus[0].info->evtchn_upcall_mask, 1);
	for (unsigned int i = 0; i < PV_PORT_WORDS; i++)
		PV_WRITE_ONCE(e->shared->evtchn_mask[i], ~0UL);
	events = e;
	domain_id = -1;
	return pv_events_vcpu_init();
}

int pv_events_vcpu_init(void)
{
	struct callback_register callback = {
		.type = CALLBACKTYPE_event,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)pv_event_entry,
	};

	return (int)hypercall_callback_op(CALLBACKOP_register, &callback);
}

/* Any hypercall delivers what is pending on its way out. */
static void pending_take(struct vcpu_info *info)
{
	if (PV_READ_ONCE(info->evtchn_upcall_pending) && !PV_READ_ONCE(info->evtchn_upcall_mask))
		hypercall_xen_version(XENVER_version, NULL);
}

int pv_events_enable(void)
{
	struct vcpu_info *info = pv_vcpu_info();

	if (!info)
		return -XEN_ENODEV;
	pv_barrier();
	PV_WRITE_ONCE(info->evtchn_upcall_mask, 0);
	pv_barrier();
	pending_take(info);
	return 0;
}

void pv_events_disable(void)
{
	if (events)
		PV_WRITE_ONCE(pv_vcpu_info()->evtchn_upcall_mask, 1);
	pv_barrier();
}

bool pv_events_enabled(void)
{
	return events && !PV_READ_ONCE(pv_vcpu_info()->evtchn_upcall_mask);
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
	if (!events)
		return -XEN_ENODEV;
	if (port >= events->nr_slots)
		return -XEN_ERANGE;
	events->slots[port].handler = NULL;
	pv_barrier();
	events->slots[port].data = data;
	pv_barrier();
	events->slots[port].handler = handler;
	return 0;
}

/* ---- Ports ------------------------------------------------------------------------------------
 */

static unsigned long *port_word(unsigned long *words, evtchn_port_t port)
{
	return &words[port / PV_PORTS_PER_WORD];
}

static unsigned int port_bit(evtchn_port_t port)
{
	return port % PV_PORTS_PER_WORD;
}

/* There are words to look at, and this port's is among them. */
static bool port_shown(evtchn_port_t port)
{
	return events && port < PV_PORT_WORDS * PV_PORTS_PER_WORD;
}

/* The ports of a vCPU that struct pv_events does not name are handled by nobody here. */
static void port_give(evtchn_port_t port, unsigned int vcpu)
{
	if (!port_shown(port))
		return;
	for (unsigned int i = 0; i < events->nr_vcpus; i++)
		pv_bit_clear(port_word(events->vcpus[i].ports, port), port_bit(port));
	if (vcpu < events->nr_vcpus)
		pv_bit_set(port_word(events->vcpus[vcpu].ports, port), port_bit(port));
}

long pv_event_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq bind = { .virq = virq, .vcpu = vcpu };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_virq, &bind);

	if (rc)
		return rc;
	port_give(bind.port, vcpu);
	return (long)bind.port;
}

long pv_event_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi bind = { .vcpu = vcpu };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &bind);

	if (rc)
		return rc;
	port_give(bind.port, vcpu);
	return (long)bind.port;
}

/* The hypervisor gives a new port to the first vCPU. */
static long port_bring_here(evtchn_port_t port)
{
	struct evtchn_bind_vcpu bind = { .port = port };
	long rc;

	if (!events || !running()->id)
		return (long)port;
	bind.vcpu = running()->id;
	rc = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind);
	if (rc) {
		pv_event_close(port);
		return rc;
	}
	port_give(port, bind.vcpu);
	return (long)port;
}

long pv_event_listen(domid_t remote)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = remote };
	long rc = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	return rc ? rc : port_bring_here(alloc.port);
}

long pv_event_connect(domid_t remote, evtchn_port_t port)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = remote, .remote_port = port };
	long rc = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind);

	return rc ? rc : port_bring_here(bind.local_port);
}

/*
 * Only the vCPU that has a port gives it away, and while it is here it is in no handler of the
 * port's. Unmasking raises what came meanwhile where the port then is.
 */
int pv_event_move(evtchn_port_t port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu bind = { .port = port, .vcpu = vcpu };
	bool masked;
	long rc;

	if (!events)
		return -XEN_ENODEV;
	if (!port_shown(port) || vcpu >= events->nr_vcpus)
		return -XEN_ERANGE;
	if (!pv_bit_test(port_word(running()->ports, port), port_bit(port)))
		return -XEN_EPERM;
	masked = pv_bit_test(port_word(events->shared->evtchn_mask, port), port_bit(port));
	pv_event_mask(port);
	rc = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind);
	if (!rc)
		port_give(port, vcpu);
	if (!masked)
		pv_event_unmask(port);
	return (int)rc;
}

int pv_event_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };
	long rc;

	pv_event_mask(port);
	rc = hypercall_event_channel_op(EVTCHNOP_close, &close);
	if (!rc)
		port_give(port, 0);
	return (int)rc;
}

int pv_event_send(evtchn_port_t port)
{
	struct evtchn_send send = { .port = port };

	return (int)hypercall_event_channel_op(EVTCHNOP_send, &send);
}

void pv_event_mask(evtchn_port_t port)
{
	if (port_shown(port))
		pv_bit_set(port_word(events->shared->evtchn_mask, port), port_bit(port));
}

/* The call unmasks, and raises the event again if it was pending: the race between the two is its.
 */
int pv_event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask unmask = { .port = port };

	return (int)hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
}

bool pv_event_pending(evtchn_port_t port)
{
	return port_shown(port) &&
	       pv_bit_test(port_word(events->shared->evtchn_pending, port), port_bit(port));
}

void pv_event_clear(evtchn_port_t port)
{
	if (port_shown(port))
		pv_bit_clear(port_word(events->shared->evtchn_pending, port), port_bit(port));
}

static long domain_id_ask(void)
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

long pv_domain_id(void)
{
	long id = domain_id;

	if (id < 0) {
		id = domain_id_ask();
		domain_id = id;
	}
	return id;
}

/* ---- The upcall -------------------------------------------------------------------------------
 */

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

/* What another vCPU has is left to it, pending: it was told. */
static void word_handle(const struct pv_vcpu *vcpu, unsigned int word)
{
	struct shared_info *shared = events->shared;

	for (;;) {
		unsigned long active = PV_READ_ONCE(shared->evtchn_pending[word]) &
				       ~PV_READ_ONCE(shared->evtchn_mask[word]) &
				       PV_READ_ONCE(vcpu->ports[word]);

		if (!active)
			return;
		port_handle(word * PV_PORTS_PER_WORD + (unsigned int)__builtin_ctzl(active));
	}
}

void pv_event_dispatch(void)
{
	struct pv_vcpu *vcpu = running();
	struct vcpu_info *info = vcpu->info;

	while (PV_READ_ONCE(info->evtchn_upcall_pending)) {
		unsigned long words;

		PV_WRITE_ONCE(info->evtchn_upcall_pending, 0);
		/* Full ordering: the flag is cleared before the words are looked at. */
		words = pv_xchg(&info->evtchn_pending_sel, 0);
		while (words) {
			word_handle(vcpu, (unsigned int)__builtin_ctzl(words));
			words &= words - 1;
		}
	}
}
