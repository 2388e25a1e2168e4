/* SPDX-License-Identifier: MIT */
/* Between xz.c (the container), xz_lzma2.c and xz_x86.c (its two filters). */
#ifndef PV_DOM0_XZ_H
#define PV_DOM0_XZ_H

#include <core/types.h>

/* Compressed bytes, taken from the front. */
struct xz_in {
	const u8 *next;
	size_t left;
};

/* The next n bytes; NULL if there are not so many. */
static inline const u8 *xz_take(struct xz_in *in, size_t n)
{
	const u8 *p = in->next;

	if (n > in->left)
		return NULL;
	in->next += n;
	in->left -= n;
	return p;
}

/* One LZMA2 stream from in to out, which must be large enough; in is left behind the stream, and
 * *size says how long the result is. NULL or what is wrong, in words. */
const char *xz_lzma2(struct xz_in *in, u8 *out, size_t room, size_t *size);

/* x86 code, in place: absolute call and jump targets made relative again. */
void xz_x86(u8 *data, size_t size);

#endif /* PV_DOM0_XZ_H */
