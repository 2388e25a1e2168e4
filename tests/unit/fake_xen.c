/* SPDX-License-Identifier: MIT */
/* fake_xen.c - a hypervisor for the builder's tests (see fake_xen.h). */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_xen.h"

#define PAGE 4096

/* Windows are built from copies that are written back when they close, which needs a list of them.
 */
struct window_record {
	uint8_t *address;
	size_t count;
	xen_pfn_t *frames;
	struct window_record *next;
};

static struct window_record *windows;

struct xen *fake_xen_new(void)
{
	struct xen *xen = calloc(1, sizeof(*xen));
	size_t i;

	xen->memory = mmap(NULL, (size_t)FAKE_FRAMES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(xen->memory, MAP_FAILED);
	for (i = 0; i < FAKE_FRAMES; i++)
		xen->owner_pfn[i] = UINT64_MAX;
	xen->free_pages = FAKE_FRAMES;
	return xen;
}

void fake_xen_free(struct xen *xen)
{
	munmap(xen->memory, (size_t)FAKE_FRAMES * PAGE);
	free(xen);
}

void *fake_frame(struct xen *xen, uint64_t frame)
{
	ck_assert_uint_lt(frame, FAKE_FRAMES);
	return xen->memory + frame * PAGE;
}

/* Counts a call; the one that a test wants to fail fails. */
static int enter(struct xen *xen)
{
	return ++xen->calls == xen->fail_at ? -ENOMEM : 0;
}

int xen_free_memory(struct xen *xen, uint64_t *bytes)
{
	*bytes = xen->free_pages * PAGE;
	return 0;
}

int xen_domain_create(struct xen *xen, const struct xen_domain_spec *spec, uint32_t *domid)
{
	ck_assert_uint_ge(spec->vcpus, 1);
	if (enter(xen))
		return -ENOMEM;
	xen->exists = true;
	*domid = FAKE_DOMID;
	return 0;
}

int xen_domain_destroy(struct xen *xen, uint32_t domid)
{
	ck_assert_uint_eq(domid, FAKE_DOMID);
	ck_assert_ptr_null(windows);
	xen->destroyed = true;
	xen->exists = false;
	return 0;
}

int xen_domain_set_max_pages(struct xen *xen, uint32_t domid, uint64_t pages)
{
	(void)domid;
	xen->max_pages = pages;
	return enter(xen);
}

int xen_set_memory_map(struct xen *xen, uint32_t domid, uint64_t bytes)
{
	(void)domid;
	xen->map_bytes = bytes;
	return enter(xen);
}

int xen_domain_info(struct xen *xen, uint32_t domid, struct xen_domctl_getdomaininfo *info)
{
	(void)domid;
	memset(info, 0, sizeof(*info));
	info->shared_info_frame = FAKE_SHARED_INFO;
	return enter(xen);
}

int xen_domain_alloc_port(struct xen *xen, uint32_t domid)
{
	(void)domid;
	return enter(xen) ?: (int)++xen->next_port;
}

int xen_claim_pages(struct xen *xen, uint32_t domid, uint64_t pages)
{
	(void)domid;
	xen->claimed = pages;
	return pages ? enter(xen) : 0;
}

/* From the top of the machine down, so that frames run against pages. */
long xen_populate(struct xen *xen, uint32_t domid, unsigned int order, size_t count,
		  xen_pfn_t *frames)
{
	size_t i, j;

	(void)domid;
	if (order && xen->large_refused)
		return 0;
	if (enter(xen))
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		uint64_t pfn = frames[i];

		xen->next += 1u << order;
		ck_assert_uint_lt(xen->next, FAKE_FRAMES - FAKE_SHARED_INFO);
		frames[i] = FAKE_FRAMES - xen->next;
		for (j = 0; j < 1u << order; j++)
			xen->owner_pfn[frames[i] + j] = pfn + j;
	}
	return (long)count;
}

void *xen_map(struct xen *xen, uint32_t domid, size_t count, const xen_pfn_t *frames)
{
	struct window_record *record;
	size_t i;

	(void)domid;
	if (enter(xen)) {
		errno = ENOMEM;
		return NULL;
	}
	record = calloc(1, sizeof(*record));
	record->address = malloc(count * PAGE);
	record->frames = malloc(count * sizeof(*frames));
	record->count = count;
	memcpy(record->frames, frames, count * sizeof(*frames));
	for (i = 0; i < count; i++) {
		xen->mapped[frames[i]]++;
		memcpy(record->address + i * PAGE, fake_frame(xen, frames[i]), PAGE);
	}
	record->next = windows;
	windows = record;
	return record->address;
}

void xen_unmap(struct xen *xen, void *address, size_t count)
{
	struct window_record **link = &windows, *record;
	size_t i;

	if (!address)
		return;
	while (*link && (*link)->address != address)
		link = &(*link)->next;
	record = *link;
	ck_assert_ptr_nonnull(record);
	ck_assert_uint_eq(record->count, count);
	*link = record->next;
	for (i = 0; i < count; i++) {
		xen->mapped[record->frames[i]]--;
		memcpy(fake_frame(xen, record->frames[i]), record->address + i * PAGE, PAGE);
	}
	free(record->address);
	free(record->frames);
	free(record);
}

int xen_pin_l4(struct xen *xen, uint32_t domid, xen_pfn_t frame)
{
	size_t i;

	(void)domid;
	/* Nothing may be mapped writable when tables become tables. */
	for (i = 0; i < FAKE_FRAMES; i++)
		ck_assert_int_eq(xen->mapped[i], 0);
	xen->pinned = frame;
	return enter(xen);
}

int xen_domain_init_hypercall_page(struct xen *xen, uint32_t domid, xen_pfn_t frame)
{
	(void)domid;
	xen->hypercall_page = frame;
	return enter(xen);
}

int xen_vcpu_set_context(struct xen *xen, uint32_t domid, uint32_t vcpu,
			 const struct vcpu_guest_context *context)
{
	(void)domid;
	ck_assert_uint_eq(vcpu, 0);
	xen->context = *context;
	return enter(xen);
}

int xen_grant_to_dom0(struct xen *xen, uint32_t domid, const struct xen_grant *grants, size_t count)
{
	(void)domid;
	ck_assert_uint_eq(count, 2);
	memcpy(xen->grants, grants, sizeof(xen->grants));
	return enter(xen);
}
