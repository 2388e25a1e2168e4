/* SPDX-License-Identifier: MIT */
/*
 * dom0's first page tables: the linear map, and the p2m where the kernel wants it. Plain stores,
 * since nothing is validated yet; the tables' own pages are mapped read-only, as validation will
 * demand.
 */
#include <dom0/build.h>
#include <x86/pte.h>

#define TABLE_FLAGS     (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define PAGE_FLAGS      (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define READ_ONLY_FLAGS (PTE_P | PTE_U | PTE_A | PTE_D)

/* Tables are taken from pfns [next, end). */
struct table_pool {
	const struct dom0_plan *plan;
	u64 next, end;
};

static u64 *table_at(u64 entry)
{
	return (u64 *)(DIRECT_VIRT + (entry & PTE_ADDR));
}

/* The L1 entry for va, with the tables that are missing on the way. */
static u64 *walk(u64 *l4, struct table_pool *pool, u64 va)
{
	u64 *table = l4;

	for (unsigned int level = 4; level > 1; level--) {
		u64 *e = &table[pt_index(va, level)];

		if (!(*e & PTE_P))
			*e = pool->plan->p2m[pool->next++] << PAGE_SHIFT | TABLE_FLAGS;
		table = table_at(*e);
	}
	return &table[pt_index(va, 1)];
}

static bool is_table(const struct dom0_plan *p, u64 pfn)
{
	return pfn >= p->tables_pfn && pfn < p->tables_pfn + p->tables;
}

paddr_t dom0_build_tables(const struct dom0_plan *p)
{
	struct table_pool pool = { p, p->tables_pfn + 1, p->tables_pfn + p->tables };
	u64 *l4 = dom0_page(p, p->tables_pfn);

	for (u64 pfn = 0; pfn < p->mapped; pfn++)
		*walk(l4, &pool, dom0_va(p, pfn)) =
			p->p2m[pfn] << PAGE_SHIFT |
			(is_table(p, pfn) ? READ_ONLY_FLAGS : PAGE_FLAGS);
	pool.next = p->p2m_pfn + p->p2m_pages;
	if (p->p2m_tables)
		for (u64 i = 0; i < p->p2m_pages; i++)
			*walk(l4, &pool, p->p2m_va + i * PAGE_SIZE) =
				p->p2m[p->p2m_pfn + i] << PAGE_SHIFT | PAGE_FLAGS;
	return p->p2m[p->tables_pfn] << PAGE_SHIFT;
}
