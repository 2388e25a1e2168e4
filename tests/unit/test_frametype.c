/* SPDX-License-Identifier: MIT */
/*
 * The type/count machine, with a guest kind of its own: "tables" are frames of TABLE entries that
 * refer to nothing, and the test says after how many entries validation stops or refuses.
 */
#include <check.h>
#include <stdlib.h>

#include <core/frametype.h>

#include "fake_machine.h"

#define TABLE (PAGE_SIZE / sizeof(u64))
#define NEVER 100000U

static struct {
	unsigned int refuse_at; /* entry that is refused */
	unsigned int step;      /* entries per call before -ERESTART */
	unsigned int held;      /* entries that hold something now */
	unsigned int flushes, validations;
	enum frame_type during_flush; /* the type it had, and */
	enum frame_state state_during_flush;
} kind;

static int kind_validate(struct domain *d, struct frame *f, enum frame_type type)
{
	unsigned int steps = 0;

	(void)d;
	ck_assert_int_eq(FT_STATE(f->type), FS_VALIDATING);
	ck_assert_int_eq(FT_TYPE(f->type), type);
	ck_assert_uint_eq(f->partial, kind.held);
	kind.validations++;
	for (; f->partial < TABLE; f->partial++, kind.held++) {
		if (f->partial == kind.refuse_at)
			return -EINVAL;
		if (steps++ == kind.step)
			return -ERESTART;
	}
	return 0;
}

static int kind_invalidate(struct domain *d, struct frame *f, enum frame_type type)
{
	unsigned int steps = 0;

	(void)d;
	(void)type;
	ck_assert_uint_eq(f->partial, kind.held);
	for (; f->partial; f->partial--, kind.held--)
		if (steps++ == kind.step)
			return -ERESTART;
	return 0;
}

static void kind_flush(struct domain *d, struct frame *f)
{
	(void)d;
	kind.flushes++;
	kind.during_flush = FT_TYPE(f->type);
	kind.state_during_flush = FT_STATE(f->type);
}

const struct frametype_ops pv_frametype_ops = { kind_validate, kind_invalidate, kind_flush };

static struct domain *d;
static struct frame *f;

static void setup(void)
{
	machine_start(256);
	d = machine_domain(1, 100);
	f = mfn_to_frame(domain_frame_alloc(d, 0, FRAME_BELOW_ANY));
	kind.refuse_at = kind.step = NEVER;
}

static void expect(enum frame_state state, u32 types, u32 refs)
{
	ck_assert_int_eq(FT_STATE(f->type), state);
	ck_assert_uint_eq(f->type & FT_COUNT_MASK, types);
	ck_assert_uint_eq(f->refs & FRAME_COUNT_MASK, refs);
}

static int get(enum frame_type type)
{
	return frame_get_type(d, frame_to_mfn(f), type);
}

START_TEST(writable_counts)
{
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	expect(FS_VALID, 2, 3);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	expect(FS_NONE, 0, 1);
	ck_assert_uint_eq(kind.validations, 0);
}
END_TEST

START_TEST(one_type_at_a_time)
{
	for (enum frame_type a = FT_WRITABLE; a <= FT_SHARED; a++) {
		ck_assert_int_eq(get(a), 0);
		ck_assert_int_eq(frame_type(f), a);
		for (enum frame_type b = FT_WRITABLE; b <= FT_SHARED; b++) {
			if (b == a)
				continue;
			ck_assert_int_eq(get(b), -EINVAL);
			expect(FS_VALID, 1, 2);
		}
		ck_assert_int_eq(frame_put_type(d, f), 0);
		ck_assert_int_eq(frame_type(f), FT_NONE);
		expect(FS_NONE, 0, 1);
	}
}
END_TEST

