/* SPDX-License-Identifier: MIT */
/* Timers: fired in order, exactly once, whatever is set, moved and stopped meanwhile; the hardware
 * never late. */
#include <check.h>
#include <stdlib.h>

#include <core/cpu.h>
#include <core/timer.h>

#include "fake_machine.h"

#define TIMERS 200

void time_program(u64 deadline);
void cpu_kick(struct cpu *c);

static u64 programmed, programs;
static struct timer timers[TIMERS];
static u64 want[TIMERS]; /* deadline that is expected to fire, 0: not set */
static u64 last_fired, fired;

void time_program(u64 deadline)
{
	programmed = deadline;
	programs++;
}

void cpu_kick(struct cpu *c)
{
	(void)c;
}

static void fire(struct timer *t)
{
	u64 i = (u64)(t - timers);

	ck_assert_uint_lt(i, TIMERS);
	ck_assert(!timer_is_set(t));
	ck_assert_uint_ne(want[i], 0);
	ck_assert_uint_eq(want[i], t->deadline);
	ck_assert_uint_le(want[i], machine.now);
	ck_assert_uint_ge(want[i], last_fired);
	last_fired = want[i];
	want[i] = 0;
	fired++;
}

static void setup(void)
{
	machine_start(64);
	spin_init(&cpus[0].timers.lock, LOCK_TIMER);
	cpus[0].timers.programmed = programmed = ~0UL;
	machine.now = 1000;
	for (unsigned int i = 0; i < TIMERS; i++)
		timer_init(&timers[i], fire);
}

static void set(unsigned int i, u64 deadline)
{
	want[i] = deadline;
	timer_set(&timers[i], deadline);
}

/* The hardware's interrupt, as soon as it is due. */
static void interrupt(void)
{
	last_fired = 0;
	programmed = ~0UL;
	timer_interrupt();
}

static u64 earliest(void)
{
	u64 first = ~0UL;

	for (unsigned int i = 0; i < TIMERS; i++)
		if (want[i])
			first = MIN(first, want[i]);
	return first;
}

START_TEST(random_work)
{
	for (unsigned int round = 0; round < 50000; round++) {
		unsigned int i = machine_random(TIMERS);

		switch (machine_random(4)) {
		case 0:
		case 1: set(i, machine.now + 1 + machine_random(5000)); break;
		case 2:
			timer_stop(&timers[i]);
			want[i] = 0;
			break;
		default: machine.now += machine_random(300);
		}
		ck_assert_uint_eq(timer_is_set(&timers[i]), want[i] != 0);
		if (programmed <= machine.now)
			interrupt();
		ck_assert_uint_le(programmed, earliest());
		ck_assert_uint_gt(earliest(), machine.now);
	}
	ck_assert_uint_gt(fired, 1000);
}
END_TEST

START_TEST(equal_deadlines_all_fire)
{
	for (unsigned int i = 0; i < 50; i++)
		set(i, 2000);
	machine.now = 2000;
	interrupt();
	ck_assert_uint_eq(fired, 50);
	ck_assert_uint_eq(programmed, ~0UL);
}
END_TEST

START_TEST(the_past_fires_at_once)
{
	set(0, 1);
	ck_assert_uint_eq(programmed, 1);
	interrupt();
	ck_assert_uint_eq(fired, 1);
}
END_TEST

START_TEST(moving_back_costs_no_device_access)
{
	u64 before;

	set(0, 5000);
	before = programs;
	for (u64 t = 6000; t < 7000; t++)
		set(0, t);
	ck_assert_uint_eq(programs, before);
	machine.now = 5000;
	interrupt(); /* finds nothing due */
	ck_assert_uint_eq(fired, 0);
	ck_assert_uint_eq(programmed, 6999);
}
END_TEST

static unsigned int again;

static void fire_again(struct timer *t)
{
	again++;
	timer_set(t, machine.now + 10);
}

START_TEST(set_again_from_its_handler)
{
	timer_init(&timers[0], fire_again);
	timer_set(&timers[0], 1001);
	machine.now = 1001;
	interrupt();
	ck_assert_uint_eq(again, 1);
	ck_assert_uint_eq(programmed, 1011);
	machine.now = 1011;
	interrupt();
	ck_assert_uint_eq(again, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timer");
	TCase *t = tcase_create("timer");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, random_work);
	tcase_add_test(t, equal_deadlines_all_fire);
	tcase_add_test(t, the_past_fires_at_once);
	tcase_add_test(t, moving_back_costs_no_device_access);
	tcase_add_test(t, set_again_from_its_handler);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
