/* SPDX-License-Identifier: MIT */
/* dom0's kernel file: what is found in a bzImage, what is refused and with which words. The
 * decoders are the libraries', so here they only note what they are asked for. */
#include <check.h>
#include <stdlib.h>

#include <dom0/build.h>
#include <core/frame.h>

#include <dom0/unpack.h>
#include "fake_machine.h"

#define SETUP_SECTS    3
#define BODY           ((SETUP_SECTS + 1) * 512)
#define PAYLOAD_OFFSET 0x40
#define PAYLOAD_SIZE   200
#define RESULT_SIZE    5000
#define FILE_SIZE      (BODY + PAYLOAD_OFFSET + PAYLOAD_SIZE)

static u8 file[FILE_SIZE];
static struct payload asked;
static const char *asked_format, *answer;
static u64 free_frames;

bool elf_probe(const void *image, size_t size)
{
	return size >= 4 && !memcmp(image,
				    "\x7f"
				    "ELF",
				    4);
}

const char *unpack_gzip(const struct payload *p)
{
	asked = *p;
	asked_format = "gzip";
	return answer;
}

const char *unpack_xz(const struct payload *p)
{
	asked = *p;
	asked_format = "xz";
	return answer;
}

const char *unpack_zstd(const struct payload *p)
{
	asked = *p;
	asked_format = "zstd";
	return answer;
}

const char *unpack_run(const char *(*unpack)(const struct payload *p), const struct payload *p)
{
	return unpack(p);
}

static void put32(unsigned int at, u32 v)
{
	memcpy(file + at, &v, sizeof(v));
}

static void image(const char *magic, unsigned int n, u32 result)
{
	memset(file, 0xcc, sizeof(file));
	file[0x1f1] = SETUP_SECTS;
	memcpy(file + 0x202, "HdrS", 4);
	file[0x206] = 0x0f;
	file[0x207] = 2;
	put32(0x248, PAYLOAD_OFFSET);
	put32(0x24c, PAYLOAD_SIZE);
	memcpy(file + BODY + PAYLOAD_OFFSET, magic, n);
	put32(FILE_SIZE - 4, result);
}

static void setup(void)
{
	machine_start(4096);
	free_frames = frame_free_count();
	answer = asked_format = NULL;
	image("\xfd"
	      "7zXZ\0",
	      6, RESULT_SIZE);
}

static void refused(size_t size, const char *words)
{
	struct unpacked u;
	const char *why = unpack_kernel(file, size, &u);

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, words), "\"%s\" does not say \"%s\"", why, words);
	ck_assert_int_eq(u.order, -1);
	ck_assert_uint_eq(frame_free_count(), free_frames);
}

START_TEST(an_elf_file_stays_where_it_is)
{
	struct unpacked u;

	memcpy(file,
	       "\x7f"
	       "ELF",
	       4);
	ck_assert_ptr_null(unpack_kernel(file, sizeof(file), &u));
	ck_assert_ptr_eq(u.elf, file);
	ck_assert_uint_eq(u.size, sizeof(file));
	ck_assert_int_eq(u.order, -1);
}
END_TEST

static const struct {
	const char *magic, *name;
	unsigned int size, trailer;
} known[] = {
	{ "\xfd"
	  "7zXZ\0",
	  "xz", 6, 4 },
	{ "\x28\xb5\x2f\xfd", "zstd", 4, 4 },
	{ "\x1f\x8b\x08", "gzip", 3, 0 },
};

START_TEST(payloads)
{
	struct unpacked u;

	image(known[_i].magic, known[_i].size, RESULT_SIZE);
	ck_assert_ptr_null(unpack_kernel(file, sizeof(file), &u));
	ck_assert_str_eq(asked_format, known[_i].name);
	ck_assert_ptr_eq(asked.data, file + BODY + PAYLOAD_OFFSET);
	ck_assert_uint_eq(asked.size, PAYLOAD_SIZE - known[_i].trailer);
	ck_assert_uint_eq(asked.out_size, RESULT_SIZE);
	ck_assert_ptr_eq(asked.out, u.elf);
	ck_assert_uint_eq(u.size, RESULT_SIZE);
	ck_assert_int_eq(u.order, 1);
	frame_free(u.mem, 1);
	ck_assert_uint_eq(frame_free_count(), free_frames);
}
END_TEST

START_TEST(no_setup_sectors_means_four)
{
	struct unpacked u;

	file[0x1f1] = 0;
	memmove(file + 512 * 5 - 300, file + BODY + PAYLOAD_OFFSET, 6);
	put32(0x248, 0);
	put32(0x24c, 20);
	refused(512 * 5 + 19, "truncated");
	refused(sizeof(file), "truncated");
	(void)u;
}
END_TEST

START_TEST(files_that_are_no_kernel)
{
	refused(0, "neither an ELF file nor a bzImage");
	refused(0x24f, "neither an ELF file nor a bzImage");
	file[0x202] = 'h';
	refused(sizeof(file), "neither an ELF file nor a bzImage");
	file[0x202] = 'H';
	file[0x206] = 7;
	refused(sizeof(file), "2.08");
}
END_TEST

START_TEST(payloads_outside_the_file)
{
	static const u32 far[] = { PAYLOAD_OFFSET + 1, FILE_SIZE, 0x7fffffff, 0xffffffff };

	for (size_t size = 0x250; size < sizeof(file); size++)
		refused(size, "truncated");
	for (unsigned int i = 0; i < ARRAY_SIZE(far); i++) {
		put32(0x248, far[i]);
		refused(sizeof(file), "truncated");
	}
	put32(0x248, PAYLOAD_OFFSET);
	put32(0x24c, 0xffffffff);
	refused(sizeof(file), "truncated");
	put32(0x24c, 8);
	refused(sizeof(file), "no payload");
}
END_TEST

START_TEST(results_of_no_sensible_size)
{
	image("\xfd"
	      "7zXZ\0",
	      6, 0);
	refused(sizeof(file), "0 bytes");
	image("\xfd"
	      "7zXZ\0",
	      6, 0xffffffff);
	refused(sizeof(file), "4294967295 bytes");
	image("\xfd"
	      "7zXZ\0",
	      6, 1U << 30);
	refused(sizeof(file), "contiguous memory");
}
END_TEST

START_TEST(other_compressors_are_named)
{
	image("BZh9", 4, RESULT_SIZE);
	refused(sizeof(file), "bzip2");
	image("\x02\x21\x4c\x18", 4, RESULT_SIZE);
	refused(sizeof(file), "LZ4");
	image("\x89LZO", 4, RESULT_SIZE);
	refused(sizeof(file), "LZO");
	image("\x5d\0\0", 3, RESULT_SIZE);
	refused(sizeof(file), "LZMA");
	image("????", 4, RESULT_SIZE);
	refused(sizeof(file), "unknown");
	ck_assert_ptr_null(asked_format);
}
END_TEST

START_TEST(a_decoder_that_fails)
{
	answer = "the compressed data are damaged";
	refused(sizeof(file), "xz: the compressed data are damaged");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unpack");
	TCase *t = tcase_create("unpack");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, an_elf_file_stays_where_it_is);
	tcase_add_loop_test(t, payloads, 0, ARRAY_SIZE(known));
	tcase_add_test(t, no_setup_sectors_means_four);
	tcase_add_test(t, files_that_are_no_kernel);
	tcase_add_test(t, payloads_outside_the_file);
	tcase_add_test(t, results_of_no_sensible_size);
	tcase_add_test(t, other_compressors_are_named);
	tcase_add_test(t, a_decoder_that_fails);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
