/* SPDX-License-Identifier: MIT */
/* unpack.c - gzip, xz and zstd streams into memory of bounded size. */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "unpack.h"

/* xz and zstd need memory for their windows; more than this no kernel asks for. */
#define XZ_MEMORY_MAX (UINT64_C(256) << 20)

/* Output that doubles as it fills. */
struct growing {
	uint8_t *data;
	size_t used, capacity, max;
};

/* Makes room for more bytes. -EFBIG at the limit, -ENOMEM. */
static int grow(struct growing *out)
{
	size_t capacity = out->capacity ? out->capacity * 2 : (size_t)4 << 20;
	uint8_t *data;

	if (out->used < out->capacity)
		return 0;
	if (out->capacity >= out->max)
		return -EFBIG;
	if (capacity > out->max)
		capacity = out->max;
	data = realloc(out->data, capacity);
	if (!data)
		return -ENOMEM;
	out->data = data;
	out->capacity = capacity;
	return 0;
}

static int finish(struct growing *out, int ret, uint8_t **data, size_t *size)
{
	if (ret) {
		free(out->data);
		return ret;
	}
	*data = out->data;
	*size = out->used;
	return 0;
}

/* One step of inflate. 1: more to do, 0: done, else a negative errno. */
static int gzip_step(z_stream *z, struct growing *out)
{
	int ret = grow(out);

	if (ret)
		return ret;
	z->next_out = out->data + out->used;
	z->avail_out = (uInt)(out->capacity - out->used);
	ret = inflate(z, Z_NO_FLUSH);
	out->used = out->capacity - z->avail_out;
	if (ret == Z_STREAM_END)
		return 0;
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	if (ret == Z_BUF_ERROR || (ret == Z_OK && !z->avail_in && z->avail_out))
		return -ENODATA;
	return ret == Z_OK ? 1 : -EILSEQ;
}

static int gzip_unpack(const uint8_t *in, size_t in_size, uint8_t **data, size_t *size, size_t max)
{
	struct growing out = { .max = max };
	z_stream z = { .next_in = (Bytef *)in, .avail_in = (uInt)in_size };
	int ret;

	/* 16 + 15: a gzip header, the largest window. */
	if (inflateInit2(&z, 16 + 15) != Z_OK)
		return -ENOMEM;
	do {
		ret = gzip_step(&z, &out);
	} while (ret > 0);
	inflateEnd(&z);
	return finish(&out, ret, data, size);
}

static int xz_step(lzma_stream *s, struct growing *out)
{
	lzma_ret code;
	int ret = grow(out);

	if (ret)
		return ret;
	s->next_out = out->data + out->used;
	s->avail_out = out->capacity - out->used;
	code = lzma_code(s, LZMA_RUN);
	out->used = out->capacity - s->avail_out;
	if (code == LZMA_STREAM_END)
		return 0;
	if (code == LZMA_MEM_ERROR || code == LZMA_MEMLIMIT_ERROR)
		return -ENOMEM;
	if (code == LZMA_BUF_ERROR || (code == LZMA_OK && !s->avail_in && s->avail_out))
		return -ENODATA;
	return code == LZMA_OK ? 1 : -EILSEQ;
}

static int xz_unpack(const uint8_t *in, size_t in_size, uint8_t **data, size_t *size, size_t max)
{
	struct growing out = { .max = max };
	lzma_stream s = LZMA_STREAM_INIT;
	int ret;

	if (lzma_stream_decoder(&s, XZ_MEMORY_MAX, 0) != LZMA_OK)
		return -ENOMEM;
	s.next_in = in;
	s.avail_in = in_size;
	do {
		ret = xz_step(&s, &out);
	} while (ret > 0);
	lzma_end(&s);
	return finish(&out, ret, data, size);
}

static int zstd_step(ZSTD_DStream *z, ZSTD_inBuffer *in, struct growing *out)
{
	ZSTD_outBuffer space;
	size_t code;
	int ret = grow(out);

	if (ret)
		return ret;
	space = (ZSTD_outBuffer){ .dst = out->data, .size = out->capacity, .pos = out->used };
	code = ZSTD_decompressStream(z, &space, in);
	out->used = space.pos;
	if (ZSTD_isError(code))
		return -EILSEQ;
	if (!code)
		return 0;
	return in->pos == in->size && space.pos < space.size ? -ENODATA : 1;
}

static int zstd_unpack(const uint8_t *in, size_t in_size, uint8_t **data, size_t *size, size_t max)
{
	struct growing out = { .max = max };
	ZSTD_inBuffer source = { .src = in, .size = in_size };
	ZSTD_DStream *z = ZSTD_createDStream();
	int ret;

	if (!z)
		return -ENOMEM;
	do {
		ret = zstd_step(z, &source, &out);
	} while (ret > 0);
	ZSTD_freeDStream(z);
	return finish(&out, ret, data, size);
}

static const struct unpack_format formats[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, gzip_unpack },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, xz_unpack },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_unpack },
	{ "bzip2", { 'B', 'Z', 'h' }, 3, NULL },
	{ "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, NULL },
	{ "lzo", { 0x89, 'L', 'Z', 'O' }, 4, NULL },
	{ "lzma", { 0x5d, 0, 0 }, 3, NULL },
};

const struct unpack_format *unpack_probe(const void *data, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (size >= formats[i].magic_size &&
		    !memcmp(data, formats[i].magic, formats[i].magic_size))
			return &formats[i];
	}
	return NULL;
}

int unpack(const struct unpack_format *format, const void *data, size_t size, uint8_t **out,
	   size_t *out_size, size_t max)
{
	if (!format->unpack)
		return -EOPNOTSUPP;
	return format->unpack(data, size, out, out_size, max);
}
