/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts. A local one belongs to a vCPU; a global one goes to its handler, a domain
 * that a control domain named, else to dom0. Bindings change under the event lock of their domain.
 */
#include <core/errno.h>
#include <core/evtchn.h>

static struct spinlock handler_lock = SPINLOCK(LOCK_PIRQ);
static struct domain *handlers[NR_VIRQS]; /* referenced; NULL: dom0 */

bool virq_is_local(u32 virq)
{
	return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF ||
	       virq == VIRQ_XENPMU;
}

struct vcpu *virq_holder(struct domain *d, const struct evtchn *e)
{
	return d->vcpus[virq_is_local(e->u.virq) ? e->vcpu : 0];
}

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	struct domain *d = v->domain;
	u32 port;

	spin_lock(&d->events->lock);
	port = v->virq_port[virq];
	if (port)
		evtchn_raise(d, evtchn_find(d->events, port));
	spin_unlock(&d->events->lock);
}

static struct domain *handler_get(u32 virq)
{
	struct domain *d;

	spin_lock(&handler_lock);
	d = handlers[virq] ? handlers[virq] : dom0;
	if (d)
		domain_hold(d);
	spin_unlock(&handler_lock);
	return d;
}

void virq_send_global(u32 virq)
{
	struct domain *d = handler_get(virq);

	if (!d)
		return; /* dom0 is not there yet */
	if (d->vcpus[0])
		virq_send_vcpu(d->vcpus[0], virq);
	domain_put(d);
}

int virq_set_handler(struct domain *d, u32 virq)
{
	struct domain *old = d;
	int rc = -ESRCH;

	if (virq >= NR_VIRQS || virq_is_local(virq))
		return -EINVAL;
	domain_hold(d);
	spin_lock(&handler_lock);
	if (!d->events->closed) {
		old = handlers[virq];
		handlers[virq] = d;
		rc = 0;
	}
	spin_unlock(&handler_lock);
	if (old)
		domain_put(old);
	return rc;
}

void virq_drop_handlers(struct domain *d)
{
	u32 n = 0;

	spin_lock(&handler_lock);
	for (u32 i = 0; i < NR_VIRQS; i++) {
		if (handlers[i] == d) {
			handlers[i] = NULL;
			n++;
		}
	}
	spin_unlock(&handler_lock);
	while (n--)
		domain_put(d);
}
