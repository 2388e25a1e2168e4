/* SPDX-License-Identifier: MIT */
/* layout.c - plans the memory of a new PV domain (see layout.h). */
#include <image/layout.h>

enum {
	PAGE_SHIFT = 12,
	PAGE_BYTES = 1 << PAGE_SHIFT,
	SLACK_BYTES = 512 << 10,
	EDGE_BYTES = 4 << 20,
	L1_SHIFT = 21, /* bytes that one L1 table maps, as a power of two */
	L2_SHIFT = 30,
	L3_SHIFT = 39,
};

/* The hypervisor's part of every address space, and the hole between the canonical halves. */
#define HOLE_START UINT64_C(0x0000800000000000)
#define HOLE_END   UINT64_C(0xffff880000000000)

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

/* How many tables of 2^shift bytes each a range touches; last is its last byte. */
static uint64_t tables_for(uint64_t first, uint64_t last, unsigned int shift)
{
	return (last >> shift) - (first >> shift) + 1;
}

static struct layout_tables count_tables(uint64_t start, uint64_t bytes)
{
	uint64_t last = start + bytes - 1;

	return (struct layout_tables){
		.l1 = tables_for(start, last, L1_SHIFT),
		.l2 = tables_for(start, last, L2_SHIFT),
		.l3 = tables_for(start, last, L3_SHIFT),
	};
}

/* True if [start, start + bytes) lies in one canonical half and leaves out the hypervisor's range.
 */
static bool range_allowed(uint64_t start, uint64_t bytes)
{
	uint64_t last = start + bytes - 1;

	if (last < start)
		return false;
	return last < HOLE_START || start >= HOLE_END;
}

static struct layout_area take(uint64_t *next, uint64_t pages)
{
	struct layout_area area = { .pfn = *next, .pages = pages };

	*next += pages;
	return area;
}

/*
 * Places tables and stack behind next. The tables map themselves, so their number is found by going
 * round until it no longer grows; each round adds at most one L1 for 512 pages, so that ends soon.
 */
static void place_tables(struct layout *layout, uint64_t next)
{
	uint64_t pages = 0, bytes, found;

	for (;;) {
		bytes = (next + pages + 1) * PAGE_BYTES + SLACK_BYTES;
		bytes = (bytes + EDGE_BYTES - 1) / EDGE_BYTES * EDGE_BYTES;
		/* Refused by check_addresses(); counting would wrap. */
		if (!range_allowed(layout->virt_base, bytes))
			break;
		layout->main = count_tables(layout->virt_base, bytes);
		found = 1 + layout->main.l1 + layout->main.l2 + layout->main.l3;
		if (found <= pages)
			break;
		pages = found;
	}
	layout->tables = take(&next, pages);
	layout->stack = take(&next, 1);
	layout->mapped_pages = bytes / PAGE_BYTES;
}

/* Everything under virt_base. */
static void place_mapped(struct layout *layout, const struct layout_request *request,
			 uint64_t p2m_pages)
{
	const struct elf_pv *pv = request->pv;
	uint64_t start = pv->start >> PAGE_SHIFT, next = pages_of(pv->end);

	layout->kernel = (struct layout_area){ .pfn = start, .pages = next - start };
	if (layout->initrd_mapped)
		layout->initrd = take(&next, pages_of(layout->initrd_bytes));
	if (!layout->p2m_apart) {
		layout->p2m = take(&next, p2m_pages);
		layout->p2m_address = layout_address(layout, layout->p2m.pfn);
	}
	layout->info = take(&next, 1);
	layout->store = take(&next, request->rings);
	layout->console = take(&next, request->rings);
	place_tables(layout, next);
}

/* What follows the mapped part. Returns the first page behind all. */
static uint64_t place_rest(struct layout *layout, uint64_t p2m_pages)
{
	uint64_t next = layout->mapped_pages, last = layout->stack.pfn + 1;

	if (layout->initrd_bytes && !layout->initrd_mapped) {
		layout->initrd = take(&next, pages_of(layout->initrd_bytes));
		last = next;
	}
	if (layout->p2m_apart) {
		layout->extra = count_tables(layout->p2m_address, p2m_pages * PAGE_BYTES);
		layout->p2m = take(&next, p2m_pages);
		layout->p2m_tables =
			take(&next, layout->extra.l1 + layout->extra.l2 + layout->extra.l3);
		last = next;
	}
	return last;
}

static enum layout_status check_addresses(const struct layout *layout)
{
	if (!range_allowed(layout->virt_base, layout->mapped_pages * PAGE_BYTES))
		return LAYOUT_BASE_TAKEN;
	if (!layout->p2m_apart)
		return LAYOUT_OK;
	if (!range_allowed(layout->p2m_address, layout->p2m.pages * PAGE_BYTES))
		return LAYOUT_P2M_TAKEN;
	/* Tables of both ranges are counted apart, which needs different L4 entries. */
	if (tables_for(layout->virt_base, layout->virt_base + layout->mapped_pages * PAGE_BYTES - 1,
		       L3_SHIFT) != 1 ||
	    layout->virt_base >> L3_SHIFT == layout->p2m_address >> L3_SHIFT)
		return LAYOUT_TOO_NEAR;
	return LAYOUT_OK;
}

enum layout_status layout_plan(struct layout *layout, const struct layout_request *request)
{
	const struct elf_pv *pv = request->pv;
	uint64_t p2m_pages = pages_of(request->total_pages * 8);
	enum layout_status status;

	*layout = (struct layout){
		.virt_base = pv->virt_base,
		.total_pages = request->total_pages,
		.initrd_bytes = request->initrd_bytes,
		.initrd_mapped = request->initrd_bytes && !pv->mod_start_pfn,
		.p2m_apart = elf_has_note(pv, ELF_NOTE_INIT_P2M),
		.p2m_address = pv->init_p2m,
	};
	if (request->total_pages > ELF_MAX_SPAN >> PAGE_SHIFT)
		return LAYOUT_TOO_LARGE;
	if (pv->virt_base & (PAGE_BYTES - 1))
		return LAYOUT_BASE_NO_PAGE;
	place_mapped(layout, request, p2m_pages);
	layout->needed_pages = place_rest(layout, p2m_pages);
	status = check_addresses(layout);
	if (!status && layout->needed_pages > layout->total_pages)
		status = LAYOUT_TOO_SMALL;
	return status;
}

const char *layout_status_text(enum layout_status status)
{
	switch (status) {
	case LAYOUT_OK: return "it fits";
	case LAYOUT_TOO_LARGE: return "a PV domain can have at most 1 TiB";
	case LAYOUT_BASE_NO_PAGE: return "note VIRT_BASE is not a page address";
	case LAYOUT_BASE_TAKEN:
		return "the kernel's addresses (note VIRT_BASE) collide with the hypervisor's";
	case LAYOUT_P2M_TAKEN:
		return "the p2m's address (note INIT_P2M) collides with the hypervisor's";
	case LAYOUT_TOO_NEAR: return "notes VIRT_BASE and INIT_P2M lie within one 512 GiB";
	case LAYOUT_TOO_SMALL: return "kernel and initrd need more memory";
	}
	return "unknown";
}
