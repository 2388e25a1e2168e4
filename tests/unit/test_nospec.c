/* SPDX-License-Identifier: MIT */
/*
 * core/nospec.h: what a mask makes of numbers around every boundary, and that any frame number
 * leads into the frame table.
 */
#include <check.h>
#include <stdlib.h>

#include <core/frame.h>
#include <core/nospec.h>

unsigned char *host_frame_table, *host_direct_map;
u64 max_mfn, frame_sections[FRAME_SECTIONS / 64];

static void check_index(u64 i, u64 n)
{
	u64 got = nospec_index(i, n);

	ck_assert_msg(got == (i < n ? i : 0), "%#lx below %#lx: %#lx", i, n, got);
}

/* Around each power of two, as number and as length. */
START_TEST(around_every_boundary)
{
	u64 n = 1UL << _i;

	for (s64 d = -2; d <= 2; d++)
		for (unsigned int bit = 0; bit < 64; bit++)
			for (s64 e = -2; e <= 2; e++)
				check_index((1UL << bit) + (u64)e, n + (u64)d);
	check_index(0, n);
	check_index(~0UL, n);
	check_index(n, ~0UL);
	check_index(~0UL, ~0UL);
	check_index(n, 0);
}
END_TEST

/* The length as a constant of each size that the instruction has. */
START_TEST(constant_lengths)
{
	for (u64 i = 0; i < 300; i++) {
		ck_assert_uint_eq(nospec_index(i, 1), 0);
		ck_assert_uint_eq(nospec_index(i, 127), i < 127 ? i : 0);
		ck_assert_uint_eq(nospec_index(i, 128), i < 128 ? i : 0);
		ck_assert_uint_eq(nospec_index(i, 256), i < 256 ? i : 0);
	}
	ck_assert_uint_eq(nospec_index(0x7ffffffe, 0x7fffffff), 0x7ffffffe);
	ck_assert_uint_eq(nospec_index(0x80000000, 0x80000000), 0);
	ck_assert_uint_eq(nospec_index(0x80000000, 0x80000001), 0x80000000);
	ck_assert_uint_eq(nospec_index(~0UL, 0x100000000), 0);
}
END_TEST

/* Numbers as a page-table entry, a request and a register can hold them. */
START_TEST(frames)
{
	static unsigned char base;
	u64 mfn = _i == 64 ? 0 : 1UL << _i;

	host_frame_table = &base;
	for (s64 d = -2; d <= 2; d++) {
		u64 at = (u64)mfn_to_frame(MFN(mfn + (u64)d)) - (u64)&base;

		ck_assert_uint_lt(at, (u64)FRAME_SECTIONS << (FRAME_SECTION_SHIFT + 5));
		if (mfn + (u64)d < (u64)FRAME_SECTIONS << FRAME_SECTION_SHIFT)
			ck_assert_uint_eq(at, (mfn + (u64)d) * sizeof(struct frame));
		frame_section_there(MFN(mfn + (u64)d)); /* the sanitizer looks */
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nospec");
	TCase *t = tcase_create("nospec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, around_every_boundary, 0, 64);
	tcase_add_test(t, constant_lengths);
	tcase_add_loop_test(t, frames, 0, 65);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
