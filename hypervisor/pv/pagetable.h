/* SPDX-License-Identifier: MIT */
/* PV page tables, as the rest of the PV guest kind sees them. Room pv. */
#ifndef PV_MMU_H
#define PV_MMU_H

#include <pv/decode.h>
#include <x86/machine.h>
#include <core/frametype.h>
#include <core/vcpu.h>

/* A fault with P and W set, from guest kernel mode: if the address is mapped read-only by current's
 * own tables onto one of its live page tables, and the instruction is a plain store (mov, xchg,
 * lock and/or/xor/add/sub/cmpxchg/btc..), it is done with all checks of mmu_update and rip moves
 * on: 1. Not ours: 0. A refused entry: -EINVAL (the caller bounces the fault). */
int ptstore_fault(struct cpu_regs *regs, u64 addr);
/* The L1 entry that maps va under a root (read through the direct map); 0 if a level is missing. */
u64 mmu_walk(paddr_t root, u64 va);
/* Pins a table of level 1..4 of d: validates it, holds one reference until the unpin. -EINVAL,
 * -ERESTART. */
int mmu_pin(struct domain *d, mfn_t mfn, unsigned int level) MUST_CHECK;
/* Drops the pin. -EINVAL: there is none. 0: the pin is gone, but the table may be dropped in parts:
 * mmu_finish_old must follow before the call ends. */
int mmu_unpin(struct domain *d, mfn_t mfn) MUST_CHECK;
/* Finishes what an operation on d's tables left: 0, or -ERESTART when preempt_point() said so. No
 * lock. */
int mmu_finish_old(struct domain *d) MUST_CHECK;
/* A vCPU begins with the hypervisor's own root for both modes, and has it again when its own are
 * gone: nothing of a guest is mapped there. */
void mmu_init_roots(struct vcpu *v);
/* Is it a vCPU's own, not the hypervisor's? */
static inline bool mmu_root_own(paddr_t root)
{
	return root != hv_l4_empty;
}
/* Sets v's roots: the reference for the new one is taken before the old one is dropped. -EINVAL,
 * -EPERM: no L4 of its domain's; -ERESTART. */
int mmu_set_kernel_root(struct vcpu *v, mfn_t mfn) MUST_CHECK;
int mmu_set_user_root(struct vcpu *v, mfn_t mfn) MUST_CHECK;
int mmu_clear_user_root(struct vcpu *v) MUST_CHECK; /* -ERESTART */
int mmu_drop_roots(struct vcpu *v) MUST_CHECK;      /* teardown; v at rest; -ERESTART */

/* pv/segment.c */
int segment_set_gdt(struct vcpu *v, const mfn_t *frames, u32 entries) MUST_CHECK;
void segment_drop_gdt(struct vcpu *v);
void segment_drop_ldt(struct vcpu *v);
int segment_set_ldt(struct vcpu *v, u64 base, u32 entries) MUST_CHECK;
/* The base that the guest's descriptor says, 0 if there is none: for code that is not 64-bit. */
u32 segment_base(const struct vcpu *v, u16 selector);
/* frametype validation of a descriptor page: every entry fixed up (DPL 3) or refused. */
int segment_validate_page(struct domain *d, struct frame *f) MUST_CHECK;
/* A fault in the LDT window: maps the guest's page in. True: retry. */
bool segment_ldt_fault(struct vcpu *v, u64 offset);

#endif /* PV_MMU_H */
