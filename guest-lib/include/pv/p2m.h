/* SPDX-License-Identifier: MIT */
/*
 * The two views of memory: pfn, the domain's own numbering of its frames, and mfn, the machine's.
 *
 * Statics: pv_p2m.
 */
#ifndef PV_P2M_H
#define PV_P2M_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The address of pfn 0, from the linker script. */
extern char pv_virt_base[];
#define PV_VIRT_BASE   ((unsigned long)pv_virt_base)

#define PV_INVALID_MFN (~0UL)
#define PV_INVALID_PFN (~0UL)

struct pv_p2m {
	unsigned long *mfn; /* indexed by pfn */
	unsigned long nr_pfns;
	const unsigned long *pfn; /* the machine's table, indexed by mfn */
	unsigned long nr_mfns;
};

extern struct pv_p2m pv_p2m;

/* Fills pv_p2m from start_info and XENMEM_machphys_mapping. Cannot fail: the ABI has default
 * places. */
void pv_p2m_init(const struct start_info *info);

/* PV_INVALID_MFN: no such pfn. [upcall] */
static inline unsigned long pv_pfn_to_mfn(unsigned long pfn)
{
	return pfn < pv_p2m.nr_pfns ? pv_p2m.mfn[pfn] : PV_INVALID_MFN;
}

/* PV_INVALID_PFN: not a frame of this domain's. May fault above the machine's memory. [upcall] */
unsigned long pv_mfn_to_pfn(unsigned long mfn);

/* Between addresses in the linear map and pfns. [upcall] */
static inline void *pv_pfn_to_va(unsigned long pfn)
{
	return (void *)(PV_VIRT_BASE + (pfn << PV_PAGE_SHIFT));
}

static inline unsigned long pv_va_to_pfn(const void *va)
{
	return ((unsigned long)va - PV_VIRT_BASE) >> PV_PAGE_SHIFT;
}

static inline unsigned long pv_va_to_mfn(const void *va)
{
	return pv_pfn_to_mfn(pv_va_to_pfn(va));
}

/* The machine address of something in the linear map. [upcall] */
static inline uint64_t pv_va_to_maddr(const void *va)
{
	return (uint64_t)pv_va_to_mfn(va) << PV_PAGE_SHIFT | ((unsigned long)va & ~PV_PAGE_MASK);
}

#ifdef __cplusplus
}
#endif

#endif
