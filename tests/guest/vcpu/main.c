/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op on the running vCPU: its state, its times that add up, memory areas that are registered
 * and kept current, vcpu_info in a page of ours with alignment and ownership checked, and refusals.
 */
#include "test.h"

static struct vcpu_info *moved;

static void states(void)
{
	expect_rc("is_up", hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	for (unsigned int id = 1; id < 9000; id += 997)
		expect(hypercall_vcpu_op(VCPUOP_is_up, id, NULL) <= 0, "vCPU %u is up", id);
	expect_rc("is_up of vCPU ~0", hypercall_vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
	expect_rc("up when it is", hypercall_vcpu_op(VCPUOP_up, 0, NULL), 0);
	expect_rc("initialise when it is",
		  hypercall_vcpu_op(VCPUOP_initialise, 0, (void *)test_start.info), -XEN_EEXIST);
}

/* Sleeps until the time spent blocked has reached a value, for five seconds at most. */
static void blocked_await(const volatile uint64_t *blocked, uint64_t wanted)
{
	uint64_t start = now();

	while (*blocked < wanted && now() - start < 5 * PV_SECOND)
		pv_poll(NULL, 0, now() + 5 * PV_MILLISECOND);
}

static void run_states(void)
{
	struct vcpu_runstate_info a = { 0 }, b = { 0 };
	uint64_t start;
	struct vcpu_register_runstate_memory_area area;
	static struct vcpu_runstate_info kept;

	expect_rc("get_runstate_info", hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
	expect_eq("state", (uint64_t)a.state, RUNSTATE_running);
	start = now();
	/* A deadline that passes before the vCPU sleeps is no sleep: try until there was
	 * one. */
	do {
		pv_poll(NULL, 0, now() + 20 * PV_MILLISECOND);
		expect_rc("get_runstate_info", hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &b),
			  0);
	} while (b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] < 15 * PV_MILLISECOND &&
		 now() - start < 5 * PV_SECOND);
	expect(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] >= 15 * PV_MILLISECOND,
	       "waiting is not counted: %lu ns",
	       b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked]);
	area.addr.v = &kept;
	expect_rc("register_runstate_memory_area",
		  hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0);
	blocked_await(&kept.time[RUNSTATE_blocked], b.time[RUNSTATE_blocked] + 1);
	expect_eq("state in the area", (uint64_t)kept.state, RUNSTATE_running);
	expect(kept.time[RUNSTATE_blocked] > b.time[RUNSTATE_blocked], "the area is not kept");
	/* An area that goes away must not hurt: writes to it are dropped. */
	area.addr.p = 0x10000;
	hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area);
	pv_poll(NULL, 0, now() + 5 * PV_MILLISECOND);
	area.addr.p = HYPERVISOR_POINTER;
	hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area);
	pv_poll(NULL, 0, now() + 5 * PV_MILLISECOND);
	expect_rc("to the hypervisor",
		  hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
}

static void time_area(void)
{
	static struct vcpu_time_info kept;
	struct vcpu_register_time_memory_area area;

	area.addr.v = &kept;
	expect_rc("register_vcpu_time_memory_area",
		  hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area), 0);
	pv_yield();
	expect(kept.version && !(kept.version & 1), "version %u", kept.version);
	uint64_t a = now(), b = pv_time_now(&kept), c = now();

	expect(a <= b + PV_MILLISECOND && b <= c + PV_MILLISECOND, "the area's time is %lu of %lu",
	       b, a);
	area.addr.p = HYPERVISOR_POINTER;
	hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
	area.addr.p = 0;
	hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
}

static void info_place(void)
{
	const long no_place = UNLIKE_XEN(-XEN_EINVAL, -XEN_ENXIO);
	char *page = page_take();
	unsigned long mfn = pv_va_to_mfn(page);
	struct {
		const char *what;
		struct vcpu_register_vcpu_info op;
		long wanted;
	} bad[] = {
		{ "an offset that is not aligned", { .mfn = mfn, .offset = 4 }, no_place },
		{ "an offset across the end", { .mfn = mfn, .offset = 4064 }, no_place },
		{ "offset ~0", { .mfn = mfn, .offset = ~0U }, no_place },
		{ "the hypervisor's frame", { .mfn = 0x200 }, -XEN_EINVAL },
		{ "frame ~0", { .mfn = ~0UL }, -XEN_EINVAL },
		{ "a page table", { .mfn = pv_va_to_mfn(root_table()) }, -XEN_EINVAL },
	};
	struct vcpu_register_vcpu_info good = { .mfn = mfn, .offset = 128 };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(bad); i++)
		expect_rc(bad[i].what, hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &bad[i].op),
			  bad[i].wanted);
	must(!pv_events_enabled());
	expect_rc("register_vcpu_info", hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &good), 0);
	moved = (struct vcpu_info *)(page + 128);
	test_events.vcpus[0].info = moved;
	expect_eq("the mask came along", moved->evtchn_upcall_mask, 1);
	expect(moved->time.version, "no time in the new place");
	expect_rc("a second time", hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &good),
		  -XEN_EINVAL);
	expect_rc("the page as a page table", mmuext_one(MMUEXT_PIN_L1_TABLE, mfn, 0), -XEN_EINVAL);
}

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	hits++;
}

/* Events come by the new place. */
static void events(void)
{
	long port = pv_event_bind_ipi(0);

	must(port > 0);
	must(!pv_event_handle((evtchn_port_t)port, count, NULL));
	pv_event_clear((evtchn_port_t)port);
	pv_event_unmask((evtchn_port_t)port);
	pv_events_enable();
	must(!pv_event_send((evtchn_port_t)port));
	pv_events_disable();
	expect_eq("events", hits, 1);
}

void test_main(void)
{
	states();
	run_states();
	time_area();
	info_place();
	events();
}
