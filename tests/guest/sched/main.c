/* SPDX-License-Identifier: MIT */
/*
 * sched_op: yield and block come back; watchdogs are set, renewed and stopped, and no more than
 * there are; domains that are not there are refused.
 */
#include "test.h"

static void watchdogs(void)
{
	long a = pv_watchdog(0, 100), b = pv_watchdog(0, 100), c;

	expect(a > 0, "set a watchdog: %ld", a);
	expect(b > 0 && b != a, "set another: %ld", b);
	c = pv_watchdog(0, 100);
	expect(c < 0 || (c != a && c != b), "a third watchdog: %ld", c);
	expect_rc("renew", pv_watchdog((uint32_t)a, 200), 0);
	expect_rc("stop the first", pv_watchdog((uint32_t)a, 0), 0);
	expect_rc("stop the second", pv_watchdog((uint32_t)b, 0), 0);
	expect_rc("stop one that is not set", pv_watchdog((uint32_t)b, 0), -XEN_EINVAL);
	expect_rc("watchdog 99", pv_watchdog(99, 10), -XEN_EINVAL);
	expect_rc("watchdog ~0", pv_watchdog(~0U, 10), -XEN_EINVAL);
}

static void block_with_timer(void)
{
	long port = pv_event_bind_virq(VIRQ_TIMER, 0);
	uint64_t start = now();

	must(port > 0);
	pv_event_unmask((evtchn_port_t)port);
	must(!pv_timer_set(start + 20 * PV_MILLISECOND));
	/* Other timer events may come first. */
	while (now() - start < 20 * PV_MILLISECOND)
		pv_block();
	pv_events_disable();
	expect(now() - start < 5 * PV_SECOND, "20 ms took %lu ns", now() - start);
}

void test_main(void)
{
	struct sched_remote_shutdown nobody = { .domain_id = 999, .reason = SHUTDOWN_crash };
	const struct call rows[] = {
		CALL("yield", sched_op, 0, SCHEDOP_yield, 0),
		CALL("remote shutdown of nobody", sched_op, -XEN_ESRCH, SCHEDOP_remote_shutdown,
		     (unsigned long)&nobody),
		CALL("shutdown from the hypervisor", sched_op, -XEN_EFAULT, SCHEDOP_shutdown,
		     HYPERVISOR_POINTER),
		CALL("poll from the hypervisor", sched_op, -XEN_EFAULT, SCHEDOP_poll,
		     HYPERVISOR_POINTER),
		CALL("watchdog from the hypervisor", sched_op, -XEN_EFAULT, SCHEDOP_watchdog,
		     HYPERVISOR_POINTER),
	};

	CALLS_CHECK(rows);
	for (unsigned int i = 0; i < 1000; i++)
		pv_yield();
	watchdogs();
	block_with_timer();
}
