/* SPDX-License-Identifier: MIT */
/*
 * Event channels, every state: free, unbound, connected (to ourselves), virtual interrupt,
 * interprocessor. Each operation works in the states it is for and is refused in the others; a
 * close frees the port and returns its other end to unbound; reset frees them all.
 */
#include "test.h"

static uint32_t state_of(evtchn_port_t port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	if (hypercall_event_channel_op(EVTCHNOP_status, &status))
		return ~0U;
	return status.status;
}

static void expect_state(const char *what, long port, uint32_t wanted)
{
	uint32_t state = state_of((evtchn_port_t)port);

	expect(state == wanted, "%s: port %ld is in state %u, expected %u", what, port, state,
	       wanted);
}

static evtchn_port_t port_of(const char *what, long rc)
{
	if (rc < 0)
		test_error("%s: %ld", what, rc);
	return (evtchn_port_t)rc;
}

static void pairs(void)
{
	evtchn_port_t a = port_of("listen", pv_event_listen(DOMID_SELF)), b;
	struct evtchn_status status = { .dom = DOMID_SELF };

	expect_state("after listen", a, EVTCHNSTAT_unbound);
	b = port_of("connect", pv_event_connect(DOMID_SELF, a));
	expect(a != b, "both ends have one port");
	expect_state("after connect", a, EVTCHNSTAT_interdomain);
	expect_state("after connect", b, EVTCHNSTAT_interdomain);
	status.port = a;
	must(!hypercall_event_channel_op(EVTCHNOP_status, &status));
	expect_eq("the other end", status.u.interdomain.port, b);
	expect_rc("connect again", pv_event_connect(DOMID_SELF, a), -XEN_EINVAL);
	pv_event_clear(a);
	pv_event_clear(b);
	expect_rc("send", pv_event_send(a), 0);
	expect(pv_event_pending(b) && !pv_event_pending(a), "the event is not at the other end");
	expect_rc("close", pv_event_close(b), 0);
	expect_state("after the other end's close", a, EVTCHNSTAT_unbound);
	expect_state("after close", b, EVTCHNSTAT_closed);
	expect_rc("send to nobody", pv_event_send(a), 0);
	expect_rc("close", pv_event_close(a), 0);
	expect_rc("close again", pv_event_close(a), -XEN_EINVAL);
	expect_rc("send on a free port", pv_event_send(a), -XEN_EINVAL);
}

static void virtual(void)
{
	evtchn_port_t timer = port_of("virq", pv_event_bind_virq(VIRQ_TIMER, 0));
	struct evtchn_status status = { .dom = DOMID_SELF, .port = timer };

	expect_state("a virtual interrupt", timer, EVTCHNSTAT_virq);
	must(!hypercall_event_channel_op(EVTCHNOP_status, &status));
	expect_eq("its number", status.u.virq, VIRQ_TIMER);
	expect_rc("bind it again", pv_event_bind_virq(VIRQ_TIMER, 0), -XEN_EEXIST);
	expect_rc("virtual interrupt 24", pv_event_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	expect_rc("virtual interrupt ~0", pv_event_bind_virq(~0U, 0), -XEN_EINVAL);
	expect_rc("vCPU 4000", pv_event_bind_virq(VIRQ_DEBUG, 4000), -XEN_ENOENT);
	expect_rc("send on a virtual interrupt", pv_event_send(timer), -XEN_EINVAL);
	expect_rc("close", pv_event_close(timer), 0);
	timer = port_of("virq again", pv_event_bind_virq(VIRQ_TIMER, 0));
	expect_rc("close", pv_event_close(timer), 0);
}

static void interprocessor(void)
{
	evtchn_port_t ipi = port_of("ipi", pv_event_bind_ipi(0));

	expect_state("an IPI", ipi, EVTCHNSTAT_ipi);
	expect_rc("vCPU 4000", pv_event_bind_ipi(4000), -XEN_ENOENT);
	pv_event_clear(ipi);
	expect_rc("send", pv_event_send(ipi), 0);
	expect(pv_event_pending(ipi), "no IPI");
	expect_rc("close", pv_event_close(ipi), 0);
}

static void moving(void)
{
	evtchn_port_t port = port_of("listen", pv_event_listen(DOMID_SELF));
	evtchn_port_t timer = port_of("virq", pv_event_bind_virq(VIRQ_TIMER, 0));
	struct evtchn_bind_vcpu bind = { .port = port, .vcpu = 0 };

	expect_rc("to vCPU 0", hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind), 0);
	bind.vcpu = 4000;
	expect_rc("to vCPU 4000", hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind),
		  -XEN_ENOENT);
	bind = (struct evtchn_bind_vcpu){ .port = timer, .vcpu = 0 };
	expect_rc("a vCPU's own virtual interrupt",
		  hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind), -XEN_EINVAL);
	bind.port = 4095;
	expect_rc("a free port", hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind),
		  -XEN_EINVAL);
	must(!pv_event_close(port) && !pv_event_close(timer));
}

