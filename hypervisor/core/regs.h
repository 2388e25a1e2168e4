/* SPDX-License-Identifier: MIT */
/*
 * The guest's registers at the top of a vCPU's stack.
 *
 * Entry code fills the frame from the bottom of this struct upward; the hypercall's fast path
 * leaves r15..rbx (what C preserves) unsaved, the slow path spills them before it calls C, so that
 * a vCPU at rest always has the whole frame. orig_rax holds the hypercall's number while one is in
 * progress (entry ENTRY_HYPERCALL), else the vector in its low byte and ENTRY_TRAP above.
 */
#ifndef PV_REGS_H
#define PV_REGS_H

#include <core/layout.h>
#include <core/types.h>

/* The general registers but rsp, as the frame has them from the bottom. */
/* clang-format off */
#define GENERAL_REGS(X) \
	X(r15) X(r14) X(r13) X(r12) X(rbp) X(rbx) X(r11) X(r10) X(r9) X(r8) \
	X(rax) X(rcx) X(rdx) X(rsi) X(rdi)
/* clang-format on */

struct cpu_regs {
#define GENERAL_REG(name) u64 name;
	GENERAL_REGS(GENERAL_REG)
	union {
		u64 orig_rax; /* hypercall */
		struct {
			u32 error_code; /* exceptions: as the CPU pushed it, else 0 */
			u16 vector;
			u16 entry; /* ENTRY_* */
		};
	};
	u64 rip;
	u16 cs, cs_pad[3];
	u64 rflags;
	u64 rsp;
	u16 ss, ss_pad[3];
};

/* 0, since orig_rax is below 2^48: hypercall numbers above are refused at entry. */
#define ENTRY_HYPERCALL 0
#define ENTRY_TRAP      1

/* What stands at the top of every hypervisor stack; RSP0 points at .vcpu. */
struct stack_top {
	struct cpu_regs regs;
	struct vcpu *vcpu; /* whose stack it is */
	struct cpu *cpu;   /* the CPU that runs it now */
};

#ifdef PV_HOST_TEST
extern struct stack_top *host_stack; /* the fake machine's current stack */
static inline struct stack_top *stack_top(void)
{
	return host_stack;
}
#else
static inline struct stack_top *stack_top(void)
{
	u64 sp;

	__asm__ volatile("mov %%rsp, %0" : "=r"(sp));
	return (struct stack_top *)((sp & ~(u64)(STACK_SIZE - 1)) + STACK_SIZE) - 1;
}
#endif

#define RFLAGS_CF         (1UL << 0)
#define RFLAGS_TF         (1UL << 8)
#define RFLAGS_IF         (1UL << 9)
#define RFLAGS_DF         (1UL << 10)
#define RFLAGS_IOPL       (3UL << 12)
#define RFLAGS_IOPL_SHIFT 12
#define RFLAGS_NT         (1UL << 14)
#define RFLAGS_RF         (1UL << 16)
#define RFLAGS_VM         (1UL << 17)
#define RFLAGS_AC         (1UL << 18)

/* Exception vectors (AMD APM volume 2, 8.2). */
enum trap_vector {
	TRAP_DE = 0,
	TRAP_DB = 1,
	TRAP_NMI = 2,
	TRAP_BP = 3,
	TRAP_OF = 4,
	TRAP_BR = 5,
	TRAP_UD = 6,
	TRAP_NM = 7,
	TRAP_DF = 8,
	TRAP_TS = 10,
	TRAP_NP = 11,
	TRAP_SS = 12,
	TRAP_GP = 13,
	TRAP_PF = 14,
	TRAP_MF = 16,
	TRAP_AC = 17,
	TRAP_MC = 18,
	TRAP_XM = 19,
	TRAP_CP = 21,
};

#define PFEC_P 1U
#define PFEC_W 2U
#define PFEC_U 4U
#define PFEC_R 8U
#define PFEC_I 16U

#endif /* PV_REGS_H */
