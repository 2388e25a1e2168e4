/* SPDX-License-Identifier: MIT */
/* Between unpack.c and unpack_decode.c: one compressed payload and who unpacks it. */
#ifndef PV_DOM0_UNPACK_H
#define PV_DOM0_UNPACK_H

#include <core/types.h>

struct payload {
	const u8 *data;
	size_t size; /* without the length behind it that Linux's build appends */
	u8 *out;
	size_t out_size; /* exactly as long as the result is to be */
};

/* Little-endian, at any address. */
static inline u32 read_u32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

/* Each: NULL or what is wrong, in words. To be called by unpack_run. */
const char *unpack_gzip(const struct payload *p);
const char *unpack_xz(const struct payload *p);
const char *unpack_zstd(const struct payload *p);
/* Calls one of them, with what it needs of CPU and memory; gives all back afterwards. */
const char *unpack_run(const char *(*unpack)(const struct payload *p), const struct payload *p);

#endif /* PV_DOM0_UNPACK_H */
