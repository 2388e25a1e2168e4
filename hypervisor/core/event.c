/* SPDX-License-Identifier: MIT */
/* Event channels: the table, sending, closing. (event_bind.c binds, event_op.c has the other
 * calls.) */
#include <core/arch.h>
#include <core/errno.h>
#include <core/evtchn.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/sched.h>

static u32 port_limit(const struct domain *d)
{
	u32 own = d->max_evtchn_port;

	return own && own < EVTCHN_2L_NR_CHANNELS ? own + 1 : EVTCHN_2L_NR_CHANNELS;
}

static int grow(struct evtchn_table *t)
{
	u32 first = t->nr_ports;
	struct evtchn *bucket = kalloc(EVTCHN_BUCKET * sizeof(*bucket));

	if (!bucket)
		return -ENOMEM;
	for (u32 i = 0; i < EVTCHN_BUCKET; i++)
		bucket[i].port = first + i;
	t->buckets[first / EVTCHN_BUCKET] = bucket;
	__atomic_store_n(&t->nr_ports, first + EVTCHN_BUCKET, __ATOMIC_RELEASE);
	return 0;
}

/* Port 0 means "none" in the ABI. */
int evtchn_init(struct domain *d)
{
	struct evtchn_table *t = kalloc(sizeof(*t));
	int rc;

	if (!t)
		return -ENOMEM;
	spin_init(&t->lock, LOCK_EVENT);
	rc = grow(t);
	if (rc) {
		kfree(t);
		return rc;
	}
	t->buckets[0][0].state = ECS_RESERVED;
	t->free_hint = t->reset_progress = t->end_progress = 1;
	d->events = t;
	return 0;
}

void evtchn_free(struct domain *d)
{
	struct evtchn_table *t = d->events;

	if (!t)
		return;
	for (u32 i = 0; i < EVTCHN_BUCKETS; i++)
		kfree(t->buckets[i]);
	kfree(t);
	d->events = NULL;
}

int evtchn_alloc(struct domain *d, struct evtchn **out)
{
	struct evtchn_table *t = d->events;
	u32 limit = port_limit(d);

	if (t->closed)
		return -ESRCH;
	for (u32 port = t->free_hint; port < limit; port++) {
		struct evtchn *e;

		if (port >= t->nr_ports && grow(t))
			return -ENOMEM;
		e = evtchn_find(t, port);
		if (e->state != ECS_FREE)
			continue;
		t->free_hint = port + 1;
		*out = e;
		return 0;
	}
	return -ENOSPC;
}

void evtchn_release(struct domain *d, struct evtchn *e)
{
	struct evtchn_table *t = d->events;

	evtchn_clear_pending(d, e->port);
	e->vcpu = 0;
	e->state = ECS_FREE;
	t->free_hint = MIN(t->free_hint, e->port);
}

/* While we hold our lock an interdomain channel's other end stays bound: closing it takes both
 * locks. So the remote table is read without its lock. */
int evtchn_send(struct domain *d, u32 port)
{
	struct evtchn_table *t = d->events;
	struct evtchn *e = evtchn_find(t, port);
	int rc = 0;

	if (unlikely(!e))
		return -EINVAL;
	spin_lock(&t->lock);
	if (likely(e->state == ECS_INTERDOMAIN)) {
		struct domain *rd = e->u.interdomain.remote;

		evtchn_raise(rd, evtchn_find(rd->events, e->u.interdomain.remote_port));
	} else if (e->state == ECS_IPI) {
		evtchn_raise(d, e);
	} else if (e->state != ECS_UNBOUND) { /* nobody hears what is sent to an unbound one */
		rc = -EINVAL;
	}
	spin_unlock(&t->lock);
	return rc;
}

void evtchn_send_pirq(struct domain *d, u32 port)
{
	struct evtchn_table *t = d->events;
	struct evtchn *e = evtchn_find(t, port);

	if (!e)
		return;
	spin_lock(&t->lock);
	if (e->state == ECS_PIRQ)
		evtchn_raise(d, e);
	spin_unlock(&t->lock);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
	if (__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		return;
	if (unlikely(v->block != VCPU_RUNS))
		sched_unblock(v);
	else if (v->running && v->cpu != this_cpu())
		cpu_kick(v->cpu);
}

void evtchn_wake_pollers(struct domain *d, u32 port)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = d->vcpus[i];

		if (v && v->block == VCPU_POLLING && (!v->poll_port || v->poll_port == port))
			sched_unblock(v);
	}
}

