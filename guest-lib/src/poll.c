/* SPDX-License-Identifier: MIT */
/* Waiting for ports without taking their events. */
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/sched.h>

int pv_poll(evtchn_port_t *ports, unsigned int nr, uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = nr, .timeout = deadline };
	long rc;

	set_xen_guest_handle(poll.ports, ports);
	rc = hypercall_sched_op(SCHEDOP_poll, &poll);
	if (rc)
		return (int)rc;
	/* The call does not say why it returned. */
	for (unsigned int i = 0; i < nr; i++) {
		if (pv_event_pending(ports[i]))
			return 1;
	}
	return 0;
}
