/* SPDX-License-Identifier: MIT */
/* Bounce frames: how exceptions, events and system calls reach the guest's kernel. Room pv. */
#ifndef PV_BOUNCE_H
#define PV_BOUNCE_H

#include <core/vcpu.h>

/* Makes current enter its kernel at the handler for vector, as if the exception had gone there:
 * switches to kernel mode and stack, pushes the frame. Without handler or stack the domain is
 * crashed. */
void bounce_exception(struct cpu_regs *regs, u8 vector, u32 error_code);
/* The same for #PF: cr2 goes to vcpu_info, U of the error code follows the guest's mode. */
void bounce_page_fault(struct cpu_regs *regs, u64 addr, u32 error_code);
/* A callback without error code. cb->address is not 0. */
void bounce_callback(struct cpu_regs *regs, const struct guest_callback *cb);
/* The event callback, which has an address; with events masked. */
void bounce_event(struct cpu_regs *regs, struct vcpu *v);
/* Emulation helpers. */
static inline void bounce_gp(struct cpu_regs *regs, u32 error_code)
{
	bounce_exception(regs, TRAP_GP, error_code);
}

/* Is the address one that a guest may have in a register that the CPU checks? */
static inline bool canonical(u64 a)
{
	return (u64)((s64)(a << 16) >> 16) == a;
}

/* Flags that a guest may have while it runs. */
static inline u64 rflags_for_guest(u64 f)
{
	return (f & ~(RFLAGS_IOPL | RFLAGS_NT | RFLAGS_VM)) | RFLAGS_IF | 2;
}

#endif /* PV_BOUNCE_H */
