/* SPDX-License-Identifier: MIT */
/* unpack.c - gzip, xz and zstd streams (see unpack.h). */
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "unpack.h"

#define BLOCK ((size_t)1 << 20)

/* Where one step may write, and how much it did. */
struct space {
	uint8_t *to;
	size_t size, used;
};

/*
 * step() takes from unpack->in, writes to space. 1: go on, 0: the stream has ended, or a negative
 * errno.
 */
struct unpack_decoder {
	void *(*open)(void);
	int (*step)(void *state, struct unpack *unpack, struct space *space);
	void (*close)(void *state);
};

static void *gzip_open(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	/* 16 + 15: a gzip header, the largest window. */
	if (!z || inflateInit2(z, 16 + 15) == Z_OK)
		return z;
	free(z);
	return NULL;
}

static int gzip_step(void *state, struct unpack *unpack, struct space *space)
{
	z_stream *z = state;
	int ret;

	z->next_in = (Bytef *)unpack->in;
	z->avail_in = (uInt)(unpack->in_size < BLOCK ? unpack->in_size : BLOCK);
	z->next_out = space->to;
	z->avail_out = (uInt)space->size;
	ret = inflate(z, Z_NO_FLUSH);
	unpack->in_size -= (size_t)(z->next_in - unpack->in);
	unpack->in = z->next_in;
	space->used = (size_t)(z->next_out - space->to);
	switch (ret) {
	case Z_STREAM_END: return 0;
	case Z_OK:
	case Z_BUF_ERROR: return 1;
	case Z_MEM_ERROR: return -ENOMEM;
	default: return -EILSEQ;
	}
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

static void *xz_open(void)
{
	lzma_stream *s = calloc(1, sizeof(*s));

	if (!s || lzma_stream_decoder(s, UNPACK_WINDOW_MAX, 0) == LZMA_OK)
		return s;
	free(s);
	return NULL;
}

static int xz_step(void *state, struct unpack *unpack, struct space *space)
{
	lzma_stream *s = state;
	lzma_ret ret;

	s->next_in = unpack->in;
	s->avail_in = unpack->in_size;
	s->next_out = space->to;
	s->avail_out = space->size;
	ret = lzma_code(s, LZMA_RUN);
	unpack->in = s->next_in;
	unpack->in_size = s->avail_in;
	space->used = space->size - s->avail_out;
	switch (ret) {
	case LZMA_STREAM_END: return 0;
	case LZMA_OK:
	case LZMA_BUF_ERROR: return 1;
	case LZMA_MEM_ERROR:
	case LZMA_MEMLIMIT_ERROR: return -ENOMEM;
	default: return -EILSEQ;
	}
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static int zstd_step(void *state, struct unpack *unpack, struct space *space)
{
	ZSTD_inBuffer in = { .src = unpack->in, .size = unpack->in_size };
	ZSTD_outBuffer out = { .dst = space->to, .size = space->size };
	size_t ret = ZSTD_decompressStream(state, &out, &in);

	unpack->in += in.pos;
	unpack->in_size -= in.pos;
	space->used = out.pos;
	if (ZSTD_isError(ret))
		return ZSTD_getErrorCode(ret) == ZSTD_error_memory_allocation ? -ENOMEM : -EILSEQ;
	return ret != 0;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}

static void *stored_open(void)
{
	static char nothing;

	return &nothing;
}

static int stored_step(void *state, struct unpack *unpack, struct space *space)
{
	size_t size = unpack->in_size < space->size ? unpack->in_size : space->size;

	(void)state;
	memcpy(space->to, unpack->in, size);
	unpack->in += size;
	unpack->in_size -= size;
	space->used = size;
	return unpack->in_size || unpack->at < unpack->end;
}

static void stored_close(void *state)
{
	(void)state;
}

static const struct unpack_decoder gzip = { gzip_open, gzip_step, gzip_close };
static const struct unpack_decoder xz = { xz_open, xz_step, xz_close };
static const struct unpack_decoder zstd = { zstd_open, zstd_step, zstd_close };
static const struct unpack_decoder stored = { stored_open, stored_step, stored_close };

const struct unpack_format unpack_stored = { .name = "ELF", .decoder = &stored };

static const struct unpack_format formats[] = {
	{ "gzip", { 0x1f, 0x8b }, 2, &gzip },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, &xz },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, &zstd },
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

const struct unpack_format *unpack_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return strcmp(name, unpack_stored.name) ? NULL : &unpack_stored;
}

/* Two blocks: what is read into, and where what nobody keeps comes out. */
struct blocks {
	uint8_t in[BLOCK], waste[BLOCK];
};

/* Reads the next block once the one before is used up; at the end of the input none comes. */
static int refill(struct unpack *unpack, struct blocks *blocks)
{
	uint64_t left = unpack->end - unpack->at;
	ssize_t n;

	if (unpack->in_size || unpack->fd < 0 || !left)
		return 0;
	do {
		n = pread(unpack->fd, blocks->in, left < BLOCK ? left : BLOCK, (off_t)unpack->at);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? -errno : -ENODATA;
	unpack->in = blocks->in;
	unpack->in_size = (size_t)n;
	unpack->at += (uint64_t)n;
	return 0;
}

/* A block at a time, so that progress() hears of a few bytes that become very many. */
static struct space next_space(const struct unpack *unpack, struct blocks *blocks)
{
	size_t left = unpack->room - unpack->done;

	if (unpack->done >= unpack->room)
		return (struct space){ blocks->waste, BLOCK, 0 };
	return (struct space){ unpack->out + unpack->done, left < BLOCK ? left : BLOCK, 0 };
}

static int run(struct unpack *unpack, const struct unpack_decoder *decoder, void *state,
	       struct blocks *blocks)
{
	struct space space;
	size_t had;
	int ret, more;

	do {
		ret = refill(unpack, blocks);
		if (ret)
			return ret;
		had = unpack->in_size;
		space = next_space(unpack, blocks);
		more = decoder->step(state, unpack, &space);
		if (more < 0)
			return more;
		unpack->done += space.used;
		if (unpack->done > unpack->max)
			return -EFBIG;
		if (more && !space.used && had == unpack->in_size)
			return -ENODATA;
		ret = unpack->progress ? unpack->progress(unpack) : 0;
	} while (more && !ret);
	return ret;
}

int unpack_run(struct unpack *unpack, const struct unpack_format *format)
{
	struct blocks *blocks;
	void *state;
	int ret = -ENOMEM;

	unpack->done = 0;
	if (!format->decoder)
		return -EOPNOTSUPP;
	blocks = malloc(sizeof(*blocks));
	state = blocks ? format->decoder->open() : NULL;
	if (state) {
		ret = run(unpack, format->decoder, state, blocks);
		format->decoder->close(state);
	}
	free(blocks);
	return ret;
}
