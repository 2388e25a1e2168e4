/* SPDX-License-Identifier: MIT */
/* Whole files: read into memory, written so that a reader sees the old content or the new one,
 * never half of it. */
#ifndef TOOLS_HOST_FILE_H
#define TOOLS_HOST_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "../lib/error.h"

/* No file read here is larger: kernels, modules, hypervisors. */
#define FILE_SIZE_MAX ((size_t)256 << 20)

/* *data is to be freed; a NUL that *size does not count stands behind it. Errors name the path. */
int file_read(const char *path, uint8_t **data, size_t *size, struct error *err);

/* Writes a temporary file beside `path` and renames it over. */
int file_write(const char *path, const void *data, size_t size, struct error *err);

/*
 * Sets aside `size` bytes on the disk, as the file `path`; later writes into them, up to that size,
 * and renames it to `name`. So what has to be written at the end of something can be written even
 * if the disk is full by then.
 */
int file_reserve(const char *path, size_t size, struct error *err);
int file_write_reserved(const char *path, const char *name, const void *data, size_t size,
			struct error *err);

/* What stands in `data` if it is compressed (gzip, xz, zstd), in place of it; else nothing changes.
 */
int file_unpack(const char *path, uint8_t **data, size_t *size, struct error *err);

#endif
