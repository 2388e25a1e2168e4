/* SPDX-License-Identifier: MIT */
/*
 * Binding event channels. Each call checks everything under the lock, then changes state; what a
 * failed call took it gives back, and nothing else (XSA-496).
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/evtchn.h>
#include <core/hypercall.h>

long hc_event_channel_op_alloc_unbound(struct domain *d, struct evtchn_alloc_unbound *a)
{
	struct evtchn *e;
	int rc;

	spin_lock(&d->events->lock);
	rc = evtchn_alloc(d, &e);
	if (!rc) {
		e->u.unbound.remote_domid = a->remote_dom == DOMID_SELF ? current->domain->id
									: a->remote_dom;
		e->state = ECS_UNBOUND;
		a->port = e->port;
	}
	spin_unlock(&d->events->lock);
	return rc;
}

/* Both locks held. What was sent before the ends met is made up for by one event at ours. */
static int connect(struct domain *d, struct domain *rd, u32 remote_port, u32 *port)
{
	struct evtchn *re = evtchn_find(rd->events, remote_port), *e;
	int rc;

	if (!re || re->state != ECS_UNBOUND || re->u.unbound.remote_domid != d->id)
		return -EINVAL;
	rc = evtchn_alloc(d, &e);
	if (rc)
		return rc;
	domain_hold(rd);
	domain_hold(d);
	e->u.interdomain.remote = rd;
	e->u.interdomain.remote_port = remote_port;
	re->u.interdomain.remote = d;
	re->u.interdomain.remote_port = e->port;
	re->state = ECS_INTERDOMAIN;
	e->state = ECS_INTERDOMAIN;
	evtchn_raise(d, e);
	*port = e->port;
	return 0;
}

long hc_event_channel_op_bind_interdomain(struct domain *rd, struct evtchn_bind_interdomain *b)
{
	struct domain *d = current->domain;
	int rc;

	spin_lock_two(&d->events->lock, d->id, &rd->events->lock, rd->id);
	rc = connect(d, rd, b->remote_port, &b->local_port);
	spin_unlock_two(&d->events->lock, &rd->events->lock);
	return rc;
}

static int bind_to_vcpu(struct domain *d, u32 vcpu, u8 state, struct evtchn **out)
{
	int rc = evtchn_alloc(d, out);

	if (rc)
		return rc;
	(*out)->vcpu = vcpu;
	(*out)->state = state;
	return 0;
}

static int bind_virq(struct domain *d, struct vcpu *v, u32 virq, u32 *port)
{
	struct evtchn *e;
	int rc;

	if (v->virq_port[virq])
		return -EEXIST;
	rc = bind_to_vcpu(d, v->id, ECS_VIRQ, &e);
	if (rc)
		return rc;
	e->u.virq = virq;
	v->virq_port[virq] = *port = e->port;
	return 0;
}

long hc_event_channel_op_bind_virq(struct evtchn_bind_virq *b)
{
	struct domain *d = current->domain;
	struct vcpu *v = domain_vcpu(d, b->vcpu);
	int rc;

	if (b->virq >= NR_VIRQS || (!virq_is_local(b->virq) && b->vcpu))
		return -EINVAL;
	if (!v)
		return -ENOENT;
	spin_lock(&d->events->lock);
	rc = bind_virq(d, v, b->virq, &b->port);
	spin_unlock(&d->events->lock);
	return rc;
}

long hc_event_channel_op_bind_ipi(struct evtchn_bind_ipi *b)
{
	struct domain *d = current->domain;
	struct evtchn *e;
	int rc;

	if (!domain_vcpu(d, b->vcpu))
		return -ENOENT;
	spin_lock(&d->events->lock);
	rc = bind_to_vcpu(d, b->vcpu, ECS_IPI, &e);
	if (!rc)
		b->port = e->port;
	spin_unlock(&d->events->lock);
	return rc;
}

/* The port counts before the interrupt is connected, so that the first one is not lost. */
long hc_event_channel_op_bind_pirq(struct evtchn_bind_pirq *b)
{
	struct domain *d = current->domain;
	struct evtchn *e;
	int rc;

	if (b->flags & ~BIND_PIRQ__WILL_SHARE)
		return -EINVAL;
	spin_lock(&d->events->lock);
	rc = bind_to_vcpu(d, 0, ECS_PIRQ, &e);
	if (!rc)
		e->u.pirq = b->pirq;
	spin_unlock(&d->events->lock);
	if (rc)
		return rc;
	rc = pirq_bind_port(b->pirq, e->port);
	b->port = e->port;
	if (rc) {
		spin_lock(&d->events->lock);
		if (e->state == ECS_PIRQ && e->u.pirq == b->pirq)
			evtchn_release(d, e);
		spin_unlock(&d->events->lock);
	}
	return rc;
}
