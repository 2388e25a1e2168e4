/* SPDX-License-Identifier: MIT */
/* Page-table entries: bits and indices. (pv/pte_policy.h says which of them a guest may write.) */
#ifndef PV_PTE_H
#define PV_PTE_H

#include <core/types.h>

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

#ifndef PT_ENTRIES /* a test of all states makes them small */
#define PT_ENTRIES 512
#endif

static inline mfn_t pte_mfn(u64 e)
{
	return MFN((e & PTE_ADDR) >> PAGE_SHIFT);
}

static inline unsigned int pt_index(u64 va, unsigned int level) /* 1..4 */
{
	return va >> (12 + 9 * (level - 1)) & 511;
}

#endif /* PV_PTE_H */
