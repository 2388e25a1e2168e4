/* SPDX-License-Identifier: MIT */
/*
 * layout.h - where everything of a new PV domain goes: pure arithmetic, no hypervisor. The
 * hypervisor plans dom0 with it, the tools every other domain.
 *
 * Pseudo-physical memory from 0 up, in pages of 4 KiB. The mapped part stands at virt_base in this
 * order: kernel, initrd (unless the kernel takes it by frame number), p2m (unless the kernel names
 * an address for it), start_info, store page, console page, page tables, boot stack, and at least
 * 512 KiB of slack up to a 4 MiB edge, where the mapping ends. What is not in the mapped part
 * follows behind it: initrd, p2m, and the page tables that map the p2m alone. dom0 has no store and
 * no console page: those areas are empty.
 *
 *   virt_base + 0 ............................................................ mapped_pages
 *   | unused | kernel | [initrd] [p2m] | info | store | console | tables | stack | slack |
 *   then, not in this mapping:          | initrd | p2m | p2m's tables |
 *
 * Errors: LAYOUT_OK or the first thing found wrong, which layout_status_text() says in words.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <image/elf.h>

enum layout_status {
	LAYOUT_OK,
	LAYOUT_TOO_LARGE,    /* more than 1 TiB is asked for */
	LAYOUT_BASE_NO_PAGE, /* note VIRT_BASE is not a page's address */
	LAYOUT_BASE_TAKEN,   /* the mapping collides with the hypervisor's part or the hole */
	LAYOUT_P2M_TAKEN,    /* so does the p2m's address */
	LAYOUT_TOO_NEAR,     /* VIRT_BASE and INIT_P2M lie within one 512 GiB */
	LAYOUT_TOO_SMALL,    /* the domain's memory: needed_pages says how much it takes */
};

struct layout_area {
	uint64_t pfn;
	uint64_t pages;
};

/* The tables that map one range of addresses, by level; levels that another range brings are 0. */
struct layout_tables {
	uint64_t l1, l2, l3;
};

struct layout {
	uint64_t virt_base;
	uint64_t total_pages;  /* what the domain gets */
	uint64_t needed_pages; /* the least that will do */
	uint64_t mapped_pages; /* pages under virt_base, a multiple of 4 MiB; may exceed total */
	struct layout_area kernel, initrd, p2m, info, store, console, tables, stack;
	struct layout_area p2m_tables; /* empty unless the p2m has its own address */
	struct layout_tables main, extra;
	bool initrd_mapped;
	bool p2m_apart;       /* the p2m stands at p2m_address with tables of its own */
	uint64_t p2m_address; /* virtual */
	uint64_t initrd_bytes;
};

struct layout_request {
	const struct elf_pv *pv;
	uint64_t total_pages;
	uint64_t initrd_bytes; /* 0: none */
	bool rings;            /* a store and a console page */
};

enum layout_status layout_plan(struct layout *layout, const struct layout_request *request);
const char *layout_status_text(enum layout_status status);

/* Virtual address of a pseudo-physical page of the mapped part. */
static inline uint64_t layout_address(const struct layout *layout, uint64_t pfn)
{
	return layout->virt_base + (pfn << 12);
}

#endif
