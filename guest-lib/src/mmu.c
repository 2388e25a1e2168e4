/* SPDX-License-Identifier: MIT */
/* Page-table lookup and update. */
#include <pv/hypercall.h>
#include <pv/mmu.h>

/* The table that an entry points to, in the linear map. */
static const uint64_t *table_below(uint64_t entry)
{
	unsigned long pfn;

	if (!(entry & PV_PTE_PRESENT))
		return NULL;
	pfn = pv_mfn_to_pfn(pv_pte_mfn(entry));
	return pfn == PV_INVALID_PFN ? NULL : pv_pfn_to_va(pfn);
}

const uint64_t *pv_pte_find(const uint64_t *root, const void *va, unsigned int level)
{
	const uint64_t *table = root;

	for (unsigned int l = 4; table; l--) {
		const uint64_t *entry = &table[pv_pte_index(va, l)];

		if (l == level)
			return entry;
		table = table_below(*entry);
	}
	return NULL;
}

int pv_pte_set(const uint64_t *entry, uint64_t value)
{
	struct mmu_update update = {
		.ptr = pv_va_to_maddr(entry) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};

	return (int)hypercall_mmu_update(&update, 1, NULL, DOMID_SELF);
}

int pv_map_set(const void *va, uint64_t pte)
{
	return (int)hypercall_update_va_mapping((unsigned long)va, pte, UVMF_INVLPG | UVMF_LOCAL);
}

int pv_page_protect(const void *va, uint64_t flags)
{
	return pv_map_set(va, pv_pte(pv_va_to_mfn(va), flags));
}

/* Puts a new, empty table under an entry. It must lose its writable mapping first. */
static int table_add(const uint64_t *entry, const struct pv_page_source *source)
{
	void *table = source->take(source->arg);
	int rc;

	if (!table)
		return -XEN_ENOMEM;
	rc = pv_page_protect(table, PV_PTE_RO);
	return rc ? rc : pv_pte_set(entry, pv_pte(pv_va_to_mfn(table), PV_PTE_TABLE));
}

int pv_map_page(const uint64_t *root, const void *va, uint64_t pte,
		const struct pv_page_source *source)
{
	for (unsigned int level = 4; level > 1; level--) {
		const uint64_t *entry = pv_pte_find(root, va, level);
		int rc;

		if (!entry)
			return -XEN_EINVAL;
		if (*entry & PV_PTE_PRESENT)
			continue;
		rc = table_add(entry, source);
		if (rc)
			return rc;
	}
	int rc = pv_pte_set(pv_pte_find(root, va, 1), pte);

	return rc ? rc : pv_mmuext(MMUEXT_INVLPG_LOCAL, (unsigned long)va);
}

int pv_mmuext(unsigned int command, unsigned long argument)
{
	struct mmuext_op op = { .cmd = command };

	op.arg1.mfn = argument;
	return (int)hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void pv_tlb_flush(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}
