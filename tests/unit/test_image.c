/* SPDX-License-Identifier: MIT */
/*
 * Proves that kernels are found inside gzip, xz and zstd streams and bzImages of them, that the
 * formats that are not unpacked are named, and that cut and damaged streams are said to be so.
 *
 * @limit: 120
 */
#include <check.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "image.h"
#include "kernel_maker.h"

#define SPACE (MAKER_BYTES * 2)

enum packing { PLAIN, GZIP, XZ, ZSTD, PACKINGS };

static const char *const names[] = { "ELF", "gzip", "xz", "zstd" };
static uint8_t kernel[MAKER_BYTES], packed[SPACE], whole[SPACE];

static size_t gzip_pack(size_t size)
{
	z_stream z = {
		.next_in = kernel, .avail_in = (uInt)size, .next_out = packed, .avail_out = SPACE
	};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return SPACE - z.avail_out;
}

static size_t xz_pack(size_t size)
{
	size_t at = 0;

	ck_assert_int_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, kernel, size, packed,
						 &at, SPACE),
			 LZMA_OK);
	return at;
}

/* Puts the Linux-like kernel into packed in one of the ways; returns the size. */
static size_t pack(enum packing how)
{
	size_t size = maker_write(&maker_linux, kernel);

	switch (how) {
	case GZIP: return gzip_pack(size);
	case XZ: return xz_pack(size);
	case ZSTD: return ZSTD_compress(packed, SPACE, kernel, size, 3);
	default: memcpy(packed, kernel, size); return size;
	}
}

/* Wraps what is in packed into a bzImage, with the unpacked size behind the stream as Linux has it.
 */
static size_t wrap(size_t size)
{
	size_t start = 3 * 512 + 0x100;

	memset(whole, 0, start);
	whole[0x1f1] = 2;
	maker_put(whole, 0x1fe, 0xaa55, 2);
	memcpy(whole + 0x202, "HdrS", 4);
	maker_put(whole, 0x206, 0x20f, 2);
	maker_put(whole, 0x248, 0x100, 4);
	maker_put(whole, 0x24c, size + 4, 4);
	memcpy(whole + start, packed, size);
	maker_put(whole, start + size, MAKER_BYTES, 4);
	return start + size + 4;
}

static int read_copy(const void *data, size_t size, struct image *image, struct error *err)
{
	uint8_t *copy = malloc(size ?: 1);

	memcpy(copy, data, size);
	*err = (struct error)ERROR_INIT;
	return image_read(image, copy, size, "/k", err);
}

START_TEST(every_packing)
{
	size_t size = pack((enum packing)_i);
	struct image image;
	struct error err;

	ck_assert_msg(!read_copy(packed, size, &image, &err), "%s", err.detail);
	ck_assert_str_eq(image.format, names[_i]);
	ck_assert_uint_eq(image.pv.init_p2m, 0x8000000000);
	ck_assert_mem_eq(image.data, kernel, image.size);
	image_close(&image);
}
END_TEST

START_TEST(every_bzimage)
{
	size_t size = wrap(pack((enum packing)_i));
	struct image image;
	struct error err;

	ck_assert_msg(!read_copy(whole, size, &image, &err), "%s", err.detail);
	ck_assert_uint_eq(image.pv.start, 0x1000000);
	image_close(&image);
}
END_TEST

/* Wherever it is cut: an error, and a word that says so. */
START_TEST(cut_stream)
{
	size_t size = pack((enum packing)_i), cut;
	struct image image;
	struct error err;

	for (cut = 8; cut < size; cut += size / 40 + 1) {
		ck_assert_int_ne(read_copy(packed, cut, &image, &err), 0);
		ck_assert_msg(strstr(err.detail, "truncated") || strstr(err.detail, "damaged"),
			      "cut at %zu: %s", cut, err.detail);
		ck_assert_ptr_null(image.data);
	}
}
END_TEST

START_TEST(damaged_stream)
{
	size_t size = pack((enum packing)_i), i;
	struct image image;
	struct error err;

	for (i = 0; i < 200; i++) {
		uint8_t *at = packed + 6 + (i * 7919) % (size - 6), old = *at;

		*at ^= (uint8_t)(1u << i % 8);
		if (!read_copy(packed, size, &image, &err))
			image_close(&image);
		*at = old;
	}
}
END_TEST

START_TEST(formats_named)
{
	static const struct {
		const char *magic, *name;
		size_t size;
	} cases[] = {
		{ "BZh91AY", "bzip2", 7 },
		{ "\x02\x21\x4c\x18", "lz4", 4 },
		{ "\x89LZO", "lzo", 4 },
		{ "\x5d\x00\x00\x00\x01", "lzma", 5 },
	};
	struct image image;
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(packed, 0x55, 256);
		memcpy(packed, cases[i].magic, cases[i].size);
		ck_assert_int_ne(read_copy(whole, wrap(256), &image, &err), 0);
		ck_assert_int_eq(err.code, ERROR_NOT_SUPPORTED);
		ck_assert_msg(strstr(err.detail, cases[i].name), "%s", err.detail);
		ck_assert_msg(strstr(err.hint, "zstd"), "%s", err.hint);
	}
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	struct image image;
	struct error err;
	size_t size;

	ck_assert_int_ne(read_copy("#!/bin/sh\n", 10, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "neither ELF nor bzImage"), "%s", err.detail);

	size = maker_write(&maker_linux, kernel);
	kernel[4] = 1;
	ck_assert_int_ne(read_copy(kernel, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "32-bit"), "%s", err.detail);
	ck_assert_msg(strstr(err.detail, "'/k'"), "%s", err.detail);

	size = wrap(pack(XZ));
	maker_put(whole, 0x24c, SPACE, 4);
	ck_assert_int_ne(read_copy(whole, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "truncated"), "%s", err.detail);

	size = wrap(pack(XZ));
	maker_put(whole, 0x206, 0x204, 2);
	ck_assert_int_ne(read_copy(whole, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "2.08"), "%s", err.detail);
}
END_TEST

/* Two gzip layers are one too many for a kernel, three must not be peeled for ever. */
START_TEST(layers_are_bounded)
{
	struct image image;
	struct error err;
	size_t size = pack(GZIP);
	int layer;

	for (layer = 0; layer < 3; layer++) {
		memcpy(kernel, packed, size);
		size = gzip_pack(size);
	}
	ck_assert_int_ne(read_copy(packed, size, &image, &err), 0);
}
END_TEST

static void open_fails(const char *path, const char *word)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	struct error err = ERROR_INIT;
	struct image image;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(image_open(&image, fd, path, &err), 0);
	ck_assert_msg(strstr(err.detail, word), "%s", err.detail);
	close(fd);
}

START_TEST(odd_files)
{
	char path[] = "/tmp/test_image.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	open_fails("/dev/zero", "regular");
	open_fails("/", "regular");
	open_fails(path, "empty");
	ck_assert_int_eq(ftruncate(fd, (off_t)IMAGE_FILE_MAX + 1), 0);
	open_fails(path, "256 MiB");
	close(fd);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *cases = tcase_create("image");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, every_packing, PLAIN, PACKINGS);
	tcase_add_loop_test(cases, every_bzimage, GZIP, PACKINGS);
	tcase_add_loop_test(cases, cut_stream, GZIP, PACKINGS);
	tcase_add_loop_test(cases, damaged_stream, GZIP, PACKINGS);
	tcase_add_test(cases, formats_named);
	tcase_add_test(cases, what_is_wrong_is_said);
	tcase_add_test(cases, layers_are_bounded);
	tcase_add_test(cases, odd_files);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
