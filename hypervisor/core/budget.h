/* SPDX-License-Identifier: MIT */
/*
 * How much is done with interrupts off.
 *
 * Whoever does more than some hundred instructions in one go says so, and looks between two steps
 * whether the budget is spent; then interrupts are opened for a moment, at a place where no lock is
 * held, and there is a new budget. It is the CPU's and goes on from call to call: so many small
 * ones of a batch count like one large one, and no way through the hypervisor is longer than a
 * budget and a step. (docs/bounded.md has what was measured.)
 */
#ifndef PV_BUDGET_H
#define PV_BUDGET_H

#include <core/cpu.h>

/* In instructions, as all amounts here: rough ones, rather too large. */
#ifndef BUDGET
#define BUDGET 60000
#endif
#define BUDGET_CALL 1000 /* a small call of a batch, a small operation of a call */
#define BUDGET_PAGE 700  /* a page cleared or copied */

static inline void budget_use(s64 amount)
{
	this_cpu()->budget -= amount;
}

static inline bool budget_spent(void)
{
	return this_cpu()->budget < 0;
}

/* Should a long call stop here? True when this vCPU has a deliverable event, is to pause or die, or
 * others wait for the CPU. Opens interrupts for a moment and gives a new budget; no lock held. */
bool preempt_point(void);

/* The same where the budget is spent; else there is no need to. */
static inline bool preempt_due(void)
{
	return unlikely(budget_spent()) && preempt_point();
}

/* In the middle of a step that is long and cannot stop: interrupts only. No lock held. */
static inline void budget_breathe(void)
{
	if (unlikely(budget_spent()))
		(void)preempt_point();
}

#endif /* PV_BUDGET_H */
