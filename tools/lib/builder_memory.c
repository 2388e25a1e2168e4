/* SPDX-License-Identifier: MIT */
/*
 * builder_memory.c - pages for a new domain, and windows onto them.
 *
 * Memory is claimed first, so that two builders cannot both count on the same free pages. Extents
 * of 2 MiB come first since one call gives many pages with few numbers; what the hypervisor cannot
 * give that way comes page by page.
 */
#include <errno.h>
#include <stdlib.h>

#include "builder_part.h"

#define LARGE_ORDER 9
#define LARGE_PAGES ((uint64_t)1 << LARGE_ORDER)

int window_open(struct window *window, struct builder *builder, struct xen *xen,
		const struct layout_area *area, struct error *err)
{
	uint64_t pages = area->pages;

	*window = (struct window){ .pfn = area->pfn, .pages = pages };
	if (!pages)
		return 0;
	window->address = xen_map(xen, builder->result.domid, pages, &builder->frames[area->pfn]);
	return window->address ? 0 : builder_fail(err, "mapping the domain's memory", -errno);
}

void window_close(struct window *window, struct xen *xen)
{
	xen_unmap(xen, window->address, window->pages);
	window->address = NULL;
}

/* Fills frames from pfn 0 with extents of 2 MiB as far as the hypervisor gives them. Returns the
 * pages given. */
static uint64_t populate_large(struct builder *builder, struct xen *xen)
{
	uint64_t count = builder->layout.total_pages >> LARGE_ORDER, i, j;
	xen_pfn_t *extents = calloc(count ?: 1, sizeof(*extents));
	long given;

	if (!extents || !count) {
		free(extents);
		return 0;
	}
	for (i = 0; i < count; i++)
		extents[i] = i << LARGE_ORDER;
	given = xen_populate(xen, builder->result.domid, LARGE_ORDER, count, extents);
	if (given < 0)
		given = 0;
	for (i = 0; i < (uint64_t)given; i++) {
		for (j = 0; j < LARGE_PAGES; j++)
			builder->frames[(i << LARGE_ORDER) + j] = extents[i] + j;
	}
	free(extents);
	return (uint64_t)given << LARGE_ORDER;
}

static int populate_rest(struct builder *builder, struct xen *xen, uint64_t pfn)
{
	uint64_t count = builder->layout.total_pages - pfn, i;
	long given;

	for (i = 0; i < count; i++)
		builder->frames[pfn + i] = pfn + i;
	if (!count)
		return 0;
	given = xen_populate(xen, builder->result.domid, 0, count, &builder->frames[pfn]);
	if (given < 0)
		return (int)given;
	return (uint64_t)given == count ? 0 : -ENOMEM;
}

int builder_populate(struct builder *builder, struct xen *xen, struct error *err)
{
	uint64_t total = builder->layout.total_pages;
	uint32_t domid = builder->result.domid;
	bool claimed;
	int ret;

	builder->frames = calloc(total, sizeof(*builder->frames));
	if (!builder->frames)
		return builder_fail(err, "listing the domain's pages", -ENOMEM);
	ret = xen_claim_pages(xen, domid, total);
	/* A hypervisor without claims is no reason to stop: populating tells as well, only later.
	 */
	claimed = !ret;
	if (ret && ret != -ENOSYS && ret != -EOPNOTSUPP)
		return builder_fail(err, "claiming the domain's memory", ret);
	ret = populate_rest(builder, xen, populate_large(builder, xen));
	if (claimed)
		xen_claim_pages(xen, domid, 0);
	return ret ? builder_fail(err, "giving the domain its memory", ret) : 0;
}