/* XSA-401: the new type is taken, then translations are flushed, then the content is believed. */
START_TEST(flush_comes_between_taking_and_validating)
{
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	kind.flushes = 0;
	ck_assert_int_eq(get(FT_L1), 0);
	ck_assert_uint_eq(kind.flushes, 1);
	ck_assert_int_eq(kind.during_flush, FT_L1);
	ck_assert_int_eq(kind.state_during_flush, FS_VALIDATING);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	/* The same again is no change of use, but must be looked at again. */
	ck_assert_int_eq(get(FT_L1), 0);
	ck_assert_uint_eq(kind.flushes, 1);
	ck_assert_uint_eq(kind.validations, 2);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	ck_assert_uint_eq(kind.flushes, 2);
}
END_TEST

START_TEST(stamp_is_the_clock_when_the_type_went)
{
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	machine.flushes = 77;
	ck_assert_int_eq(frame_put_type(d, f), 0);
	ck_assert_uint_eq(f->stamp, 77);
	ck_assert_int_eq(get(FT_L2), 0);
	machine.flushes = 78;
	ck_assert_int_eq(frame_put_type(d, f), 0);
	ck_assert_uint_eq(f->stamp, 78);
}
END_TEST

START_TEST(refusal_undoes_all)
{
	kind.refuse_at = 300;
	ck_assert_int_eq(get(FT_L3), -EINVAL);
	ck_assert_uint_eq(kind.held, 0);
	expect(FS_NONE, 0, 1);
	ck_assert_int_eq(get(FT_WRITABLE), 0);
}
END_TEST

