/* SPDX-License-Identifier: MIT */
/*
 * bzimage.h - Linux's packed kernel file (Linux: Documentation/arch/x86/boot.rst): a real-mode part
 * of some sectors with a header, then code that stands at a place which payload_offset counts from.
 * The payload is the kernel's ELF file, packed, and ends with its unpacked length, which gzip
 * writes itself and Linux's build appends for all others.
 *
 * The file is hostile: what a function returned with BZIMAGE_OK lies within it. No allocation, no
 * library call, no state; only <stdint.h> and its like.
 */
#ifndef IMAGE_BZIMAGE_H
#define IMAGE_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bzimage_status {
	BZIMAGE_OK,
	BZIMAGE_OTHER,     /* no bzImage */
	BZIMAGE_OLD,       /* a boot protocol before 2.08, which has no payload */
	BZIMAGE_TRUNCATED, /* the payload ends behind the end of the file */
	BZIMAGE_EMPTY,     /* no payload, or not even room for its length */
};

/* So much of the file's beginning holds the header; the version's text lies a little behind. */
#define BZIMAGE_HEADER_BYTES 0x250

bool bzimage_probe(const void *file, size_t size);
/* The packed kernel inside. */
enum bzimage_status bzimage_payload(const void *file, size_t size, const uint8_t **payload,
				    size_t *length);
/* The unpacked length that a payload from bzimage_payload() states. */
uint32_t bzimage_unpacked(const uint8_t *payload, size_t length);
/* Where the text begins whose first word is the kernel's version; 0: the file states none. size may
 * be that of the file's beginning alone. */
size_t bzimage_version(const void *file, size_t size);
const char *bzimage_status_text(enum bzimage_status status);

#endif
