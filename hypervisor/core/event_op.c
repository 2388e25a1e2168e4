/* SPDX-License-Identifier: MIT */
/* event_channel_op: what does not bind. `send` has its short way in subop.c. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/evtchn.h>
#include <core/hypercall.h>

long hc_event_channel_op_close(const struct evtchn_close *c)
{
	return evtchn_close(current->domain, c->port);
}

long hc_event_channel_op_send(const struct evtchn_send *s)
{
	return evtchn_send(current->domain, s->port);
}

static void fill_status(const struct evtchn *e, struct evtchn_status *s)
{
	s->vcpu = e->vcpu;
	switch ((enum evtchn_state)e->state) {
	case ECS_UNBOUND:
		s->status = EVTCHNSTAT_unbound;
		s->u.unbound.dom = e->u.unbound.remote_domid;
		break;
	case ECS_INTERDOMAIN:
		s->status = EVTCHNSTAT_interdomain;
		s->u.interdomain.dom = e->u.interdomain.remote->id;
		s->u.interdomain.port = e->u.interdomain.remote_port;
		break;
	case ECS_PIRQ:
		s->status = EVTCHNSTAT_pirq;
		s->u.pirq = e->u.pirq;
		break;
	case ECS_VIRQ:
		s->status = EVTCHNSTAT_virq;
		s->u.virq = e->u.virq;
		break;
	case ECS_IPI: s->status = EVTCHNSTAT_ipi; break;
	default: s->status = EVTCHNSTAT_closed;
	}
}

long hc_event_channel_op_status(struct domain *d, struct evtchn_status *s)
{
	struct evtchn *e = evtchn_find(d->events, s->port);

	if (!e)
		return -EINVAL;
	spin_lock(&d->events->lock);
	fill_status(e, s);
	spin_unlock(&d->events->lock);
	return 0;
}

/* Per-vCPU VIRQs and IPIs stay where they were bound. */
static bool movable(const struct evtchn *e)
{
	switch ((enum evtchn_state)e->state) {
	case ECS_UNBOUND:
	case ECS_INTERDOMAIN:
	case ECS_PIRQ: return true;
	case ECS_VIRQ: return !virq_is_local(e->u.virq);
	default: return false;
	}
}

long hc_event_channel_op_bind_vcpu(const struct evtchn_bind_vcpu *b)
{
	struct domain *d = current->domain;
	struct evtchn *e = evtchn_find(d->events, b->port);
	int rc = -EINVAL;

	if (!domain_vcpu(d, b->vcpu))
		return -ENOENT;
	if (!e)
		return -EINVAL;
	spin_lock(&d->events->lock);
	if (movable(e)) {
		e->vcpu = b->vcpu;
		rc = 0;
	}
	spin_unlock(&d->events->lock);
	return rc;
}

long hc_event_channel_op_unmask(const struct evtchn_unmask *u)
{
	struct domain *d = current->domain;
	struct evtchn *e = evtchn_find(d->events, u->port);

	if (!e)
		return -EINVAL;
	spin_lock(&d->events->lock);
	if (e->state == ECS_FREE || e->state == ECS_RESERVED) {
		spin_unlock(&d->events->lock);
		return -EINVAL;
	}
	evtchn_unmask(d, d->vcpus[e->vcpu], u->port);
	spin_unlock(&d->events->lock);
	return 0;
}

long hc_event_channel_op_reset(struct domain *d, const struct evtchn_reset *r)
{
	(void)r;
	return evtchn_reset(d);
}
