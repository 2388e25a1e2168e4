/* SPDX-License-Identifier: MIT */
/* The hypervisor's reader of xz files against liblzma's writer: every shape that Linux's build
 * makes comes out as it went in, others are named, and damaged ones are refused without harm. */
#include <check.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include <core/types.h>

#include <dom0/unpack.h>

#define SIZE (300 * 1024)

static u8 plain[SIZE], packed[2 * SIZE], unpacked[SIZE];
static size_t packed_size;

/* Like code: repeats itself, with calls and jumps, also ones inside the operands of others. */
static void make_code(void)
{
	srand(1);
	for (size_t i = 0; i < SIZE; i++) {
		unsigned int r = (unsigned int)rand();

		plain[i] = (u8)(r & 0x700 ? plain[i > 40 ? i - 40 : 0] : r);
		if (!(r & 0x7000))
			plain[i] = r & 0x8000 ? 0xe8 : 0xe9;
		else if (!(r & 0x30000))
			plain[i] = r & 0x40000 ? 0 : 0xff;
	}
}

static void make_noise(void)
{
	srand(2);
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = (u8)(rand() >> 7);
}

static void pack(bool x86, unsigned int preset, lzma_check check)
{
	lzma_options_lzma lzma2;
	lzma_filter filter[3] = { { .id = LZMA_FILTER_X86 },
				  { .id = LZMA_FILTER_LZMA2, .options = &lzma2 },
				  { .id = LZMA_VLI_UNKNOWN } };

	ck_assert(!lzma_lzma_preset(&lzma2, preset));
	packed_size = 0;
	ck_assert_int_eq(lzma_stream_buffer_encode(filter + !x86, check, NULL, plain, SIZE, packed,
						   &packed_size, sizeof(packed)),
			 LZMA_OK);
}

static const char *unpack(size_t size)
{
	struct payload p = { packed, packed_size, unpacked, size };

	memset(unpacked, 0x55, SIZE);
	return unpack_xz(&p);
}

static void same(void)
{
	const char *why = unpack(SIZE);

	ck_assert_msg(!why, "%s", why);
	ck_assert(!memcmp(plain, unpacked, SIZE));
}

START_TEST(code)
{
	make_code();
	for (unsigned int preset = 0; preset <= 9; preset += 3) {
		pack(true, preset, LZMA_CHECK_CRC32);
		same();
		pack(false, preset, LZMA_CHECK_CRC32);
		same();
	}
	pack(true, 6 | LZMA_PRESET_EXTREME, LZMA_CHECK_NONE);
	same();
}
END_TEST

/* What cannot be packed goes into plain chunks. */
START_TEST(noise)
{
	make_noise();
	pack(false, 6, LZMA_CHECK_CRC32);
	ck_assert_uint_gt(packed_size, SIZE);
	same();
	make_code();
	for (size_t i = 0; i < SIZE / 2; i++)
		plain[i + SIZE / 4] = (u8)(rand() >> 7);
	pack(true, 6, LZMA_CHECK_CRC32);
	same();
}
END_TEST

START_TEST(zeros)
{
	memset(plain, 0, SIZE);
	pack(true, 6, LZMA_CHECK_CRC32);
	same();
}
END_TEST

/* Several threads write several blocks, with their sizes in the headers. */
START_TEST(blocks)
{
	lzma_mt mt = {
		.threads = 2, .block_size = SIZE / 5, .preset = 6, .check = LZMA_CHECK_CRC32
	};
	lzma_stream z = LZMA_STREAM_INIT;

	make_code();
	ck_assert_int_eq(lzma_stream_encoder_mt(&z, &mt), LZMA_OK);
	z.next_in = plain;
	z.avail_in = SIZE;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	ck_assert_int_eq(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
	packed_size = z.total_out;
	lzma_end(&z);
	same();
}
END_TEST

static void refused(size_t size, const char *words)
{
	const char *why = unpack(size);

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, words), "\"%s\" does not say \"%s\"", why, words);
}

START_TEST(what_linux_does_not_use)
{
	lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 1 };
	lzma_options_lzma lzma2;
	lzma_filter filter[] = { { .id = LZMA_FILTER_DELTA, .options = &delta },
				 { .id = LZMA_FILTER_LZMA2, .options = &lzma2 },
				 { .id = LZMA_VLI_UNKNOWN } };

	make_code();
	pack(true, 6, LZMA_CHECK_CRC64);
	refused(SIZE, "CRC32");
	ck_assert(!lzma_lzma_preset(&lzma2, 6));
	packed_size = 0;
	ck_assert_int_eq(lzma_stream_buffer_encode(filter, LZMA_CHECK_CRC32, NULL, plain, SIZE,
						   packed, &packed_size, sizeof(packed)),
			 LZMA_OK);
	refused(SIZE, "filter");
}
END_TEST

START_TEST(another_length)
{
	make_code();
	pack(true, 6, LZMA_CHECK_CRC32);
	refused(SIZE - 1, "damaged");
	memset(plain, 0, SIZE);
	pack(false, 6, LZMA_CHECK_CRC32);
	packed_size -= 1;
	same(); /* the footer repeats what is known */
	packed_size = 12;
	refused(SIZE, "shorter");
}
END_TEST

/* One byte changed, or the end cut off: refused, or the same result when it was in the index. */
START_TEST(damage)
{
	size_t whole;

	make_code();
	memset(plain + SIZE / 8, 0, SIZE - SIZE / 8); /* short, so that all of it is tried */
	pack(true, 6, LZMA_CHECK_CRC32);
	whole = packed_size;
	for (size_t i = 0; i < whole; i += 1 + whole / 2000) {
		packed[i] ^= (u8)(1 << i % 8);
		ck_assert(unpack(SIZE) || !memcmp(plain, unpacked, SIZE));
		packed[i] ^= (u8)(1 << i % 8);
		packed_size = i;
		ck_assert(unpack(SIZE) || !memcmp(plain, unpacked, SIZE));
		packed_size = whole;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xz");
	TCase *t = tcase_create("xz");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 100);
	tcase_add_test(t, code);
	tcase_add_test(t, noise);
	tcase_add_test(t, zeros);
	tcase_add_test(t, blocks);
	tcase_add_test(t, what_linux_does_not_use);
	tcase_add_test(t, another_length);
	tcase_add_test(t, damage);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
