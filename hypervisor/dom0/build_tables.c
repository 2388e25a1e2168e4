/* SPDX-License-Identifier: MIT */
/*
 * dom0's first page tables: the linear map, and the p2m where the kernel wants it. Plain stores,
 * since nothing is validated yet; the tables' own pages are mapped read-only, as validation will
 * demand.
 */
#include <core/lib.h>
#include <dom0/build.h>
#include <x86/pte.h>

#define TABLE_FLAGS     (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define PAGE_FLAGS      (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define READ_ONLY_FLAGS (PTE_P | PTE_U | PTE_A | PTE_D)

/* Tables are taken from pfn next on: the layout has counted them. */
struct table_pool {
	const struct dom0_plan *plan;
	u64 next;
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
	return pfn - p->layout.tables.pfn < p->layout.tables.pages;
}

/* Maps pages pfn and following at va; tables come from the pool. */
static void map(u64 *l4, struct table_pool *pool, u64 va, u64 pfn, u64 pages)
{
	const struct dom0_plan *p = pool->plan;

	for (u64 i = 0; i < pages; i++)
		*walk(l4, pool, va + i * PAGE_SIZE) =
			p->p2m[pfn + i] << PAGE_SHIFT |
			(is_table(p, pfn + i) ? READ_ONLY_FLAGS : PAGE_FLAGS);
}

paddr_t dom0_build_tables(const struct dom0_plan *p)
{
	const struct layout *l = &p->layout;
	struct table_pool pool = { p, l->tables.pfn + 1 };
	u64 *l4 = dom0_page(p, l->tables.pfn);

	map(l4, &pool, l->virt_base, 0, MIN(l->mapped_pages, l->total_pages));
	pool.next = l->p2m_tables.pfn;
	if (l->p2m_apart)
		map(l4, &pool, l->p2m_address, l->p2m.pfn, l->p2m.pages);
	return p->p2m[l->tables.pfn] << PAGE_SHIFT;
}
