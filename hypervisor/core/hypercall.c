/* SPDX-License-Identifier: MIT */
/*
 * The table of hypercalls, and what restarts one.
 *
 * Every row names hc_<name>. This file gives each of these names a weak definition that answers
 * -ENOSYS; where some room defines the handler, the linker takes that one. Rows for control domains
 * alone go through a guard.
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/sched.h>

long hypercall_absent(void);

long hypercall_absent(void)
{
	return -ENOSYS;
}

#define HYPERCALL(nr, name, class, nargs, types)    \
	long weak_##name(void) __asm__("hc_" #name) \
		__attribute__((weak, alias("hypercall_absent")));
#include <hypercalls.def>

bool caller_allowed(const struct domain *d, enum caller_class c)
{
	switch (c) {
	case CLASS_CONTROL: return d->control;
	case CLASS_HARDWARE: return d->hardware;
	default: return true;
	}
}

static inline long guarded(enum caller_class c, long (*fn)(void), const u64 a[5])
{
	if (!caller_allowed(current->domain, c))
		return -EPERM;
	return ((hypercall_fn)(void *)fn)(a[0], a[1], a[2], a[3], a[4]);
}

#define GUARD(name, class)                                                               \
	static long guard_##name(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)                 \
	{                                                                                \
		return guarded(class, weak_##name, (const u64[]){ a1, a2, a3, a4, a5 }); \
	}
#define GUARD_ANY(name)
#define GUARD_TARGET(name)
#define GUARD_SUBOPS(name)
#define GUARD_CONTROL(name)                      GUARD(name, CLASS_CONTROL)
#define GUARD_HARDWARE(name)                     GUARD(name, CLASS_HARDWARE)
#define HYPERCALL(nr, name, class, nargs, types) GUARD_##class(name)
#include <hypercalls.def>

#define ROW_ANY(name)      (hypercall_fn)(void *) weak_##name
#define ROW_TARGET(name)   ROW_ANY(name)
#define ROW_SUBOPS(name)   ROW_ANY(name)
#define ROW_CONTROL(name)  guard_##name
#define ROW_HARDWARE(name) guard_##name

/* The range is there for the numbers that have no row. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const hypercall_fn hypercall_table[HYPERCALL_MAX] = {
	[0 ... HYPERCALL_MAX - 1] = (hypercall_fn)(void *)hypercall_absent,
#define HYPERCALL(nr, name, class, nargs, types) [nr] = ROW_##class(name),
#include <hypercalls.def>
};
#pragma GCC diagnostic pop

long hypercall_call(u64 nr, const u64 args[5])
{
	if (unlikely(nr >= HYPERCALL_MAX))
		return -ENOSYS;
	return hypercall_table[nr](args[0], args[1], args[2], args[3], args[4]);
}

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
