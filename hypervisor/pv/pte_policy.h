/* SPDX-License-Identifier: MIT */
/*
 * The one policy for page-table entries that a guest writes. Pure predicates.
 *
 * An entry that is not present is kept bit for bit, unless the CPU could be led by it (L1TF). In a
 * present one U is forced on and G off; no large pages; an address the CPU has; whatever else the
 * CPU gives to software is the guest's. What an entry points at decides the rest: validate.c.
 */
#ifndef PV_PTE_POLICY_H
#define PV_PTE_POLICY_H

#include <x86/pte.h>

/* Bits that change neither what a present entry refers to nor what may be done through it, except
 * for execution: a change of these alone needs no check and moves no reference. A list of what is
 * harmless, not of what is not (XSA-148, 182). */
#define PTE_HARMLESS (PTE_A | PTE_D | PTE_AVL | PTE_AVL_HIGH | PTE_NX)

/* A present entry, with the bits that the hypervisor decides. */
static inline u64 pte_adjust(u64 e)
{
	return (e | PTE_U) & ~PTE_G;
}

/* Does putting `next` where `old` is leave what it refers to, and how, as it was? Both adjusted. */
static inline bool pte_same_use(u64 old, u64 next)
{
	return (old & PTE_P) && !((old ^ next) & ~PTE_HARMLESS);
}

/* Is the present entry well formed for its level, 1..4? */
bool pte_acceptable(u64 e, unsigned int level);
/* Could a CPU with L1TF read memory through this entry, although it is not present? */
bool pte_l1tf_risk(u64 e);
/* FRAME_CACHE_* that an L1 entry asks for, by the PAT that all CPUs have (PAT_VALUE). */
u8 pte_cache(u64 e);
/* The entry with the bits for that cacheability. */
u64 pte_with_cache(u64 e, u8 cache);

#endif /* PV_PTE_POLICY_H */