bool evtchn_any_pending(const struct domain *d, const u32 *ports, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (evtchn_is_pending(d, ports[i]))
			return true;
	return false;
}

/* Both locks held. The other end waits for a new partner, from the same domain only. */
static void disconnect(struct domain *d, struct evtchn *e)
{
	struct domain *rd = e->u.interdomain.remote;
	struct evtchn *re = evtchn_find(rd->events, e->u.interdomain.remote_port);

	if (re != e) {
		re->state = ECS_UNBOUND;
		re->u.unbound.remote_domid = d->id;
	}
	e->state = ECS_RESERVED;
	evtchn_release(d, e);
}

/* Our lock alone is held; takes both in order and looks again. -EAGAIN: it changed meanwhile. */
static int close_interdomain(struct domain *d, struct evtchn *e)
{
	struct domain *rd = e->u.interdomain.remote;
	struct spinlock *mine = &d->events->lock, *theirs = &rd->events->lock;
	int rc = -EAGAIN;

	domain_hold(rd);
	spin_unlock(mine);
	spin_lock_two(mine, d->id, theirs, rd->id);
	if (e->state == ECS_INTERDOMAIN && e->u.interdomain.remote == rd) {
		disconnect(d, e);
		rc = 0;
	}
	spin_unlock_two(mine, theirs);
	if (!rc) {
		domain_put(rd); /* what each end held of the other */
		domain_put(d);
	}
	domain_put(rd);
	return rc;
}

/* pirq.c takes its own lock first, so ours is dropped; meanwhile nobody else touches a reserved
 * port. */
static void close_pirq(struct domain *d, struct evtchn *e)
{
	struct spinlock *lock = &d->events->lock;

	e->state = ECS_RESERVED;
	spin_unlock(lock);
	pirq_unbind_port(e->u.pirq);
	spin_lock(lock);
	evtchn_release(d, e);
	spin_unlock(lock);
}

static void close_virq(struct domain *d, struct evtchn *e)
{
	struct vcpu *v = virq_holder(d, e);

	if (v->virq_port[e->u.virq] == e->port)
		v->virq_port[e->u.virq] = 0;
	evtchn_release(d, e);
}

static int close_once(struct domain *d, struct evtchn *e)
{
	int rc = 0;

	spin_lock(&d->events->lock);
	switch ((enum evtchn_state)e->state) {
	case ECS_INTERDOMAIN: return close_interdomain(d, e);
	case ECS_PIRQ: close_pirq(d, e); return 0;
	case ECS_VIRQ: close_virq(d, e); break;
	case ECS_UNBOUND:
	case ECS_IPI: evtchn_release(d, e); break;
	default: rc = -EINVAL;
	}
	spin_unlock(&d->events->lock);
	return rc;
}

int evtchn_close(struct domain *d, u32 port)
{
	struct evtchn *e = evtchn_find(d->events, port);
	int rc;

	if (!e)
		return -EINVAL;
	do {
		rc = close_once(d, e);
	} while (rc == -EAGAIN);
	return rc;
}

static int close_from(struct domain *d, u32 *progress)
{
	struct evtchn_table *t = d->events;
	u32 port;

	for (port = *progress; port < t->nr_ports; port++) {
		if (preempt_due()) {
			*progress = port;
			return -ERESTART;
		}
		budget_use(BUDGET_CALL);
		evtchn_close(d, port); /* a free one is none the worse for it */
	}
	return 0;
}

int evtchn_reset(struct domain *d)
{
	int rc = close_from(d, &d->events->reset_progress);

	if (!rc)
		d->events->reset_progress = 1;
	return rc;
}

int evtchn_destroy(struct domain *d)
{
	struct evtchn_table *t = d->events;
	int rc;

	spin_lock(&t->lock);
	t->closed = true;
	spin_unlock(&t->lock);
	rc = close_from(d, &t->end_progress);
	if (!rc)
		virq_drop_handlers(d);
	return rc;
}
