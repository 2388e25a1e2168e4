/* SPDX-License-Identifier: MIT */
/*
 * Dispatch. entry.S calls hypercall_table[rax] with the registers as C arguments; a row whose
 * class the caller may lack, or that has no handler, points at what refuses. Sub-operations go
 * through subop.c.
 *
 * A long call returns hypercall_restart(...) after preempt_point() (budget.h) said so, having kept
 * its progress in the object or in the arguments; the way out then executes it again.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <core/budget.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/handlers.h>
#include <core/vcpu.h>

#define HYPERCALL_MAX 64 /* a power of two: an AND keeps any number inside */

/* A row of the table: the handler with its own type. What calls it has registers, not C arguments,
 * in its hands (entry.S, multicall): `call` stands for all of these types. */
union hypercall_entry {
	long (*call)(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define HYPERCALL_ABSENT(...)
#define HYPERCALL(nr, name, class, nargs, types) long(*name) HC_ARGS_##nargs types;
#include <hypercalls.def>
};
extern const union hypercall_entry hypercall_table[HYPERCALL_MAX];

enum caller_class { CLASS_ANY, CLASS_TARGET, CLASS_CONTROL, CLASS_HARDWARE, CLASS_SUBOPS };
static inline bool caller_allowed(const struct domain *d, enum caller_class c)
{
	return c == CLASS_CONTROL ? d->control : c == CLASS_HARDWARE ? d->hardware : true;
}

/* Marks the running call for restart with these arguments; returns what the handler is to return.
 */
long hypercall_restart(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
/* The same arguments again: progress is in the object. */
long hypercall_restart_same(void);
/* The frame or the mode was replaced (iret, a new context): leave by IRET, end a batch. */
static inline void hypercall_frame_replaced(void)
{
	vcpu_work_set(current, WORK_FRAME);
}
/* On the way out, WORK_RESTART: rewinds the frame. */
void hypercall_rewind(struct vcpu *v, struct cpu_regs *regs);

#endif /* PV_HYPERCALL_H */
