/* SPDX-License-Identifier: MIT */
/*
 * Timers: a pairing heap a CPU. The root is the earliest. A node's children form a list through
 * `next`; `prev` is the sibling before it or, for the first child, the parent. Setting is O(1),
 * taking the earliest is O(log n) amortised; nothing is allocated.
 *
 * The hardware may be set earlier than the root needs, never later: moving a timer back costs no
 * device access, only an interrupt that finds nothing due.
 */
#include <core/arch.h>
#include <core/cpu.h>
#include <core/lib.h>
#include <core/timer.h>

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	memset(t, 0, sizeof(*t));
	t->fire = fire;
}

/* Two heaps become one. Either may be NULL. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *late;

	if (!a || !b)
		return a ? a : b;
	if (b->deadline < a->deadline) {
		late = a;
		a = b;
	} else {
		late = b;
	}
	late->prev = a;
	late->next = a->child;
	if (late->next)
		late->next->prev = late;
	a->child = late;
	a->next = a->prev = NULL;
	return a;
}

/* Siblings become one heap: pairs from left to right, then all from right to left. */
static struct timer *meld_list(struct timer *first)
{
	struct timer *pairs = NULL, *all = NULL;

	while (first) {
		struct timer *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		all = meld(all, a);
	}
	return all;
}

/* Takes t out of q, whose lock is held. */
static void detach(struct timer_queue *q, struct timer *t)
{
	if (q->root == t) {
		q->root = meld_list(t->child);
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		q->root = meld(q->root, meld_list(t->child));
	}
	t->child = t->next = t->prev = NULL;
	t->cpu = NULL;
}

static void program(struct timer_queue *q)
{
	u64 deadline = q->root ? q->root->deadline : ~0UL;

	if (deadline < q->programmed) {
		q->programmed = deadline;
		time_program(deadline);
	}
}

void timer_stop(struct timer *t)
{
	struct cpu *c = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE);

	/* It may fire, or move, while we wait for the lock. */
	while (c) {
		spin_lock(&c->timers.lock);
		if (t->cpu == c)
			detach(&c->timers, t);
		spin_unlock(&c->timers.lock);
		c = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE);
	}
}

void timer_set(struct timer *t, u64 deadline)
{
	struct cpu *c = this_cpu();
	struct timer_queue *q = &c->timers;

	if (t->cpu && t->cpu != c)
		timer_stop(t);
	spin_lock(&q->lock);
	if (t->cpu)
		detach(q, t);
	t->deadline = deadline;
	t->cpu = c;
	q->root = meld(q->root, t);
	program(q);
	spin_unlock(&q->lock);
}

static struct timer *take_due(struct timer_queue *q, u64 now)
{
	struct timer *t;

	spin_lock(&q->lock);
	t = q->root;
	if (t && t->deadline <= now) {
		detach(q, t);
	} else {
		q->programmed = ~0UL;
		program(q);
		t = NULL;
	}
	spin_unlock(&q->lock);
	return t;
}

/* One reading of the clock bounds the loop: what handlers set again lies behind it. */
void timer_interrupt(void)
{
	struct timer_queue *q = &this_cpu()->timers;
	u64 now = time_now();
	struct timer *t;

	q->programmed = 0; /* nothing is to be programmed before all that is due has fired */
	while ((t = take_due(q, now)))
		t->fire(t);
}
