/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - compressed kernels: which format is it, and what is inside.
 *
 * Formats that are known but not unpacked here have a name too, so that an error can say which one
 * was met. No state; any thread.
 */
#ifndef TOOLS_LIB_UNPACK_H
#define TOOLS_LIB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct unpack_format {
	const char *name;
	uint8_t magic[6];
	uint8_t magic_size;
	/* NULL: recognised only. See unpack(). */
	int (*unpack)(const uint8_t *in, size_t in_size, uint8_t **out, size_t *out_size,
		      size_t max);
};

/* The format whose magic stands at the start of data, or NULL. */
const struct unpack_format *unpack_probe(const void *data, size_t size);

/*
 * Unpacks the first stream in data; what follows it is ignored, since kernels carry their unpacked
 * size there. *out is to be freed. -EOPNOTSUPP: a format that is only recognised; -EILSEQ: damaged;
 * -ENODATA: it ends too early; -EFBIG: over max bytes; -ENOMEM.
 */
int unpack(const struct unpack_format *format, const void *data, size_t size, uint8_t **out,
	   size_t *out_size, size_t max);

#endif
