/* SPDX-License-Identifier: MIT */
/* kernel_maker.h - small PV kernels in ELF form, made in memory for tests, good or damaged in one
 * way. */
#ifndef TESTS_UNIT_KERNEL_MAKER_H
#define TESTS_UNIT_KERNEL_MAKER_H

#include <stddef.h>
#include <stdint.h>

#define MAKER_BYTES 65536

struct maker_segment {
	uint64_t paddr, file_size, mem_size;
	uint8_t fill; /* what its file bytes are */
};

/* A note of owner "Xen"; number when text is NULL. */
struct maker_note {
	uint32_t type;
	uint64_t number;
	const char *text;
};

struct maker {
	uint64_t entry;
	const struct maker_segment *segments; /* ended by mem_size 0 */
	const struct maker_note *notes;       /* ended by type 0 */
};

/* Writes the file to out (MAKER_BYTES) and returns its size. The notes are the last program header.
 */
size_t maker_write(const struct maker *maker, uint8_t *out);

/* Where in the file program header index begins. */
size_t maker_phdr(unsigned int index);

/* A kernel like Linux (notes of its own p2m and module by frame) and one like PV GRUB (few notes).
 */
extern const struct maker maker_linux, maker_grub;

void maker_put(uint8_t *out, size_t at, uint64_t value, unsigned int bytes);

#endif