static void bad_ports(void)
{
	static const evtchn_port_t ports[] = { 0, 1000, 4095, 4096, 131071, 131072, ~0U };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(ports); i++) {
		struct evtchn_unmask unmask = { .port = ports[i] };
		struct evtchn_status status = { .dom = DOMID_SELF, .port = ports[i] };

		expect_rc("close of a bad port", pv_event_close(ports[i]), -XEN_EINVAL);
		expect_rc("send of a bad port", pv_event_send(ports[i]), -XEN_EINVAL);
		expect_rc("connect to a bad port", pv_event_connect(DOMID_SELF, ports[i]),
			  -XEN_EINVAL);
		/* A port that exists but is free may be unmasked; one beyond the limit may not. */
		if (ports[i] >= 131072)
			expect_rc("unmask of a bad port",
				  hypercall_event_channel_op(EVTCHNOP_unmask, &unmask),
				  -XEN_EINVAL);
		hypercall_event_channel_op(EVTCHNOP_status, &status);
	}
	expect_rc("connect to a domain that is not there", pv_event_connect(999, 1), -XEN_ESRCH);
}

static void bad_arguments(void)
{
	static const unsigned int commands[] = { EVTCHNOP_bind_interdomain,
						 EVTCHNOP_bind_virq,
						 EVTCHNOP_close,
						 EVTCHNOP_send,
						 EVTCHNOP_status,
						 EVTCHNOP_alloc_unbound,
						 EVTCHNOP_bind_ipi,
						 EVTCHNOP_bind_vcpu,
						 EVTCHNOP_unmask };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(commands); i++)
		expect_rc("an argument in the hypervisor",
			  hypercall_event_channel_op(commands[i], (void *)HYPERVISOR_POINTER),
			  -XEN_EFAULT);
}

/* An output that cannot be written must not leave a port behind. */
static void lost_output(void)
{
	struct evtchn_bind_ipi *readonly = page_take();
	evtchn_port_t before = port_of("ipi", pv_event_bind_ipi(0)), after;

	must(!pv_event_close(before));
	page_readonly(readonly);
	expect_rc("a port number to a read-only page",
		  hypercall_event_channel_op(EVTCHNOP_bind_ipi, readonly), -XEN_EFAULT);
	page_writable(readonly);
	after = port_of("ipi", pv_event_bind_ipi(0));
	if (on_paravane())
		expect_eq("the next port: none is lost", after, before);
	must(!pv_event_close(after));
}

static void limits(void)
{
	unsigned int n = 0;
	long port = 0;
	struct evtchn_reset reset = { .dom = DOMID_SELF };

	while (n < 5000 && (port = pv_event_listen(DOMID_SELF)) >= 0)
		n++;
	expect(n <= 4096, "%u ports with a two-level table", n);
	expect_rc("one too many", port, n < 5000 ? -XEN_ENOSPC : 0);
	expect_rc("reset", hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
	expect_state("a port after reset", 5, EVTCHNSTAT_closed);
	expect(pv_event_listen(DOMID_SELF) > 0, "no port after reset");
}

void test_main(void)
{
	pairs();
	virtual();
	interprocessor();
	moving();
	bad_ports();
	bad_arguments();
	lost_output();
	limits();
}
