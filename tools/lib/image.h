/* SPDX-License-Identifier: MIT */
/*
 * image.h - a PV kernel read from a file: ELF, bzImage, or either's compressed form.
 *
 * The file is not trusted. It is taken apart by the unpacker (unpacker.h), another process, which
 * hands back the ELF file inside; that is read here by pv/elf.h. Contract: 0, or a negative errno
 * with err filled (error.h, stage "check"); the text names the path and what is wrong with the
 * file. An image belongs to one thread at a time.
 */
#ifndef TOOLS_LIB_IMAGE_H
#define TOOLS_LIB_IMAGE_H

#include <image/elf.h>
#include <stdatomic.h>

#include "error.h"
#include "unpacker.h"

struct image {
	void *data; /* the ELF file, unpacked; read-only */
	size_t size;
	struct elf_image elf;
	struct elf_pv pv;
	const char *format; /* "ELF", "xz", ...: how it was packed */
};

/*
 * Reads a kernel from fd, a regular file, for a domain of `memory` bytes; path is for messages. fd
 * stays open. Ends early, with -ECANCELED, when *cancelled becomes true (NULL: never).
 */
int image_open(struct image *image, struct unpacker *unpacker, int fd, const char *path,
	       uint64_t memory, const atomic_bool *cancelled, struct error *err);

/* Maps and reads what the unpacker gave: an ELF file that nobody else can change, at its full
 * size. fd stays open. */
int image_map(struct image *image, int fd, const char *path, struct error *err);

/* Lets go of what image_open got; safe on a zeroed structure. */
void image_close(struct image *image);

#endif
