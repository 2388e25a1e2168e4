/* SPDX-License-Identifier: MIT */
/* Where the two translation tables are. */
#include <pv/hypercall.h>
#include <pv/p2m.h>

struct pv_p2m pv_p2m;

void pv_p2m_init(const struct start_info *info)
{
	struct xen_machphys_mapping map;

	pv_p2m.mfn = (unsigned long *)info->mfn_list;
	pv_p2m.nr_pfns = info->nr_pages;
	pv_p2m.pfn = (const unsigned long *)MACH2PHYS_VIRT_START;
	pv_p2m.nr_mfns = MACH2PHYS_NR_ENTRIES;
	if (hypercall_memory_op(XENMEM_machphys_mapping, &map))
		return;
	pv_p2m.pfn = (const unsigned long *)map.v_start;
	pv_p2m.nr_mfns = map.max_mfn + 1;
}

unsigned long pv_mfn_to_pfn(unsigned long mfn)
{
	unsigned long pfn;

	if (mfn >= pv_p2m.nr_mfns)
		return PV_INVALID_PFN;
	pfn = pv_p2m.pfn[mfn];
	/* The machine's table also has other domains' frames: only ours translate back. */
	if (pfn >= pv_p2m.nr_pfns || pv_p2m.mfn[pfn] != mfn)
		return PV_INVALID_PFN;
	return pfn;
}
