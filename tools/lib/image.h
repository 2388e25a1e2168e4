/* SPDX-License-Identifier: MIT */
/*
 * image.h - a PV kernel read from a file: ELF, bzImage, or either's compressed form.
 *
 * The file is not trusted. Sizes are bounded (IMAGE_FILE_MAX, IMAGE_KERNEL_MAX), the ELF part is
 * read by pv/elf.h. Contract: 0, or a negative errno with err filled (error.h, stage "check"); the
 * text names the path and what is wrong with the file. An image belongs to one thread at a time.
 */
#ifndef TOOLS_LIB_IMAGE_H
#define TOOLS_LIB_IMAGE_H

#include <image/elf.h>

#include "error.h"

#define IMAGE_FILE_MAX   (UINT64_C(256) << 20)
#define IMAGE_KERNEL_MAX (UINT64_C(512) << 20)

struct image {
	void *data; /* the ELF file, unpacked */
	size_t size;
	struct elf_image elf;
	struct elf_pv pv;
	const char *format; /* "ELF", "bzImage, xz", ... */
};

/* Reads a kernel from fd, a regular file; path is for messages. fd stays open. */
int image_open(struct image *image, int fd, const char *path, struct error *err);

/* The same from memory, a malloc'ed block that is taken in every case. */
int image_read(struct image *image, void *file, size_t size, const char *path, struct error *err);

/* Frees what image_open got; safe on a zeroed structure. */
void image_close(struct image *image);

#endif