START_TEST(preempted_validation_keeps_a_reference_and_goes_on)
{
	kind.step = 200;
	ck_assert_int_eq(get(FT_L4), -ERESTART);
	ck_assert_uint_eq(f->partial, 200);
	expect(FS_PARTIAL, 0, 2);
	/* Nobody may use it otherwise meanwhile. */
	ck_assert_int_eq(get(FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(get(FT_L3), -EINVAL);
	ck_assert_int_eq(get(FT_L4), -ERESTART);
	ck_assert_uint_eq(f->partial, 400);
	expect(FS_PARTIAL, 0, 2);
	ck_assert_int_eq(get(FT_L4), 0);
	expect(FS_VALID, 1, 2);
	ck_assert_uint_eq(kind.held, TABLE);
}
END_TEST

/* XSA-291, 310: a refusal that is preempted while it is undone stays a refusal. */
START_TEST(preempted_refusal_ends_as_refusal)
{
	kind.refuse_at = 300;
	kind.step = 301;
	ck_assert_int_eq(get(FT_L2), -EINVAL);
	kind.step = 200;
	ck_assert_int_eq(get(FT_L2), -ERESTART);
	ck_assert_int_eq(get(FT_L2), -ERESTART); /* refused at 300, 200 dropped */
	expect(FS_REFUSED, 0, 2);
	ck_assert_uint_eq(kind.held, 100);
	kind.refuse_at = NEVER; /* the table cannot have been changed; were it so, still no */
	ck_assert_int_eq(get(FT_L2), -EINVAL);
	expect(FS_NONE, 0, 1);
	ck_assert_uint_eq(kind.held, 0);
}
END_TEST

START_TEST(preempted_drop_stays_with_its_holder)
{
	ck_assert_int_eq(get(FT_L3), 0);
	kind.step = 300;
	ck_assert_int_eq(frame_put_type(d, f), -ERESTART);
	expect(FS_DROPPING, 1, 2);
	ck_assert_uint_eq(kind.held, TABLE - 300);
	ck_assert_int_eq(get(FT_L3), -EINVAL);
	ck_assert_int_eq(get(FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	expect(FS_NONE, 0, 1);
	ck_assert_uint_eq(kind.held, 0);
}
END_TEST

START_TEST(abandon_ends_half_made_types)
{
	kind.step = 200;
	ck_assert_int_eq(get(FT_L3), -ERESTART);
	kind.step = 150;
	ck_assert_int_eq(frametype_abandon(d, f), -ERESTART);
	expect(FS_REFUSED, 0, 2);
	ck_assert_int_eq(frametype_abandon(d, f), 0);
	expect(FS_NONE, 0, 1);
	ck_assert_int_eq(frametype_abandon(d, f), 0);
	kind.step = NEVER;
	ck_assert_int_eq(get(FT_L3), 0);
	ck_assert_int_eq(frametype_abandon(d, f), 0);
	expect(FS_VALID, 1, 2);
}
END_TEST

START_TEST(count_does_not_overflow)
{
	ck_assert_int_eq(get(FT_WRITABLE), 0);
	f->type |= FT_COUNT_MASK;
	ck_assert_int_eq(frametype_get(d, f, FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frametype_get_writable(d, f), -EINVAL);
	ck_assert_uint_eq(f->type & FT_COUNT_MASK, FT_COUNT_MASK);
	ck_assert_int_eq(FT_TYPE(f->type), FT_WRITABLE);
}
END_TEST

START_TEST(pin_survives_counting)
{
	ck_assert_int_eq(get(FT_L1), 0);
	f->type |= FT_PINNED;
	ck_assert_int_eq(get(FT_L1), 0);
	ck_assert(f->type & FT_PINNED);
	ck_assert_int_eq(frame_put_type(d, f), 0);
	ck_assert(f->type & FT_PINNED);
	ck_assert(frame_is_valid(f, FT_L1));
}
END_TEST

START_TEST(foreign_and_free_frames_are_refused)
{
	struct domain *other = machine_domain(2, 10);

	ck_assert_int_eq(frame_get_type(other, frame_to_mfn(f), FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frame_get_type(d, MFN(3), FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frame_get_type(d, MFN(20), FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frame_get_type(d, MFN(~0UL), FT_WRITABLE), -EINVAL);
	ck_assert_int_eq(frame_get_type(d, MFN(1UL << 40), FT_WRITABLE), -EINVAL);
	expect(FS_NONE, 0, 1);
}
END_TEST

/* Random gets and puts with random preemption and refusal, against counts kept beside. */
START_TEST(random_walk)
{
	u32 held = 0;
	enum frame_type type = FT_NONE;
	bool dropping = false;

	machine_seed(_i);
	for (int i = 0; i < 20000; i++) {
		enum frame_type want = FT_WRITABLE + machine_random(6);
		int rc;

		kind.step = machine_random(4) ? NEVER : 1 + machine_random(400);
		kind.refuse_at = machine_random(8) ? NEVER : machine_random(TABLE);
		if (held && (dropping || machine_random(2))) {
			rc = frame_put_type(d, f);
			dropping = rc == -ERESTART;
			ck_assert(!rc || (dropping && held == 1 && type != FT_WRITABLE));
			held -= !rc;
		} else if (!dropping) {
			rc = get(want);
			if (!rc) {
				ck_assert(!held || want == type);
				type = want;
				held++;
			}
		}
		if (held) {
			ck_assert_uint_eq(f->type & FT_COUNT_MASK, held);
			ck_assert_int_eq(FT_TYPE(f->type), type);
			ck_assert_uint_eq(f->refs & FRAME_COUNT_MASK, 1 + held);
			if (!dropping && type != FT_WRITABLE)
				ck_assert_uint_eq(kind.held, TABLE);
		} else {
			bool half = FT_STATE(f->type) != FS_NONE;

			ck_assert_uint_eq(f->type & FT_COUNT_MASK, 0);
			ck_assert_uint_eq(f->refs & FRAME_COUNT_MASK, 1 + half);
			ck_assert(half || !kind.held);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("frametype");
	TCase *t = tcase_create("machine");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, writable_counts);
	tcase_add_test(t, one_type_at_a_time);
	tcase_add_test(t, flush_comes_between_taking_and_validating);
	tcase_add_test(t, stamp_is_the_clock_when_the_type_went);
	tcase_add_test(t, refusal_undoes_all);
	tcase_add_test(t, preempted_validation_keeps_a_reference_and_goes_on);
	tcase_add_test(t, preempted_refusal_ends_as_refusal);
	tcase_add_test(t, preempted_drop_stays_with_its_holder);
	tcase_add_test(t, abandon_ends_half_made_types);
	tcase_add_test(t, count_does_not_overflow);
	tcase_add_test(t, pin_survives_counting);
	tcase_add_test(t, foreign_and_free_frames_are_refused);
	tcase_add_loop_test(t, random_walk, 0, 20);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
