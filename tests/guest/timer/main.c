/* SPDX-License-Identifier: MIT */
/*
 * Time: system time never goes back and agrees with a wait; the version is even at rest; wall-clock
 * time is a real date; timers fire at their time, at once if it has passed, not when stopped, and a
 * new deadline replaces the old one; the periodic timer ticks; and a second is a second, by the
 * machine's own clock.
 */
#include "test.h"

#define WAIT (20 * PV_MILLISECOND)

static evtchn_port_t port;

static void monotonic(void)
{
	uint64_t last = now();

	for (unsigned int i = 0; i < 100000; i++) {
		uint64_t t = now();

		if (t < last) {
			test_fail("time went back from %lu to %lu", last, t);
			return;
		}
		last = t;
	}
	expect(!(pv_vcpu_info()->time.version & 1), "the version is odd at rest");
}

static void wall_clock(void)
{
	struct pv_date date = pv_date_from_ns(pv_time_wall_base(test_start.shared) + now());

	expect(date.year >= 2024 && date.year < 2100, "the year is %u", date.year);
	expect(!(test_start.shared->wc_version & 1), "the wall clock's version is odd");
}

/* Waits for the timer at most until the limit; says how long it took, or 0. */
static uint64_t fire_await(uint64_t start, uint64_t limit)
{
	pv_poll(&port, 1, start + limit);
	if (!pv_event_pending(port))
		return 0;
	pv_event_clear(port);
	return now() - start;
}

static void single(void)
{
	uint64_t start = now(), took;

	must(!pv_timer_set(start + WAIT));
	took = fire_await(start, 100 * WAIT);
	expect(took >= WAIT, "a timer of 20 ms fired after %lu ns", took);
	start = now();
	expect_rc("a time in the past", pv_timer_set(start - WAIT), 0);
	expect(fire_await(start, 50 * WAIT), "a timer in the past did not fire");
	start = now();
	must(!pv_timer_set(start + WAIT));
	must(!pv_timer_set(0));
	expect(!fire_await(start, 2 * WAIT), "a stopped timer fired");
	start = now();
	must(!pv_timer_set(start + WAIT));
	must(!pv_timer_set(start + 3 * WAIT));
	took = fire_await(start, 100 * WAIT);
	expect(took >= 3 * WAIT, "a replaced timer fired after %lu ns", took);
}

static long shot(uint64_t deadline, uint32_t flags)
{
	struct vcpu_set_singleshot_timer op = { .timeout_abs_ns = deadline, .flags = flags };

	return hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

static void vcpu_timer(void)
{
	uint64_t start = now();
	long rc;

	expect_rc("set_singleshot_timer", shot(start + WAIT, 0), 0);
	expect(fire_await(start, 100 * WAIT) >= WAIT, "the single shot was early or lost");
	start = now();
	expect_rc("single shot in the past", shot(start - WAIT, 0), 0);
	expect(fire_await(start, 50 * WAIT), "a single shot in the past did not fire");
	rc = shot(now() - WAIT, VCPU_SSHOTTMR_future);
	expect(rc == -XEN_ETIME || rc == 0, "a single shot that must be in the future: %ld", rc);
	pv_event_clear(port);
	expect_rc("stop", hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
	expect_rc("another vCPU's", hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 4000, NULL),
		  -XEN_ENOENT);
}

static void periodic(void)
{
	struct vcpu_set_periodic_timer op = { .period_ns = 10 * PV_MILLISECOND };
	unsigned int ticks = 0;
	uint64_t start;

	expect_rc("set_periodic_timer", hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &op), 0);
	start = now();
	while (ticks < 3 && now() - start < 2 * PV_SECOND)
		ticks += fire_await(now(), WAIT * 5) != 0;
	expect_eq("ticks", ticks, 3);
	expect_rc("stop_periodic_timer", hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	pv_event_clear(port);
	expect(!fire_await(now(), 3 * WAIT), "a stopped periodic timer fired");
	op.period_ns = 1;
	expect_rc("a period of 1 ns", hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &op),
		  -XEN_EINVAL);
}

/* The CMOS clock's seconds, at port 0x71. */
static uint8_t rtc_second(void)
{
	uint8_t value = 0;

	asm volatile("outb %1, $0x70\n\tinb $0x71, %0" : "=a"(value) : "0"(value));
	return value;
}

/* The system time at which the CMOS clock's second changes; 0 if it stands still. */
static uint64_t rtc_edge(void)
{
	uint64_t start = now();
	uint8_t second = rtc_second();

	while (rtc_second() == second)
		if (now() - start > 10 * PV_SECOND)
			return 0;
	return now();
}

static void a_second(void)
{
	struct physdev_set_iopl ports = { .iopl = 1 };
	uint64_t first, took;

	must(!hypercall_physdev_op(PHYSDEVOP_set_iopl, &ports));
	first = rtc_edge();
	took = rtc_edge() - first;
	expect(first, "the CMOS clock stands still");
	expect(took > 900 * PV_MILLISECOND && took < 1100 * PV_MILLISECOND,
	       "a second took %lu ns of system time", took);
}

void test_main(void)
{
	long rc = pv_event_bind_virq(VIRQ_TIMER, 0);

	must(rc > 0);
	port = (evtchn_port_t)rc;
	/* Xen gives a new vCPU a periodic timer; stock kernels stop it first. */
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	pv_event_clear(port);
	monotonic();
	wall_clock();
	a_second();
	single();
	vcpu_timer();
	periodic();
}
