/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - compressed kernels and modules: which format is it, and what is inside.
 *
 * Formats that are known but not unpacked here have a name too, so that an error can say which one
 * was met. Packed bytes are read in blocks and what comes out goes where the caller says, so that
 * nothing here grows with the stream but a decoder's window, which is bounded. No state; any
 * thread.
 */
#ifndef TOOLS_LIB_UNPACK_H
#define TOOLS_LIB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* The most that a decoder's window takes. */
#define UNPACK_WINDOW_MAX (UINT64_C(256) << 20)

struct unpack {
	/* The packed bytes: of fd those from `at` to `end`; with fd -1 those at `in`. */
	int fd;
	uint64_t at, end;
	const uint8_t *in;
	size_t in_size;

	/* The first `room` bytes that come out are kept at `out`, the rest is only decoded. */
	uint8_t *out;
	size_t room;
	uint64_t max;  /* more than this is -EFBIG */
	uint64_t done; /* so many have come out */

	/* Called after every block, NULL: not. It may lower `room` down to `done`; not 0: the end,
	 * with this result. */
	int (*progress)(struct unpack *unpack);
};

struct unpack_decoder;

struct unpack_format {
	const char *name;
	uint8_t magic[6];
	uint8_t magic_size;
	const struct unpack_decoder *decoder; /* NULL: recognised only */
};

/* Long enough for every magic. */
#define UNPACK_MAGIC_MAX 6

/* The format whose magic stands at the start of data, or NULL. */
const struct unpack_format *unpack_probe(const void *data, size_t size);

/* The format of that name, unpack_stored's too, or NULL. */
const struct unpack_format *unpack_find(const char *name);

/* Not packed at all: unpack_run() copies. */
extern const struct unpack_format unpack_stored;

/*
 * Unpacks the first stream; what follows it is ignored, since kernels carry their unpacked size
 * there. -EOPNOTSUPP: a format that is only recognised; -EILSEQ: damaged; -ENODATA: it ends too
 * early; -EFBIG; -ENOMEM; or what reading fd or progress() gave. `done` is right in every case.
 */
int unpack_run(struct unpack *unpack, const struct unpack_format *format);

#endif
