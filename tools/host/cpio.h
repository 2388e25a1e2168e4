/* SPDX-License-Identifier: MIT */
/*
 * A writer of newc cpio archives, the form of Linux's initial file systems.
 *
 * The archive grows in memory. Names are given without a leading slash, folders before what is in
 * them. After the first failure every call answers the same error, so that only the last one need
 * be looked at. Errors: -ENOMEM, -ENAMETOOLONG, -EFBIG.
 */
#ifndef TOOLS_HOST_CPIO_H
#define TOOLS_HOST_CPIO_H

#include <stddef.h>
#include <stdint.h>

/* A zeroed structure is an empty archive; `data` is to be freed. */
struct cpio {
	uint8_t *data;
	size_t size;
	size_t capacity;
	uint32_t inodes;
	int error;
};

int cpio_folder(struct cpio *cpio, const char *name, unsigned int mode);
int cpio_file(struct cpio *cpio, const char *name, unsigned int mode, const void *data,
	      size_t size);
int cpio_char_device(struct cpio *cpio, const char *name, unsigned int mode, unsigned int major,
		     unsigned int minor);

/* Writes the end mark and pads to 512 bytes, after which another archive may follow. */
int cpio_finish(struct cpio *cpio);

#endif
