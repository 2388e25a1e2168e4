/* SPDX-License-Identifier: MIT */
/* builder_part.h - the steps of builder.c that have files of their own; for builder*.c alone. */
#ifndef TOOLS_LIB_BUILDER_PART_H
#define TOOLS_LIB_BUILDER_PART_H

#include "builder.h"

#define PAGE_SHIFT 12
#define PAGE_BYTES ((uint64_t)1 << PAGE_SHIFT)

/* A range of the new domain's pages, mapped here read-write. */
struct window {
	uint8_t *address;
	uint64_t pfn, pages;
};

/* Maps area; an empty area is an empty window. */
int window_open(struct window *window, struct builder *builder, struct xen *xen,
		const struct layout_area *area, struct error *err);
void window_close(struct window *window, struct xen *xen);

/* The bytes of a page inside the window. */
static inline void *window_page(const struct window *window, uint64_t pfn)
{
	return window->address + ((pfn - window->pfn) << PAGE_SHIFT);
}

/* builder_memory.c: gives the domain its pages and fills builder->frames. */
int builder_populate(struct builder *builder, struct xen *xen, struct error *err);

/* builder_load.c: kernel, initrd, p2m. */
int builder_load(struct builder *builder, struct xen *xen, struct error *err);

/* builder_tables.c: the page tables, pinned afterwards. */
int builder_make_tables(struct builder *builder, struct xen *xen, struct error *err);

/* builder_start.c: start_info, shared info, vCPU 0. */
int builder_make_start(struct builder *builder, struct xen *xen, struct error *err);

/* Stage "build" with the step that failed and the hypervisor's or kernel's errno. */
int builder_fail(struct error *err, const char *step, int ret);

#endif
