/* SPDX-License-Identifier: MIT */
/*
 * physdev_op, as stock kernels use it in dom0: I/O APIC registers read, GSIs mapped, their status
 * asked, bound to a port and closed again; what does not exist is refused.
 */
#include "test.h"

#define TIMER_GSI 0
#define RTC_GSI   8
#define IOAPIC    0xfec00000

static long op(unsigned int cmd, void *arg)
{
	return hypercall_physdev_op(cmd, arg);
}

static void io_apic(void)
{
	struct physdev_apic apic = { .apic_physbase = IOAPIC, .reg = 1 };

	expect_rc("apic_read", op(PHYSDEVOP_apic_read, &apic), 0);
	expect(apic.value != ~0U && (apic.value >> 16 & 0xff) >= 15, "the version register is %#x",
	       apic.value);
	apic.apic_physbase = 0xdead000;
	expect_rc("apic_read of another address", op(PHYSDEVOP_apic_read, &apic),
		  UNLIKE_XEN(-XEN_ENODEV, -XEN_EINVAL));
}

static void interrupt(void)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = RTC_GSI, .pirq = RTC_GSI
	};
	struct physdev_irq vector = { .irq = RTC_GSI };
	struct physdev_irq_status_query status = { .irq = RTC_GSI };
	struct physdev_setup_gsi setup = { .gsi = RTC_GSI, .triggering = 0, .polarity = 0 };
	struct evtchn_bind_pirq bind = { .pirq = RTC_GSI };
	struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = RTC_GSI };

	expect_rc("map_pirq", op(PHYSDEVOP_map_pirq, &map), 0);
	expect_eq("its pirq", (uint64_t)map.pirq, RTC_GSI);
	expect_rc("alloc_irq_vector", op(PHYSDEVOP_alloc_irq_vector, &vector), 0);
	expect_rc("irq_status_query", op(PHYSDEVOP_irq_status_query, &status), 0);
	expect_rc("setup_gsi", op(PHYSDEVOP_setup_gsi, &setup), 0);
	expect_rc("bind_pirq", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &bind), 0);
	expect_rc("bind_pirq again", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &bind),
		  UNLIKE_XEN(-XEN_EBUSY, -XEN_EEXIST));
	expect_rc("close", pv_event_close(bind.port), 0);
	expect_rc("unmap_pirq", op(PHYSDEVOP_unmap_pirq, &unmap), 0);
}

static void refusals(void)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 100000, .pirq = -1
	};
	struct evtchn_bind_pirq bind = { .pirq = 100000 };
	struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = 100000 };
	struct physdev_setup_gsi setup = { .gsi = 100000 };
	struct physdev_eoi eoi = { .irq = ~0U };

	expect_rc("map of GSI 100000", op(PHYSDEVOP_map_pirq, &map), -XEN_EINVAL);
	map.domid = 999;
	map.index = RTC_GSI;
	expect_rc("map for nobody", op(PHYSDEVOP_map_pirq, &map),
		  UNLIKE_XEN(-XEN_EOPNOTSUPP, -XEN_ESRCH));
	expect_rc("bind of pirq 100000", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &bind),
		  -XEN_EINVAL);
	bind.pirq = ~0U;
	expect_rc("bind of pirq ~0", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &bind),
		  -XEN_EINVAL);
	expect_rc("unmap of pirq 100000", op(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EINVAL);
	unmap.pirq = -1;
	expect_rc("unmap of pirq -1", op(PHYSDEVOP_unmap_pirq, &unmap), -XEN_EINVAL);
	expect_rc("setup of GSI 100000", op(PHYSDEVOP_setup_gsi, &setup), -XEN_EINVAL);
	expect_rc("eoi of pirq ~0", op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL);
	expect_rc("an unknown command", op(99, &eoi), -XEN_ENOSYS);
	expect_rc("from the hypervisor", op(PHYSDEVOP_set_iopl, (void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
}

static void eoi_page(void)
{
	void *page = page_take();
	struct physdev_pirq_eoi_gmfn gmfn = { .gmfn = pv_va_to_mfn(root_table()) };

	expect_rc("the EOI map in a page table", op(PHYSDEVOP_pirq_eoi_gmfn_v2, &gmfn),
		  -XEN_EINVAL);
	gmfn.gmfn = ~0UL;
	expect_rc("the EOI map in frame ~0", op(PHYSDEVOP_pirq_eoi_gmfn_v2, &gmfn), -XEN_EINVAL);
	gmfn.gmfn = pv_va_to_mfn(page);
	expect_rc("the EOI map", op(PHYSDEVOP_pirq_eoi_gmfn_v2, &gmfn), 0);
	expect_rc("the EOI map again", op(PHYSDEVOP_pirq_eoi_gmfn_v2, &gmfn), -XEN_EBUSY);
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the hardware domain");
	io_apic();
	interrupt();
	refusals();
	eoi_page();
}
