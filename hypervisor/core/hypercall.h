/* SPDX-License-Identifier: MIT */
/*
 * Dispatch. entry.S calls hypercall_table[rax] with the registers as C arguments; a row that the
 * caller's class or the build does not allow points at a refusing handler. Sub-operations go
 * through subop_call.
 *
 * A long call returns hypercall_restart(...) after preempt_point() (budget.h) said so, having kept
 * its progress in the object or in the arguments; the way out then executes it again.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <core/budget.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/vcpu.h>

#define HYPERCALL_MAX 56

typedef long (*hypercall_fn)(u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
extern const hypercall_fn hypercall_table[HYPERCALL_MAX];

/* One call by number, as multicall makes it. */
long hypercall_call(u64 nr, const u64 args[5]);

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

enum subop_dir { SUBOP_NONE, SUBOP_RAW, SUBOP_IN, SUBOP_OUT, SUBOP_INOUT };
enum caller_class { CLASS_ANY, CLASS_TARGET, CLASS_CONTROL, CLASS_HARDWARE, CLASS_SUBOPS };

struct subop {
	u32 command;
	u16 size; /* of the argument; at most SUBOP_ARG_MAX */
	u8 dir, caller;
	/* NULL or subop_absent: -ENOSYS; the real signature depends on dir. */
	void (*handler)(void);
	const char *name;
};

#define SUBOP_ARG_MAX 256

struct subop_table {
	const struct subop *rows;
	unsigned int count;
};

/* One table for each hypercall whose class is SUBOPS, expanded from subops.def (core/subop.c),
 * indexed by command. */
/* clang-format off */
#define SUBOP_TABLES(X) \
	X(xen_version, 11) \
	X(console_io, 2) \
	X(vm_assist, 2) \
	X(nmi_op, 2) \
	X(callback_op, 2) \
	X(sched_op, 9) \
	X(vcpu_op, 16) \
	X(event_channel_op, 14) \
	X(grant_table_op, 13) \
	X(memory_op, 30) \
	X(physdev_op, 36) \
	X(xenpmu_op, 8) \
	X(platform_op, 66) \
	X(mca, 8) \
	X(sysctl, 32) \
	X(domctl, 90)
/* clang-format on */
#define SUBOP_TABLE_DECLARE(call, rows) extern const struct subop_table subops_##call;
SUBOP_TABLES(SUBOP_TABLE_DECLARE)
#undef SUBOP_TABLE_DECLARE

/* Finds the row, checks the class (-EPERM), copies in, calls, copies out. -ENOSYS without row or
 * handler, -EFAULT for a bad address. */
long subop_call(const struct subop_table *t, u32 command, gaddr_t arg, u64 extra);
/* The same for an argument that was copied in already (domctl, sysctl, platform_op, mca: the
 * command stands in it); the caller copies it out if the row says OUT or INOUT. */
long subop_call_copied(const struct subop_table *t, u32 command, void *arg);
bool caller_allowed(const struct domain *d, enum caller_class c);

#endif /* PV_HYPERCALL_H */
