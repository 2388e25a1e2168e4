/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_poll: returns at once if a port is pending, at the deadline if none becomes so, at once
 * if the deadline has passed, and when another port fires; masked events stay masked; bad ports,
 * counts and lists are refused.
 */
#include "test.h"

#define WAIT (20 * PV_MILLISECOND)

static long poll_raw(void *ports, unsigned int nr, uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = nr, .timeout = deadline };

	set_xen_guest_handle(poll.ports, (evtchn_port_t *)ports);
	return hypercall_sched_op(SCHEDOP_poll, &poll);
}

static void waiting(evtchn_port_t port, evtchn_port_t timer)
{
	evtchn_port_t both[2] = { port, timer };
	uint64_t start = now();

	pv_event_clear(port);
	expect_rc("poll to a deadline", pv_poll(&port, 1, start + WAIT), 0);
	expect(now() - start >= WAIT, "poll came back after %lu ns", now() - start);
	start = now();
	expect_rc("poll with a deadline in the past", pv_poll(&port, 1, start - WAIT), 0);
	must(!pv_event_send(port));
	start = now();
	expect_rc("poll with one pending", pv_poll(&port, 1, start + 100 * WAIT), 1);
	expect(now() - start < 50 * WAIT, "poll waited although a port was pending");
	pv_event_clear(port);
	pv_event_clear(timer);
	start = now();
	must(!pv_timer_set(start + WAIT));
	expect_rc("poll on two", pv_poll(both, 2, 0), 1);
	expect(pv_event_pending(timer), "poll came back without the timer");
	expect(now() - start >= WAIT, "the timer was early");
	expect(!pv_events_enabled(), "poll unmasked events");
	start = now();
	expect_rc("poll on none", pv_poll(NULL, 0, start + WAIT), 0);
	expect(now() - start >= WAIT, "poll on none came back early");
}

void test_main(void)
{
	static evtchn_port_t many[200];
	long port = pv_event_bind_ipi(0), timer = pv_event_bind_virq(VIRQ_TIMER, 0);
	evtchn_port_t wild = ~0U, closed;

	must(port > 0 && timer > 0);
	waiting((evtchn_port_t)port, (evtchn_port_t)timer);
	must(!pv_event_close((evtchn_port_t)port));
	closed = (evtchn_port_t)port;
	expect_rc("a port out of range", poll_raw(&wild, 1, now() + WAIT), -XEN_EINVAL);
	wild = 131072;
	expect_rc("port 131072", poll_raw(&wild, 1, now() + WAIT), -XEN_EINVAL);
	/* A free port is not pending: refused, or waited for in vain. */
	poll_raw(&closed, 1, now() + WAIT);
	wild = 3000;
	poll_raw(&wild, 1, now() + WAIT);
	expect_rc("200 ports", poll_raw(many, 200, now() + WAIT), -XEN_EINVAL);
	expect_rc("2^32 - 1 ports", poll_raw(many, ~0U, now() + WAIT), -XEN_EINVAL);
	expect_rc("ports in the hypervisor", poll_raw((void *)HYPERVISOR_POINTER, 1, now() + WAIT),
		  -XEN_EFAULT);
}
