/* SPDX-License-Identifier: MIT */
/*
 * The table of hypercalls, and what restarts one.
 *
 * Every row names hc_<name>, with the prototype that handlers.h makes of the row. Those of control
 * domains and of the hardware domain go through a guard.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/sched.h>

#define ARGS u64 a1, u64 a2, u64 a3, u64 a4, u64 a5

static long absent(ARGS)
{
	(void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
	return -ENOSYS;
}

static inline long guarded(enum caller_class c, union hypercall_entry e, ARGS)
{
	if (!caller_allowed(current->domain, c))
		return -EPERM;
	nospec_fence();
	return e.call(a1, a2, a3, a4, a5);
}

#define GUARD(name, class, ...)                                       \
	static long guard_##name(ARGS)                                \
	{                                                             \
		const union hypercall_entry e = { __VA_ARGS__ };      \
                                                                      \
		return guarded(CLASS_##class, e, a1, a2, a3, a4, a5); \
	}
#define GUARD_ANY(...)
#define GUARD_TARGET(...)
#define GUARD_SUBOPS(...)
#define GUARD_CONTROL(name, ...)                        GUARD(name, CONTROL, __VA_ARGS__)
#define GUARD_HARDWARE(name, ...)                       GUARD(name, HARDWARE, __VA_ARGS__)
#define HYPERCALL(nr, name, class, nargs, types)        GUARD_##class(name, .name = hc_##name)
#define HYPERCALL_ABSENT(nr, name, class, nargs, types) GUARD_##class(name, .call = absent)
#include <hypercalls.def>

#define ROW_ANY(name, ...)      __VA_ARGS__
#define ROW_TARGET(name, ...)   __VA_ARGS__
#define ROW_SUBOPS(name, ...)   __VA_ARGS__
#define ROW_CONTROL(name, ...)  .call = guard_##name
#define ROW_HARDWARE(name, ...) .call = guard_##name

/* The range is there for the numbers that have no row. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const union hypercall_entry hypercall_table[HYPERCALL_MAX] = {
	[0 ... HYPERCALL_MAX - 1] = { .call = absent },
#define HYPERCALL(nr, name, class, nargs, types) [nr] = { ROW_##class(name, .name = hc_##name) },
#define HYPERCALL_ABSENT(nr, name, class, nargs, types) \
	[nr] = { ROW_##class(name, .call = absent) },
#include <hypercalls.def>
};
#pragma GCC diagnostic pop

bool preempt_point(void)
{
	struct vcpu *v = current;

	irq_poll();
	this_cpu()->budget = BUDGET;
	return v->work || vcpu_event_deliverable(v);
}

/* A batch puts the arguments into its entry; else the way out puts them into the registers. */
long hypercall_restart(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct vcpu *v = current;

	v->hc.args[0] = a1;
	v->hc.args[1] = a2;
	v->hc.args[2] = a3;
	v->hc.args[3] = a4;
	v->hc.args[4] = a5;
	v->hc.same_args = false;
	if (!v->hc.in_multicall)
		vcpu_work_set(v, WORK_RESTART);
	return -ERESTART;
}

long hypercall_restart_same(void)
{
	struct vcpu *v = current;
	const struct cpu_regs *r = &v->stack->regs;

	if (v->hc.in_multicall) {
		v->hc.same_args = true;
		return -ERESTART;
	}
	return hypercall_restart(r->rdi, r->rsi, r->rdx, r->r10, r->r8);
}

/* SYSCALL is two bytes long. rcx and r11 are what SYSCALL will set again. A call that restarts
 * without having asked a preempt point has a budget again: interrupts are open on the way. */
void hypercall_rewind(struct vcpu *v, struct cpu_regs *regs)
{
	this_cpu()->budget = BUDGET;
	regs->rip -= 2;
	regs->rax = regs->orig_rax;
	regs->rdi = v->hc.args[0];
	regs->rsi = v->hc.args[1];
	regs->rdx = v->hc.args[2];
	regs->r10 = v->hc.args[3];
	regs->r8 = v->hc.args[4];
}
