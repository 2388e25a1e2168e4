/* SPDX-License-Identifier: MIT */
/* Ticks to nanoseconds at every rate that a TSC may have, against exact arithmetic. */
#include <check.h>
#include <stdlib.h>

#include <x86/tsc_scale.h>

#define SECONDS 3600UL
#define ERROR   (SECONDS * 5) /* ns in that time: 2^-31 of it, and a rate made even */

static void check_rate(u64 hz)
{
	struct tsc_scale s = tsc_scale_of(hz);
	u64 ns = tsc_scale_ns(s, hz * SECONDS), want = SECONDS * NS_PER_S;

	ck_assert_uint_ge(s.mul, 1U << 31);
	ck_assert_msg(ns + ERROR > want && ns < want + ERROR, "%lu Hz: an hour is %lu ns", hz, ns);
}

START_TEST(an_hour_at_any_rate)
{
	for (u64 hz = 10000000; hz < 20000000000UL; hz += hz / 97)
		check_rate(hz);
}
END_TEST

/* Where the shift changes: a calibration gives one or the other side of it. */
START_TEST(around_powers_of_two)
{
	for (u64 hz = NS_PER_S / 64; hz <= NS_PER_S * 16; hz *= 2)
		for (u64 delta = 0; delta < 3000; delta += 500) {
			check_rate(hz - delta);
			check_rate(hz + delta);
		}
}
END_TEST

START_TEST(exact_where_it_can_be)
{
	ck_assert_uint_eq(tsc_scale_ns(tsc_scale_of(2 * NS_PER_S), 2000), 1000);
	ck_assert_uint_eq(tsc_scale_ns(tsc_scale_of(NS_PER_S), 1000), 1000);
	ck_assert_uint_eq(tsc_scale_ns(tsc_scale_of(NS_PER_S), 0), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tsc_scale");
	TCase *t = tcase_create("tsc_scale");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, an_hour_at_any_rate);
	tcase_add_test(t, around_powers_of_two);
	tcase_add_test(t, exact_where_it_can_be);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
