/* SPDX-License-Identifier: MIT */
/*
 * The exception table: an instruction that may fault, with the fault as a value.
 *
 *	register pv_fault fault __asm__("r15") = 0;
 *	__asm__ volatile("1: rdmsr; 2:" PV_EXTABLE(1b, 2b) : "+r"(fault), ...);
 *
 * If the instruction at the first label faults, pv_trap_dispatch() continues at the second one with
 *the fault in r15. Needs the trap module. The table is read-only and sits between pv_extable_start
 *and pv_extable_end, which the linker script defines.
 */
#ifndef PV_EXTABLE_H
#define PV_EXTABLE_H

#include <pv/types.h>
#include <pv/trap.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0: no fault. Else bit 63, the vector in bits 32-39 and the error code in bits 0-31. */
typedef uint64_t pv_fault;

#define PV_FAULT(vector, error) (1ULL << 63 | (uint64_t)(vector) << 32 | (uint32_t)(error))
#define PV_FAULT_VECTOR(fault)  ((unsigned int)((fault) >> 32 & 0xff))
#define PV_FAULT_ERROR(fault)   ((uint32_t)(fault))

#define PV_EXTABLE(fault, fixup) \
	".pushsection .pv_extable, \"a\"; .balign 8; .quad " #fault ", " #fixup "; .popsection\n"

/* Finds regs->rip in the table; if it is there, makes *regs continue at the fixup. [upcall] */
bool pv_extable_fixup(struct pv_regs *regs);

/* Accesses to memory that may not be there. *value is untouched on a fault. [upcall] */
pv_fault pv_try_read64(const void *address, uint64_t *value);
pv_fault pv_try_write64(void *address, uint64_t value);

/* Model-specific registers. [upcall] */
pv_fault pv_try_rdmsr(uint32_t msr, uint64_t *value);
pv_fault pv_try_wrmsr(uint32_t msr, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
