/* SPDX-License-Identifier: MIT */
/*
 * The slow way out to the guest: the only place where a vCPU is stopped, switched, or made to enter
 * its kernel for an event. The frame is complete here, so a vCPU that schedule() takes away is at
 * rest.
 */
#include <core/arch.h>
#include <pv/bounce.h>
#include <x86/entry.h>
#include <core/hypercall.h>
#include <core/sched.h>
#include <x86/trap.h>

/* One at a time, as on the CPU: the next waits for the handler's iret. Without a handler it is
 * lost. */
static void deliver_nmi(struct cpu_regs *regs, struct vcpu *v)
{
	struct guest_callback cb = v->arch.callbacks[CB_NMI];

	if (v->arch.nmi_blocked) {
		v->arch.nmi_pending = true;
		return;
	}
	if (!cb.address) {
		cb.address = v->arch.traps[TRAP_NMI].address;
		cb.mask = v->arch.traps[TRAP_NMI].mask;
	}
	if (!cb.address)
		return;
	v->arch.nmi_blocked = true;
	bounce_callback(regs, &cb);
}

/* Without a callback they stay pending until there is one. */
static inline void deliver_events(struct cpu_regs *regs, struct vcpu *v)
{
	if (likely(v->arch.callbacks[CB_EVENT].address))
		bounce_event(regs, v);
}

/* The vCPU has no work, but an event to deliver. */
void exit_event(struct cpu_regs *regs, struct vcpu *v)
{
	deliver_events(regs, v);
}

static u8 take_work(struct vcpu *v)
{
	return __atomic_exchange_n(&v->work, 0, __ATOMIC_SEQ_CST);
}

void exit_work(struct cpu_regs *regs)
{
	struct vcpu *v = current;

	for (;;) {
		u8 work = take_work(v);

		if (work & WORK_RESTART)
			hypercall_rewind(v, regs);
		if (work & WORK_EVENT)
			trap_serve_pending();
		if (work & (WORK_RESCHED | WORK_STOP))
			schedule();
		if (work & WORK_TIME)
			vcpu_areas_write(v);
		if (work & WORK_NMI)
			deliver_nmi(regs, v);
		if (vcpu_event_deliverable(v))
			deliver_events(regs, v);
		if (likely(!__atomic_load_n(&v->work, __ATOMIC_SEQ_CST)))
			break;
	}
	regs->rflags = rflags_for_guest(regs->rflags);
}
