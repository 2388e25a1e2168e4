/* SPDX-License-Identifier: MIT */
/*
 * What an ordinary domain may not do: control calls, the console, devices, other domains' memory,
 * tables, ports and grants. Each is refused, with nothing given away, and what every domain may do
 * works in it.
 */
#include "child.h"

#define MAX_CALLS 40

static struct child_call list[MAX_CALLS + 1];
static struct {
	const char *what;
	long wanted;
} rows[MAX_CALLS];
static unsigned int nr;

/* Where a call's structure stands in the child's spare page. */
static uint8_t structures[PV_PAGE_SIZE];
static unsigned int used;

static uint64_t keep(const void *data, size_t size)
{
	uint64_t va = CHILD_VA(CHILD_DATA) + 2304 + used;

	must(2304 + used + size <= PV_PAGE_SIZE);
	memcpy(structures + used, data, size);
	used += (unsigned int)((size + 15) & ~15UL);
	return va;
}
#define KEEP(s) keep(&(s), sizeof(s))

static void add(const char *what, long wanted, unsigned int number, uint64_t a1, uint64_t a2,
		uint64_t a3, uint64_t a4)
{
	must(nr < MAX_CALLS);
	rows[nr].what = what;
	rows[nr].wanted = wanted;
	list[nr++] = (struct child_call){ number, { a1, a2, a3, a4, 0 }, 0x5555 };
}

