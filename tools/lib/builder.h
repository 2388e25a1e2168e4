/* SPDX-License-Identifier: MIT */
/*
 * builder.h - builds a PV domain: from kernel, initrd and sizes to a domain paused at its first
 * instruction.
 *
 * Two steps. builder_check() reads the files and plans the memory and touches no domain; everything
 * that can be refused is refused there. builder_build() creates the domain and fills it; after a
 * failure it has destroyed what it made. Both may take long (a packed kernel), so they belong on a
 * thread of their own; builder_cancel() may be called from any other one.
 *
 * Contract: 0, or a negative errno with err filled (error.h; stages "check" and "build").
 */
#ifndef TOOLS_LIB_BUILDER_H
#define TOOLS_LIB_BUILDER_H

#include <stdatomic.h>

#include <image/layout.h>

#include "image.h"
#include "xen.h"

#define BUILDER_INITRD_MAX (UINT64_C(1) << 30)

/* What is to be built. The strings must live as long as the builder. */
struct builder_spec {
	uint8_t uuid[16];
	uint64_t memory;     /* bytes given at the start */
	uint64_t max_memory; /* bytes it may have later, >= memory */
	unsigned int vcpus;
	unsigned int max_grant_frames, max_event_ports; /* 0: defaults */
	int kernel_fd;                                  /* owned by the builder, as initrd_fd */
	int initrd_fd;                                  /* -1: none */
	const char *kernel_path, *initrd_path;          /* for messages */
	const char *cmdline;                            /* NULL: empty */
	struct unpacker *unpacker;                      /* takes the kernel apart */
};

/* What the store and the console have to know of a built domain. */
struct builder_result {
	uint32_t domid;
	xen_pfn_t store_frame, console_frame;
	uint32_t store_port, console_port; /* the guest's ports */
};

struct builder {
	struct builder_spec spec;
	struct image image;
	struct layout layout;
	xen_pfn_t *frames; /* machine frame of each page, total_pages entries */
	uint64_t shared_info_frame;
	struct builder_result result;
	bool created;
	atomic_bool cancelled;
};

void builder_init(struct builder *builder, const struct builder_spec *spec);

/* Reads and checks the files and compares the memory with what is free (xen may be NULL: not
 * compared). */
int builder_check(struct builder *builder, struct xen *xen, struct error *err);

/* Builds the domain, which stays paused. builder->result is valid afterwards. */
int builder_build(struct builder *builder, struct xen *xen, struct error *err);

/* Makes builder_check() and builder_build() fail soon with "cancelled". */
void builder_cancel(struct builder *builder);

/* -ECANCELED with err filled once builder_cancel() was called, else 0. */
int builder_was_cancelled(struct builder *builder, struct error *err);

/* Frees all but the domain. */
void builder_free(struct builder *builder);

#endif
