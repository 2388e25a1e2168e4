/* SPDX-License-Identifier: MIT */
/*
 * fake_xen.h - a hypervisor for the builder's tests: one domain, whose memory is an array here.
 *
 * It implements xen.h. Machine frames are handed out in an order that is not that of the pages, so
 * that a builder that mixes the two up is found out.
 */
#ifndef TESTS_UNIT_FAKE_XEN_H
#define TESTS_UNIT_FAKE_XEN_H

#include "xen.h"

#define FAKE_DOMID       7
#define FAKE_FRAMES      32768 /* the machine */
#define FAKE_SHARED_INFO 77    /* its frame */

struct xen {
	uint8_t *memory;                 /* FAKE_FRAMES pages, filled with 0xcc */
	int mapped[FAKE_FRAMES];         /* windows onto each frame */
	uint64_t owner_pfn[FAKE_FRAMES]; /* the page that got the frame, or UINT64_MAX */
	unsigned int next;               /* frames handed out */
	bool large_refused;              /* no 2 MiB extents */
	uint64_t free_pages;
	int fail_at, calls; /* the call of this number (from 1) fails; 0: none */
	bool exists, destroyed;
	uint64_t claimed, max_pages, map_bytes;
	uint64_t pinned;
	uint64_t hypercall_page;
	struct vcpu_guest_context context;
	struct xen_grant grants[2];
	unsigned int next_port;
};

struct xen *fake_xen_new(void);
void fake_xen_free(struct xen *xen);

/* The bytes of a machine frame. */
void *fake_frame(struct xen *xen, uint64_t frame);

#endif