static void own_rights(void)
{
	struct evtchn_alloc_unbound listen = { .dom = DOMID_SELF, .remote_dom = 0 };

	add("xen_version", 4096, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	add("yield", 0, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
	add("alloc_unbound", 0, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, KEEP(listen),
	    0, 0);
	add("is_up", 1, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0, 0);
}

static void control_calls(void)
{
	struct xen_domctl dom = { .cmd = XEN_DOMCTL_getdomaininfo,
				  .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
				  .domain = 0 };
	struct xen_sysctl sys = { .cmd = XEN_SYSCTL_physinfo,
				  .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	struct xen_platform_op op = { .cmd = XENPF_get_cpuinfo,
				      .interface_version = XENPF_INTERFACE_VERSION };
	struct sched_remote_shutdown end = { .domain_id = 0, .reason = SHUTDOWN_crash };
	uint64_t at = KEEP(dom);

	add("domctl", -XEN_EPERM, __HYPERVISOR_domctl, at, 0, 0, 0);
	add("sysctl", -XEN_EPERM, __HYPERVISOR_sysctl, KEEP(sys), 0, 0, 0);
	add("platform_op", -XEN_EPERM, __HYPERVISOR_platform_op, KEEP(op), 0, 0, 0);
	add("the console", -XEN_EPERM, __HYPERVISOR_console_io, CONSOLEIO_read, 16, at, 0);
	add("remote shutdown of dom0", -XEN_EPERM, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown,
	    KEEP(end), 0, 0);
	add("kexec", -XEN_EPERM, __HYPERVISOR_kexec_op, 0, at, 0, 0);
	add("the machine's memory map", -XEN_EPERM, __HYPERVISOR_memory_op,
	    XENMEM_machine_memory_map, at, 0, 0);
}

static void devices(void)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 8, .pirq = 8
	};
	struct physdev_apic apic = { .apic_physbase = 0xfec00000, .reg = 1 };
	struct evtchn_bind_pirq bind = { .pirq = 8 };

	add("map_pirq", -XEN_EPERM, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, KEEP(map), 0, 0);
	add("apic_read", -XEN_EPERM, __HYPERVISOR_physdev_op, PHYSDEVOP_apic_read, KEEP(apic), 0,
	    0);
	add("bind_pirq", -XEN_EPERM, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, KEEP(bind),
	    0, 0);
	add("a page of I/O memory", -XEN_EPERM, __HYPERVISOR_update_va_mapping, CHILD_VA(100),
	    0xfec00000 | PV_PTE_DATA, UVMF_INVLPG, 0);
	add("the BIOS", -XEN_EPERM, __HYPERVISOR_update_va_mapping, CHILD_VA(100),
	    0xf0000 | PV_PTE_RO, UVMF_INVLPG, 0);
}

static void memory_of_others(const struct child *child)
{
	uint64_t ours = (uint64_t)pv_va_to_mfn(page_take()) << PV_PAGE_SHIFT;
	uint64_t entry = ((uint64_t)child->mfn[3] << PV_PAGE_SHIFT) + 100 * 8;
	struct mmu_update as_own = { entry, ours | PV_PTE_DATA };
	struct mmu_update our_table = { pv_va_to_maddr(root_table()), 0 };
	struct mmu_update m2p = { ours | MMU_MACHPHYS_UPDATE, 5 };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
	uint64_t at = KEEP(as_own);

	pin.arg1.mfn = ours >> PV_PAGE_SHIFT;
	add("dom0's frame as its own", -XEN_EINVAL, __HYPERVISOR_mmu_update, at, 1, 0, DOMID_SELF);
	add("dom0's frame as dom0's", -XEN_EPERM, __HYPERVISOR_mmu_update, at, 1, 0, 0);
	add("dom0's frame as I/O", -XEN_EINVAL, __HYPERVISOR_mmu_update, at, 1, 0, DOMID_IO);
	add("dom0's frame as the hypervisor's", -XEN_EPERM, __HYPERVISOR_mmu_update, at, 1, 0,
	    DOMID_XEN);
	add("dom0's table", UNLIKE_XEN(-XEN_EPERM, -XEN_EINVAL), __HYPERVISOR_mmu_update,
	    KEEP(our_table), 1, 0, DOMID_SELF);
	add("dom0's m2p entry", -XEN_EINVAL, __HYPERVISOR_mmu_update, KEEP(m2p), 1, 0, DOMID_SELF);
	add("dom0's frame pinned", -XEN_EINVAL, __HYPERVISOR_mmuext_op, KEEP(pin), 1, 0,
	    DOMID_SELF);
	add("dom0's frame pinned as dom0's", -XEN_EPERM, __HYPERVISOR_mmuext_op,
	    CHILD_VA(CHILD_DATA) + 2304 + used - 32, 1, 0, 0);
	add("dom0's frame as a descriptor table", -XEN_EINVAL, __HYPERVISOR_update_descriptor, ours,
	    0, 0, 0);
}

static void objects_of_others(void)
{
	struct evtchn_status status = { .dom = 0, .port = 1 };
	struct evtchn_alloc_unbound listen = { .dom = 0, .remote_dom = 0 };
	struct evtchn_bind_interdomain connect = { .remote_dom = 0, .remote_port = 1 };
	struct evtchn_reset reset = { .dom = 0 };
	struct xen_memory_reservation more = { .nr_extents = 1, .domid = 0 };
	domid_t dom0 = 0;

	add("dom0's port status", -XEN_EPERM, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
	    KEEP(status), 0, 0);
	add("a port for dom0", -XEN_EPERM, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
	    KEEP(listen), 0, 0);
	add("a port of dom0 that is not for it", -XEN_EINVAL, __HYPERVISOR_event_channel_op,
	    EVTCHNOP_bind_interdomain, KEEP(connect), 0, 0);
	add("reset of dom0's ports", -XEN_EPERM, __HYPERVISOR_event_channel_op, EVTCHNOP_reset,
	    KEEP(reset), 0, 0);
	/* -EPERM where the call has errors; 0 extents where it counts. */
	add("memory for dom0", 0, __HYPERVISOR_memory_op, XENMEM_increase_reservation, KEEP(more),
	    0, 0);
	add("dom0's reservation", -XEN_EPERM, __HYPERVISOR_memory_op, XENMEM_current_reservation,
	    KEEP(dom0), 0, 0);
}

void test_main(void)
{
	static uint8_t page[PV_PAGE_SIZE];
	static struct child child, first;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	/* The list names the child's own frames, which are known once there is one: they come out
	 * the same. */
	child_make(&first, child_calls, child_calls_end, NULL, 0);
	own_rights();
	control_calls();
	devices();
	memory_of_others(&first);
	objects_of_others();
	child_destroy(&first);
	list[nr].number = CHILD_CALLS_END;
	memcpy(page, list, sizeof(list[0]) * (nr + 1));
	must(sizeof(list[0]) * (nr + 1) <= 2304);
	memcpy(page + 2304, structures, used);
	child_make(&child, child_calls, child_calls_end, page, sizeof(page));
	child_start(&child);
	expect_rc("its end", child_wait(&child, 5 * PV_SECOND), SHUTDOWN_poweroff);
	child_data(&child, page, sizeof(page));
	memcpy(list, page, sizeof(list[0]) * nr);
	for (unsigned int i = 0; i < nr; i++) {
		if (rows[i].wanted == 0 && list[i].number == __HYPERVISOR_memory_op)
			expect(list[i].result <= 0, "%s: %ld", rows[i].what, (long)list[i].result);
		else
			expect_rc(rows[i].what, (long)list[i].result, rows[i].wanted);
	}
	child_destroy(&child);
}
