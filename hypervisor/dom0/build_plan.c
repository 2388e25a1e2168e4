/* SPDX-License-Identifier: MIT */
/*
 * Where everything of a new dom0 lies.
 *
 * In the linear map, from virt_base on: kernel, [initrd, if the kernel wants it mapped], [p2m, if
 * the kernel names no place], start_info, page tables, boot stack, and slack of at least 512 KiB up
 * to a multiple of 4 MiB. Outside of it: the p2m at the address that the kernel named, with page
 * tables of its own, and an initrd that is passed by frame number.
 */
#include <dom0/build.h>
#include <core/lib.h>

#define SLACK     (512UL << 10)
#define MAP_ALIGN (4UL << 20)

static u64 pages_of(u64 bytes)
{
	return ROUND_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
}

/* Tables of the level whose entries span 2^shift bytes, for [start, end). */
static u64 spans(u64 start, u64 end, unsigned int shift)
{
	return ((end - 1) >> shift) - (start >> shift) + 1;
}

static u64 tables_below_l4(u64 start, u64 end)
{
	start &= 0xffffffffffffUL;
	end = ((end - 1) & 0xffffffffffffUL) + 1;
	return spans(start, end, 39) + spans(start, end, 30) + spans(start, end, 21);
}

/* Tables, stack and slack depend on each other: the number of tables grows until it suffices. */
static void close_linear_map(struct dom0_plan *p, u64 pfn)
{
	u64 end, need;

	p->info_pfn = pfn;
	p->tables_pfn = pfn + 1;
	p->tables = 1;
	for (;;) {
		p->stack_pfn = p->tables_pfn + p->tables;
		end = dom0_va(p, p->stack_pfn + 1) + SLACK;
		end = ROUND_UP(end - p->pv.virt_base, MAP_ALIGN);
		need = 1 + tables_below_l4(p->pv.virt_base, p->pv.virt_base + end);
		if (need <= p->tables)
			break;
		p->tables = need;
	}
	p->mapped = end >> PAGE_SHIFT;
}

static const char *place_outside(struct dom0_plan *p)
{
	u64 pfn = p->mapped;

	if (elf_has_note(&p->pv, ELF_NOTE_INIT_P2M)) {
		p->p2m_va = p->pv.init_p2m;
		p->p2m_pfn = pfn;
		p->p2m_tables = tables_below_l4(p->p2m_va, p->p2m_va + p->p2m_pages * PAGE_SIZE);
		pfn += p->p2m_pages + p->p2m_tables;
	}
	if (p->pv.mod_start_pfn) {
		p->initrd_pfn = pfn;
		pfn += pages_of(p->initrd_size);
	}
	return pfn <= p->pages ? NULL : "dom0_mem= is too small for kernel, initrd and tables";
}

const char *dom0_plan_layout(struct dom0_plan *p)
{
	u64 pfn = pages_of(p->pv.end);

	p->p2m_pages = pages_of(p->pages * sizeof(u64));
	if (!p->pv.mod_start_pfn) {
		p->initrd_pfn = pfn;
		pfn += pages_of(p->initrd_size);
	}
	if (!elf_has_note(&p->pv, ELF_NOTE_INIT_P2M)) {
		p->p2m_va = dom0_va(p, pfn);
		p->p2m_pfn = pfn;
		pfn += p->p2m_pages;
	}
	close_linear_map(p, pfn);
	if (p->mapped > p->pages)
		return "dom0_mem= is too small for the kernel";
	return place_outside(p);
}
