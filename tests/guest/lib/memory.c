/* SPDX-License-Identifier: MIT */
/*
 * Pages and page tables for tests.
 *
 * Spare pages are those between pseudo-physical 0 and the kernel at 1 MiB, which every builder
 * maps, and then what it left free behind its own structures.
 */
#include "test.h"

#define FIRST_SPARE 1UL
#define KERNEL_PFN  0x100UL
#define WINDOW_BASE 0x100000000000UL /* L4 slot 32 */

void *page_take(void)
{
	static unsigned long next = FIRST_SPARE;
	void *page;

	if (next == KERNEL_PFN)
		next = test_start.free_pfn;
	if (next >= test_start.mapped_end)
		test_error("out of spare pages");
	page = pv_pfn_to_va(next++);
	memset(page, 0, PV_PAGE_SIZE);
	return page;
}

static void *table_take(void *arg)
{
	(void)arg;
	return page_take();
}

const uint64_t *root_table(void)
{
	return (const uint64_t *)test_start.info->pt_base;
}

const uint64_t *entry_of(const void *va, unsigned int level)
{
	const uint64_t *entry = pv_pte_find(root_table(), va, level);

	if (!entry)
		test_error("%p has no level-%u entry", va, level);
	return entry;
}

uint64_t pte_of(const void *va)
{
	return *entry_of(va, 1);
}

uint64_t pte_make(const void *page, uint64_t flags)
{
	return pv_pte(pv_va_to_mfn(page), flags);
}

void page_readonly(void *page)
{
	must(!pv_page_protect(page, PV_PTE_RO));
}

void page_writable(void *page)
{
	must(!pv_page_protect(page, PV_PTE_DATA));
}

void *window(unsigned int n)
{
	static const struct pv_page_source source = { table_take, NULL };
	void *va = (void *)(WINDOW_BASE + n * PV_PAGE_SIZE);

	must(!pv_map_page(root_table(), va, 0, &source));
	return va;
}

long mmu_update_one(uint64_t ptr, uint64_t val)
{
	struct mmu_update update = { ptr, val };

	return hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
}

long mmuext_one(unsigned int cmd, unsigned long arg1, unsigned long arg2)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = arg1;
	op.arg2.src_mfn = arg2;
	return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long va_update(const void *va, uint64_t pte, unsigned long flags)
{
	return hypercall_update_va_mapping((unsigned long)va, pte, flags);
}
