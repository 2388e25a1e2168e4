/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the hypervisor's reader of xz files, beside liblzma's. The first byte says what the
 * rest is:
 *
 *   'L'  a byte, 32 bytes of room for each of its values, then LZMA2 chunks. What liblzma takes,
 * ours takes, with the same result. 'B'  x86 code, for the filter alone. Both make the same of it.
 *   else a whole file, whose header checksums are put right first, so that what is behind them is
 *        reached. It may be refused, and no more.
 *
 * All buffers are exactly as long as was said, so that one byte too far is seen.
 */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "unpack.h"
#include "xz.h"

#define ROOM        (64U << 10)
#define HEADER_SIZE 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *exact_copy(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	return memcpy(copy, data, size);
}

/* liblzma's result in out, how long it is, and how much of the input it took. */
static lzma_ret reference(bool x86, const uint8_t *in, size_t in_size, size_t *used, uint8_t *out,
			  size_t room, size_t *size)
{
	lzma_options_lzma lzma2 = { .dict_size = 1U << 20 };
	lzma_filter filters[3] = { { .id = LZMA_FILTER_X86 },
				   { .id = LZMA_FILTER_LZMA2, .options = &lzma2 },
				   { .id = LZMA_VLI_UNKNOWN } };
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_raw_decoder(&z, filters + !x86);

	if (ret != LZMA_OK)
		abort();
	z.next_in = in;
	z.avail_in = in_size;
	z.next_out = out;
	z.avail_out = room;
	ret = lzma_code(&z, LZMA_FINISH);
	*used = in_size - z.avail_in;
	*size = room - z.avail_out;
	lzma_end(&z);
	return ret;
}

static void chunks(const uint8_t *data, size_t data_size)
{
	static uint8_t expected[ROOM];
	size_t room = 32 * (data[0] + 1U);
	uint8_t *in = exact_copy(data + 1, --data_size), *out = malloc(room);
	struct xz_in left = { in, data_size };
	size_t size = 0, expected_size, used;
	const char *why = xz_lzma2(&left, out, room, &size);

	if (reference(false, in, data_size, &used, expected, room, &expected_size) ==
		    LZMA_STREAM_END &&
	    (why || size != expected_size || left.left != data_size - used ||
	     memcmp(out, expected, size)))
		abort();
	free(in);
	free(out);
}

static void code(const uint8_t *data, size_t size)
{
	static uint8_t chunk[3 + ROOM + 1], expected[ROOM];
	uint8_t *ours = exact_copy(data, size);
	size_t expected_size, used;

	chunk[0] = 1; /* plain bytes, new dictionary */
	chunk[1] = (uint8_t)((size - 1) >> 8);
	chunk[2] = (uint8_t)(size - 1);
	memcpy(chunk + 3, data, size);
	chunk[3 + size] = 0;
	if (reference(true, chunk, size + 4, &used, expected, ROOM, &expected_size) !=
		    LZMA_STREAM_END ||
	    expected_size != size)
		abort();
	xz_x86(ours, size);
	if (memcmp(ours, expected, size))
		abort();
	free(ours);
}

static void put_crc(uint8_t *at, const uint8_t *from, size_t size)
{
	uint32_t crc = lzma_crc32(from, size, 0);

	memcpy(at, &crc, sizeof(crc));
}

static void file(const uint8_t *data, size_t size)
{
	uint8_t *in = exact_copy(data, size), *out = malloc(ROOM);
	struct payload p = { in, size, out, ROOM };

	if (size >= HEADER_SIZE)
		put_crc(in + 8, in + 6, 2);
	if (size > HEADER_SIZE) {
		size_t block = (in[HEADER_SIZE] + 1U) * 4;

		if (block >= 8 && block <= size - HEADER_SIZE)
			put_crc(in + HEADER_SIZE + block - 4, in + HEADER_SIZE, block - 4);
	}
	(void)unpack_xz(&p);
	free(in);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > ROOM)
		return 0;
	if (data[0] == 'L')
		chunks(data + 1, size - 1);
	else if (data[0] == 'B')
		code(data + 1, size - 1);
	else
		file(data, size);
	return 0;
}
