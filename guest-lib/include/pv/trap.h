/* SPDX-License-Identifier: MIT */
/*
 * Exceptions, software interrupts and the other ways into the kernel.
 *
 * pv_trap_init() registers an entry point for each vector of the trap table and for the failsafe
 * and system call callbacks; all of them save the registers, call the kernel's handler for that
 * entry and leave through the iret hypercall. All enter with events masked; the mask that was in
 * force before comes back on return. A trap without a handler, or whose handler returns false, is
 * looked up in the exception table (extable.h); found nowhere, it goes to `unhandled`, and if that
 * is NULL or returns, the domain crashes with SHUTDOWN_crash.
 *
 * Statics: the pointer to the kernel's struct pv_traps, pv_failsafe_selectors.
 */
#ifndef PV_TRAP_H
#define PV_TRAP_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Vectors that have names. */
#define PV_VECTOR_DE  0
#define PV_VECTOR_DB  1
#define PV_VECTOR_NMI 2
#define PV_VECTOR_BP  3
#define PV_VECTOR_OF  4
#define PV_VECTOR_BR  5
#define PV_VECTOR_UD  6
#define PV_VECTOR_NM  7
#define PV_VECTOR_DF  8
#define PV_VECTOR_TS  10
#define PV_VECTOR_NP  11
#define PV_VECTOR_SS  12
#define PV_VECTOR_GP  13
#define PV_VECTOR_PF  14
#define PV_VECTOR_MF  16
#define PV_VECTOR_AC  17
#define PV_VECTOR_MC  18
#define PV_VECTOR_XM  19

/* Entries beyond the 256 vectors: callbacks. */
#define PV_ENTRY_FAILSAFE  256
#define PV_ENTRY_SYSCALL   257
#define PV_ENTRY_SYSCALL32 258
#define PV_ENTRY_SYSENTER  259
#define PV_NR_ENTRIES      260

/* Registers as they were; what a handler changes takes effect on return. */
struct pv_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint32_t error_code; /* 0 for vectors that have none */
	uint32_t entry;      /* vector or PV_ENTRY_* */
	uint64_t rip;
	uint16_t cs; /* RPL 0: came from kernel mode; 3: from user mode */
	uint16_t pad0;
	uint8_t saved_upcall_mask; /* as it was before the entry; informative */
	uint8_t pad1[3];
	uint64_t rflags; /* IF says whether events are unmasked on return */
	uint64_t rsp;
	uint64_t ss;
};

/* True: handled, go on as *regs says. [runs with events masked] */
typedef bool pv_trap_handler(struct pv_regs *regs);

struct pv_traps {
	pv_trap_handler *handler[PV_NR_ENTRIES];
	void (*unhandled)(const struct pv_regs *regs);
	unsigned long dpl3[4]; /* bit n: user mode may use `int n` */
};

/*
 * Makes *traps current and registers all 256 vectors and the callbacks. Handlers may be changed at
 * any time afterwards, dpl3 only before. *traps must stay where it is. For the running vCPU: each
 * further one calls it too, with the same *traps. Errors: those of
 * set_trap_table and callback_op; the tables may be half set then.
 */
int pv_trap_init(struct pv_traps *traps) PV_MUST_CHECK;

/* Did this trap come from user mode? [upcall] */
static inline bool pv_regs_user(const struct pv_regs *regs)
{
	return (regs->cs & 3) == 3;
}

/* The address of the last page fault of the running vCPU. Read it before anything can fault.
 * [upcall] */
static inline uint64_t pv_fault_address(const struct vcpu_info *info)
{
	return info->arch.cr2;
}

/*
 * Where the bounce frame of a trap taken in user mode is put: the top of a stack of the kernel's.
 * [upcall] Errors: those of stack_switch.
 */
int pv_trap_stack_set(void *top) PV_MUST_CHECK;

/* The selectors of the last failsafe callback, of whichever vCPU: ds, es, fs, gs. */
extern uint64_t pv_failsafe_selectors[4];

/* Leaves the current context for *regs through the iret hypercall: to user mode if cs has RPL 3.
 * [upcall] */
void pv_regs_load(const struct pv_regs *regs) __attribute__((noreturn));

/* The address that vector or callback `entry` is registered at: for kernels that write tables of
 * their own. */
unsigned long pv_trap_address(unsigned int entry);

/* What the entry code calls; public for entry code of a kernel's own. */
void pv_trap_dispatch(struct pv_regs *regs);

#ifdef __cplusplus
}
#endif

#endif
