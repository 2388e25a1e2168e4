/* SPDX-License-Identifier: MIT */
/* One-shot timers on system time, one queue a CPU. A deadline in the past fires at once. */
#ifndef PV_TIMER_H
#define PV_TIMER_H

#include <core/types.h>

struct cpu;

struct timer {
	u64 deadline; /* ns of system time */
	void (*fire)(
		struct timer *t); /* from the timer interrupt, interrupts off; may set it again */
	struct cpu *cpu;          /* whose queue, NULL when not set */
	struct timer *child, *next, *prev; /* pairing heap */
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Sets, or moves, on this CPU. */
void timer_set(struct timer *t, u64 deadline);
/* After it returns, fire will not be called; on another CPU it may still be running. */
void timer_stop(struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
	return t->cpu != NULL;
}
/* The timer interrupt: fires what is due and programs the hardware for the next. */
void timer_interrupt(void);

#endif /* PV_TIMER_H */
