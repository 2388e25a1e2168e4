/* SPDX-License-Identifier: MIT */
/* Between unpack.c and unpack_decode.c: one compressed payload, and the memory that decoders ask for. */
#ifndef PV_DOM0_UNPACK_H
#define PV_DOM0_UNPACK_H

#include <pv/types.h>

struct payload {
	const u8 *data;
	size_t size; /* without the length behind it that Linux's build appends */
	u8 *out;
	size_t out_size; /* exactly as long as the result is to be */
};

/* unpackers.lds: constructors of the libraries, to be called once before they are used. */
extern void (*unpackers_init[])(void), (*unpackers_init_end[])(void);

/* Each: NULL or what is wrong, in words. */
const char *unpack_gzip(const struct payload *p);
const char *unpack_xz(const struct payload *p);
const char *unpack_zstd(const struct payload *p);
/* Gives back all that the decoders have allocated. */
void unpack_memory_free(void);

#endif /* PV_DOM0_UNPACK_H */
