/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries and the one policy for those a guest writes. Pure predicates, room pv
 * (pte_policy.c); the constants serve x86/hostmap.c too.
 *
 * The policy: an entry that is not present is kept bit for bit, unless the CPU could be led by it
 * (L1TF). In a present one U is forced on and G off; no large pages; an address the CPU has;
 * whatever else the CPU gives to software is the guest's. What an entry points at decides the rest:
 * validate.c.
 */
#ifndef PV_PTE_H
#define PV_PTE_H

#include <pv/types.h>

#define PTE_P        0x001UL
#define PTE_RW       0x002UL
#define PTE_U        0x004UL
#define PTE_PWT      0x008UL
#define PTE_PCD      0x010UL
#define PTE_A        0x020UL
#define PTE_D        0x040UL
#define PTE_PAT      0x080UL /* L1 */
#define PTE_PSE      0x080UL /* L2, L3 */
#define PTE_G        0x100UL
#define PTE_AVL      0xe00UL
#define PTE_AVL_HIGH 0x7ff0000000000000UL
#define PTE_NX       (1UL << 63)
#define PTE_ADDR     0x000ffffffffff000UL
#define PTE_CACHE    (PTE_PAT | PTE_PCD | PTE_PWT) /* L1: indexes the PAT */

#define PT_ENTRIES   512

/* Bits that change neither what a present entry refers to nor what may be done through it, except
 * for execution: a change of these alone needs no check and moves no reference. A list of what is
 * harmless, not of what is not (XSA-148, 182). */
#define PTE_HARMLESS (PTE_A | PTE_D | PTE_AVL | PTE_AVL_HIGH | PTE_NX)

static inline mfn_t pte_mfn(u64 e)
{
	return MFN((e & PTE_ADDR) >> PAGE_SHIFT);
}

static inline unsigned int pt_index(u64 va, unsigned int level) /* 1..4 */
{
	return va >> (12 + 9 * (level - 1)) & 511;
}

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

#endif /* PV_PTE_H */
