/* SPDX-License-Identifier: MIT */
/* Operations on event channels. */
#include <core/domain.h>
#include <core/lib.h>

#include "operation.h"
#include "real.h"

static long call(const struct operation *o, unsigned int cmd, void *arg)
{
	return real_call(o->d, __HYPERVISOR_event_channel_op, cmd, (u64)arg, 0, 0);
}

static u32 pick_port(void)
{
	return machine_random(20) ? machine_random(PORTS) : 1000 + machine_random(9000);
}

static void make_alloc(struct operation *o)
{
	o->a[0] = machine_random(6) ? ID_SELF : pick_id(o->d);
	o->a[1] = machine_random(6) ? id_of((int)machine_random(DOMAINS)) : ID_SELF;
}

static struct outcome run_alloc(const struct operation *o)
{
	struct evtchn_alloc_unbound a = { .dom = (domid_t)o->a[0], .remote_dom = (domid_t)o->a[1] };
	struct outcome out;

	out.real = call(o, EVTCHNOP_alloc_unbound, &a);
	out.spec = spec_alloc_unbound(o->d, (u32)o->a[0], (u32)o->a[1], a.port);
	return out;
}

/* Mostly one that waits for the caller. */
static void make_interdomain(struct operation *o)
{
	int rd = (int)machine_random(DOMAINS);

	o->a[0] = id_of(rd);
	o->a[1] = pick_port();
	for (u32 i = 0, p = (u32)o->a[1]; i < PORTS; i++, p++) {
		const struct spec_port *port = &spec.domain[rd].port[p % PORTS];

		if (port->state == PORT_UNBOUND && port->remote_id == spec.domain[o->d].id &&
		    machine_random(8)) {
			o->a[1] = p % PORTS;
			return;
		}
	}
}

static struct outcome run_interdomain(const struct operation *o)
{
	struct evtchn_bind_interdomain b = { .remote_dom = (domid_t)o->a[0],
					     .remote_port = (u32)o->a[1] };
	struct outcome out;

	out.real = call(o, EVTCHNOP_bind_interdomain, &b);
	out.spec = spec_bind_interdomain(o->d, (u32)o->a[0], (u32)o->a[1], b.local_port);
	return out;
}

static void make_virq(struct operation *o)
{
	o->a[0] = machine_random(10) ? machine_random(8) : machine_random(30);
	o->a[1] = machine_random(3);
}

static struct outcome run_virq(const struct operation *o)
{
	struct evtchn_bind_virq b = { .virq = (u32)o->a[0], .vcpu = (u32)o->a[1] };
	struct outcome out;

	out.real = call(o, EVTCHNOP_bind_virq, &b);
	out.spec = spec_bind_virq(o->d, (u32)o->a[0], (u32)o->a[1], b.port);
	return out;
}

static struct outcome run_ipi(const struct operation *o)
{
	struct evtchn_bind_ipi b = { .vcpu = (u32)o->a[1] };
	struct outcome out;

	out.real = call(o, EVTCHNOP_bind_ipi, &b);
	out.spec = spec_bind_ipi(o->d, (u32)o->a[1], b.port);
	return out;
}

static void make_port(struct operation *o)
{
	o->a[0] = pick_port();
	o->a[1] = machine_random(3);
}

static struct outcome run_bind_vcpu(const struct operation *o)
{
	struct evtchn_bind_vcpu b = { .port = (u32)o->a[0], .vcpu = (u32)o->a[1] };

	return (struct outcome){ spec_bind_vcpu(o->d, b.port, b.vcpu),
				 call(o, EVTCHNOP_bind_vcpu, &b) };
}

static struct outcome run_close(const struct operation *o)
{
	struct evtchn_close c = { .port = (u32)o->a[0] };

	return (struct outcome){ spec_close(o->d, c.port), call(o, EVTCHNOP_close, &c) };
}

static struct outcome run_send(const struct operation *o)
{
	struct evtchn_send s = { .port = (u32)o->a[0] };

	return (struct outcome){ spec_send(o->d, s.port), call(o, EVTCHNOP_send, &s) };
}

static struct outcome run_unmask(const struct operation *o)
{
	struct evtchn_unmask u = { .port = (u32)o->a[0] };

	return (struct outcome){ spec_unmask(o->d, u.port), call(o, EVTCHNOP_unmask, &u) };
}

static void make_reset(struct operation *o)
{
	o->a[0] = machine_random(2) ? ID_SELF : pick_id(o->d);
}

static struct outcome run_reset(const struct operation *o)
{
	struct evtchn_reset r = { .dom = (domid_t)o->a[0] };

	return (struct outcome){ spec_reset(o->d, r.dom), call(o, EVTCHNOP_reset, &r) };
}

/* The guest's handler: takes an event, masks a port, has seen its upcall. */
static struct outcome run_handle(const struct operation *o)
{
	struct spec_domain *s = &spec.domain[o->d];
	struct domain *d = real[o->d];
	u32 port = (u32)o->a[0] % PORTS;

	s->port[port].pending = false;
	bit_clear(port, d->shared_info->evtchn_pending);
	s->port[port].masked = o->a[1];
	if (o->a[1])
		bit_set(port, d->shared_info->evtchn_mask);
	else
		bit_clear(port, d->shared_info->evtchn_mask);
	for (u32 i = 0; i < d->max_vcpus; i++) {
		s->upcall[i] = false;
		d->vcpus[i]->info->evtchn_upcall_pending = 0;
		d->vcpus[i]->info->evtchn_pending_sel = 0;
	}
	return (struct outcome){ 0, 0 };
}

const struct kind event_kinds[] = {
	{ "alloc_unbound", 5, make_alloc, run_alloc },
	{ "bind_interdomain", 7, make_interdomain, run_interdomain },
	{ "bind_virq", 3, make_virq, run_virq },
	{ "bind_ipi", 2, make_virq, run_ipi },
	{ "bind_vcpu", 3, make_port, run_bind_vcpu },
	{ "close", 8, make_port, run_close },
	{ "send", 10, make_port, run_send },
	{ "unmask", 4, make_port, run_unmask },
	{ "reset", 1, make_reset, run_reset },
	{ "(handle event)", 5, make_port, run_handle },
};
const unsigned int event_kind_count = ARRAY_SIZE(event_kinds);
