/* SPDX-License-Identifier: MIT */
/*
 * builder_tables.c - a new domain's first page tables.
 *
 * Two ranges: the mapped part under virt_base and, for kernels that name an address for it, the
 * p2m. The tables of a range lie one behind the other, all L3s, then all L2s, then all L1s, so the
 * table for an address is found by counting; the one L4 is the first page of the tables area. Pages
 * that hold tables are mapped read-only, since the hypervisor refuses anything else.
 */
#include <string.h>

#include "builder_part.h"

#define PTE_TABLE  UINT64_C(0x67) /* present, writable, user, accessed, dirty */
#define PTE_WRITE  UINT64_C(0x67)
#define PTE_READ   UINT64_C(0x65)
#define ENTRY_MASK 511

/* A range of virtual addresses being mapped, and its tables. */
struct range {
	struct builder *builder;
	const struct window *window; /* onto the tables */
	uint64_t start;              /* virtual */
	uint64_t first_pfn, pages;   /* what it maps; pages that the domain lacks stay unmapped */
	uint64_t l3_pfn, l2_pfn, l1_pfn; /* the first table of each level */
	struct layout_tables counts;
};

static uint64_t entry_for(const struct builder *builder, uint64_t pfn, uint64_t flags)
{
	return builder->frames[pfn] << PAGE_SHIFT | flags;
}

static void set_entry(const struct range *range, uint64_t table_pfn, uint64_t index, uint64_t entry)
{
	uint64_t *table = window_page(range->window, table_pfn);

	table[index & ENTRY_MASK] = entry;
}

static bool is_table(const struct layout *layout, uint64_t pfn)
{
	return pfn - layout->tables.pfn < layout->tables.pages;
}

static void fill_l1(const struct range *range)
{
	const struct builder *builder = range->builder;
	uint64_t first = range->start >> PAGE_SHIFT, i;

	for (i = 0; i < range->pages; i++) {
		uint64_t pfn = range->first_pfn + i, page = first + i;
		uint64_t flags = is_table(&builder->layout, pfn) ? PTE_READ : PTE_WRITE;

		if (pfn >= builder->layout.total_pages)
			break;
		set_entry(range, range->l1_pfn + (page >> 9) - (first >> 9), page,
			  entry_for(builder, pfn, flags));
	}
}

/*
 * Enters count child tables into the parents above them. parent_pfn is the first parent; shift is
 * how many address bits one child covers.
 */
static void link_level(const struct range *range, uint64_t parent_pfn, uint64_t child_pfn,
		       uint64_t count, unsigned int shift)
{
	uint64_t first = range->start >> shift, i;

	for (i = 0; i < count; i++) {
		uint64_t index = first + i;

		set_entry(range, parent_pfn + (index >> 9) - (first >> 9), index,
			  entry_for(range->builder, child_pfn + i, PTE_TABLE));
	}
}

/* The L4 page may lie in another window than the range's tables. */
static void link_l4(const struct range *range, uint64_t *l4)
{
	uint64_t i;

	for (i = 0; i < range->counts.l3; i++)
		l4[((range->start >> 39) + i) & ENTRY_MASK] =
			entry_for(range->builder, range->l3_pfn + i, PTE_TABLE);
}

static void fill_range(const struct range *range, uint64_t *l4)
{
	fill_l1(range);
	link_level(range, range->l2_pfn, range->l1_pfn, range->counts.l1, 21);
	link_level(range, range->l3_pfn, range->l2_pfn, range->counts.l2, 30);
	link_l4(range, l4);
}

static struct range range_at(struct builder *builder, const struct window *window, uint64_t first,
			     const struct layout_tables *counts)
{
	return (struct range){
		.builder = builder,
		.window = window,
		.l3_pfn = first,
		.l2_pfn = first + counts->l3,
		.l1_pfn = first + counts->l3 + counts->l2,
		.counts = *counts,
	};
}

static void fill(struct builder *builder, const struct window *tables, const struct window *extra)
{
	const struct layout *layout = &builder->layout;
	uint64_t *l4 = window_page(tables, layout->tables.pfn);
	struct range range = range_at(builder, tables, layout->tables.pfn + 1, &layout->main);

	memset(tables->address, 0, tables->pages << PAGE_SHIFT);
	range.start = layout->virt_base;
	range.pages = layout->mapped_pages;
	fill_range(&range, l4);
	if (!layout->p2m_apart)
		return;

	memset(extra->address, 0, extra->pages << PAGE_SHIFT);
	range = range_at(builder, extra, layout->p2m_tables.pfn, &layout->extra);
	range.start = layout->p2m_address;
	range.first_pfn = layout->p2m.pfn;
	range.pages = layout->p2m.pages;
	fill_range(&range, l4);
}

int builder_make_tables(struct builder *builder, struct xen *xen, struct error *err)
{
	const struct layout *layout = &builder->layout;
	struct window tables, extra;
	int ret = window_open(&tables, builder, xen, &layout->tables, err);

	if (ret)
		return ret;
	ret = window_open(&extra, builder, xen, &layout->p2m_tables, err);
	if (!ret)
		fill(builder, &tables, &extra);
	/* A frame cannot become a page table while it is mapped writable. */
	window_close(&extra, xen);
	window_close(&tables, xen);
	if (ret)
		return ret;
	ret = xen_pin_l4(xen, builder->result.domid, builder->frames[layout->tables.pfn]);
	return ret ? builder_fail(err, "the hypervisor refused the first page tables", ret) : 0;
}
