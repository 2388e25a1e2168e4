/* SPDX-License-Identifier: MIT */
/* Writable or executable: never both, in the linear map as the builder left it. */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/mmu.h>

#include "protect.h"

#define BATCH 16

/* guest.lds and head.S */
extern const char pv_image_start[], pv_text_end[], pv_rodata_end[], pv_boot_stack_guard[];

static uint64_t entry_protected(const char *va, uint64_t entry, uint64_t nx)
{
	if (va == pv_boot_stack_guard)
		return 0;
	if (va < pv_image_start || va >= pv_rodata_end)
		return entry | nx;
	return (entry & ~PV_PTE_RW) | (va < pv_text_end ? 0 : nx);
}

/* Without NX in the CPU its bit is a reserved one. */
static uint64_t nx_flag(void)
{
	return pv_cpuid(0x80000001, 0).d & 1U << 20 ? PV_PTE_NX : 0;
}

int pv_linear_map_protect(const struct pv_start *start)
{
	const uint64_t *root = (const uint64_t *)start->info->pt_base;
	const uint64_t nx = nx_flag();
	struct mmu_update updates[BATCH];
	unsigned int nr = 0;

	for (unsigned long pfn = 0; pfn < start->mapped_end; pfn++) {
		const char *va = pv_pfn_to_va(pfn);
		const uint64_t *entry = pv_pte_find(root, va, 1);

		if (entry && *entry & PV_PTE_PRESENT) {
			updates[nr].ptr = pv_va_to_maddr(entry) | MMU_NORMAL_PT_UPDATE;
			updates[nr++].val = entry_protected(va, *entry, nx);
		}
		if (nr == BATCH || (nr && pfn + 1 == start->mapped_end)) {
			long rc = hypercall_mmu_update(updates, nr, NULL, DOMID_SELF);

			if (rc)
				return (int)rc;
			nr = 0;
		}
	}
	pv_tlb_flush();
	return 0;
}
