/* SPDX-License-Identifier: MIT */
/*
 * Attacks on event channels: control blocks in frames that are not ours or of the wrong kind,
 * arrays before and beyond them, ports beyond every limit, virtual interrupts bound twice and
 * closed, resets in the middle of use. Whatever was refused, events still arrive.
 */
#include "test.h"

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	hits++;
}

static void healthy(const char *after)
{
	long port = pv_event_bind_ipi(0);

	must(port > 0);
	hits = 0;
	must(!pv_event_handle((evtchn_port_t)port, count, NULL));
	pv_event_clear((evtchn_port_t)port);
	pv_event_unmask((evtchn_port_t)port);
	pv_events_enable();
	expect_rc(after, pv_event_send((evtchn_port_t)port), 0);
	pv_events_disable();
	expect(hits == 1, "%u events after %s", hits, after);
	must(!pv_event_close((evtchn_port_t)port));
}

static void control_blocks(void)
{
	const struct {
		const char *what;
		struct evtchn_init_control op;
		long xens;
	} rows[] = {
		{ "the hypervisor's frame", { .control_gfn = 0x200 }, -XEN_EINVAL },
		{ "frame ~0", { .control_gfn = ~0ULL }, -XEN_EINVAL },
		{ "a page table", { .control_gfn = pv_va_to_mfn(root_table()) }, -XEN_EINVAL },
		{ "an offset across the end",
		  { .control_gfn = pv_va_to_mfn(page_take()), .offset = 4090 },
		  -XEN_EINVAL },
		{ "an offset that is not aligned",
		  { .control_gfn = pv_va_to_mfn(page_take()), .offset = 3 },
		  -XEN_EINVAL },
		{ "vCPU 4000",
		  { .control_gfn = pv_va_to_mfn(page_take()), .vcpu = 4000 },
		  -XEN_ENOENT },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		struct evtchn_init_control op = rows[i].op;

		expect_rc(rows[i].what, hypercall_event_channel_op(EVTCHNOP_init_control, &op),
			  UNLIKE_XEN(-XEN_ENOSYS, rows[i].xens));
		healthy(rows[i].what);
	}
}

static void arrays(void)
{
	struct evtchn_expand_array expand = { .array_gfn = pv_va_to_mfn(page_take()) };
	struct evtchn_set_priority priority = { .port = 1, .priority = 0 };

	expect_rc("an array without a control block",
		  hypercall_event_channel_op(EVTCHNOP_expand_array, &expand),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EOPNOTSUPP));
	expand.array_gfn = 0x200;
	expect_rc("an array in the hypervisor",
		  hypercall_event_channel_op(EVTCHNOP_expand_array, &expand),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EOPNOTSUPP));
	/* Priorities mean nothing with two levels; the answer is not fixed. */
	hypercall_event_channel_op(EVTCHNOP_set_priority, &priority);
	priority.port = ~0U;
	expect_rc("a priority of port ~0",
		  hypercall_event_channel_op(EVTCHNOP_set_priority, &priority),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EINVAL));
	healthy("arrays");
}

/* A failed bind changes nothing of the one that is there. */
static void virtual_interrupts(void)
{
	static const unsigned int global[] = { VIRQ_CONSOLE, VIRQ_DOM_EXC, VIRQ_CON_RING };
	long ports[PV_ARRAY_SIZE(global)];

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(global); i++) {
		ports[i] = pv_event_bind_virq(global[i], 0);
		expect(ports[i] > 0 || !test_start.dom0, "VIRQ %u: %ld", global[i], ports[i]);
		expect_rc("a second time", pv_event_bind_virq(global[i], 0), -XEN_EEXIST);
		expect_rc("on another vCPU", pv_event_bind_virq(global[i], 1), -XEN_EINVAL);
	}
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(global); i++) {
		if (ports[i] > 0)
			expect_rc("close", pv_event_close((evtchn_port_t)ports[i]), 0);
	}
	healthy("virtual interrupts");
}

static void resets(void)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };

	for (unsigned int round = 0; round < 20; round++) {
		long a = pv_event_listen(DOMID_SELF), b, c;

		b = pv_event_connect(DOMID_SELF, (evtchn_port_t)a);
		c = pv_event_bind_virq(VIRQ_TIMER, 0);
		must(a > 0 && b > 0 && c > 0);
		must(!pv_event_send((evtchn_port_t)a));
		must(!pv_timer_set(now() + 1));
		expect_rc("reset", hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
		expect_rc("send on a port that is gone", pv_event_send((evtchn_port_t)a),
			  -XEN_EINVAL);
	}
	reset.dom = 999;
	expect_rc("reset of nobody", hypercall_event_channel_op(EVTCHNOP_reset, &reset),
		  -XEN_ESRCH);
	memset(test_start.shared->evtchn_pending, 0, sizeof(test_start.shared->evtchn_pending));
	healthy("resets");
}

/* The shared words are the guest's to ruin: the hypervisor must not care. */
static void ruined_words(void)
{
	memset(test_start.shared->evtchn_pending, 0xff, sizeof(test_start.shared->evtchn_pending));
	pv_vcpu_info()->evtchn_pending_sel = ~0UL;
	for (unsigned int i = 0; i < 5; i++) {
		long port = pv_event_bind_ipi(0);

		must(port > 0);
		must(!pv_event_send((evtchn_port_t)port) && !pv_event_close((evtchn_port_t)port));
	}
	memset(test_start.shared->evtchn_pending, 0, sizeof(test_start.shared->evtchn_pending));
	pv_vcpu_info()->evtchn_pending_sel = 0;
	pv_vcpu_info()->evtchn_upcall_pending = 0;
	healthy("ruined words");
}

void test_main(void)
{
	healthy("nothing");
	control_blocks();
	arrays();
	virtual_interrupts();
	resets();
	ruined_words();
}
