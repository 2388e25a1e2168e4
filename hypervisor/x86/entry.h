/* SPDX-License-Identifier: MIT */
/*
 * The only way back up: what entry code and trap.c (x86) call in the rooms above. All with
 * interrupts off, on the vCPU's stack.
 */
#ifndef PV_ENTRY_H
#define PV_ENTRY_H

#include <core/vcpu.h>

/* pv/exit.c: the slow way out. Frame complete. Serves work until the guest can go on: restart,
 * stop, reschedule, NMI, events. On return vcpu.work is 0 and the frame obeys the exit rules. */
void exit_work(struct cpu_regs *regs);
/* The same where work is 0 and all there is to do is to deliver an event. Work may be set
 * afterwards. */
void exit_event(struct cpu_regs *regs, struct vcpu *v);

/* pv/bounce.c: SYSCALL from guest user mode; compat: it came through CSTAR. */
void pv_user_syscall(struct cpu_regs *regs, bool compat);
/* SYSENTER from guest user mode (Intel). */
void pv_user_sysenter(struct cpu_regs *regs);

/* pv/fault.c: an exception whose frame has CPL 3: bounced, emulated or repaired. cr2 was read at
 * entry. */
void pv_exception(struct cpu_regs *regs, u64 cr2);
/* Software interrupt through an IDT gate of DPL 3 (int3, into, int 0x80). */
void pv_software_interrupt(struct cpu_regs *regs, u8 vector);
/* IRET or a segment load of the way out faulted: the guest's failsafe callback, or its end.
 * v->arch.ds, es, fs, gs hold the selectors that were meant. */
void pv_failsafe(struct cpu_regs *regs);

/* pv/cpuid_policy.c: reads the CPU's leaves. Boot, behind fpu_init. */
void cpuid_init(void);
/* dom0/build.c: creates dom0 and starts its vCPU 0, or panics with the reason. */
void dom0_build(void);

/* core: interrupts. x86/vector.c calls the handler that was registered; timer_interrupt, sched. */

#endif /* PV_ENTRY_H */
