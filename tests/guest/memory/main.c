/* SPDX-License-Identifier: MIT */
/*
 * memory_op: giving frames back and getting frames keeps the domain's count and the machine's
 * tables right; a frame that comes is clean; extents of orders that a domain may not have, lists
 * that cannot be read or written, and domains that are not there are refused; a call answers how
 * many extents it did.
 */
#include "test.h"

static struct xen_memory_reservation reservation(xen_pfn_t *list, unsigned long nr,
						 unsigned int order)
{
	struct xen_memory_reservation r = { .nr_extents = nr,
					    .extent_order = order,
					    .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	return r;
}

static long pages_now(void)
{
	domid_t self = DOMID_SELF;

	return hypercall_memory_op(XENMEM_current_reservation, &self);
}

/* Takes the page at va from the domain; returns its pfn. */
static unsigned long page_give(void *page)
{
	xen_pfn_t mfn = pv_va_to_mfn(page);
	unsigned long pfn = pv_va_to_pfn(page);
	struct xen_memory_reservation r = reservation(&mfn, 1, 0);

	must(!va_update(page, 0, UVMF_INVLPG));
	expect_rc("decrease", hypercall_memory_op(XENMEM_decrease_reservation, &r), 1);
	pv_p2m.mfn[pfn] = PV_INVALID_MFN;
	return pfn;
}

static void populate(void)
{
	uint64_t *page = page_take();
	long before = pages_now();
	unsigned long pfn;
	xen_pfn_t frame;
	struct xen_memory_reservation r = reservation(&frame, 1, 0);

	memset(page, 0xee, PV_PAGE_SIZE);
	pfn = page_give(page);
	expect_rc("pages after decrease", pages_now(), before - 1);
	frame = pfn;
	expect_rc("populate", hypercall_memory_op(XENMEM_populate_physmap, &r), 1);
	expect_rc("pages after populate", pages_now(), before);
	expect_eq("the m2p of the new frame", pv_p2m.pfn[frame], pfn);
	pv_p2m.mfn[pfn] = frame;
	expect_rc("map it", va_update(page, pv_pte(frame, PV_PTE_DATA), UVMF_INVLPG), 0);
	/* Xen leaves it to a living domain to clear what it gives back. */
	expect(!on_paravane() || (!page[0] && !page[511]), "a new frame has %#lx in it", page[0]);
}

static void increase(void)
{
	void *page = page_take();
	long before = pages_now();
	unsigned long pfn = page_give(page);
	xen_pfn_t frame = 0;
	struct xen_memory_reservation r = reservation(&frame, 1, 0);

	expect_rc("increase", hypercall_memory_op(XENMEM_increase_reservation, &r), 1);
	expect_rc("pages after increase", pages_now(), before);
	expect_rc("its m2p entry",
		  mmu_update_one((uint64_t)frame << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn), 0);
	pv_p2m.mfn[pfn] = frame;
	expect_rc("map it", va_update(page, pv_pte(frame, PV_PTE_DATA), UVMF_INVLPG), 0);
}

/* A frame that is mapped is not given away; or, as on Xen, it is only counted out and kept while
 * mapped. */
static void mapped(void)
{
	uint64_t *page = page_take();
	xen_pfn_t mfn = pv_va_to_mfn(page);
	struct xen_memory_reservation r = reservation(&mfn, 1, 0);
	uint64_t value = 0;

	page[0] = 0x1234;
	hypercall_memory_op(XENMEM_decrease_reservation, &r);
	expect_fault("the page is there while it is mapped", pv_try_read64(page, &value),
		     FAULT_NONE);
	expect_eq("what is in it", value, 0x1234);
}

static void bad_frames(void)
{
	xen_pfn_t list[2] = { 0x200, ~0UL };
	struct xen_memory_reservation r = reservation(list, 2, 0);

	expect_rc("decrease of the hypervisor's frame",
		  hypercall_memory_op(XENMEM_decrease_reservation, &r), 0);
	r = reservation(list + 1, 1, 0);
	expect_rc("decrease of a frame that is none",
		  hypercall_memory_op(XENMEM_decrease_reservation, &r), 0);
}

static void bad_arguments(void)
{
	xen_pfn_t frame = 0;
	struct xen_memory_reservation order = reservation(&frame, 1, 31);
	struct xen_memory_reservation order_max = reservation(&frame, 1, ~0U);
	struct xen_memory_reservation many = reservation(&frame, ~0UL, 0);
	struct xen_memory_reservation list = reservation((xen_pfn_t *)HYPERVISOR_POINTER, 1, 0);
	struct xen_memory_reservation domain = reservation(&frame, 1, 0);
	static const unsigned int ops[] = { XENMEM_increase_reservation,
					    XENMEM_decrease_reservation, XENMEM_populate_physmap };
	long before = pages_now();

	domain.domid = 999;
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(ops); i++) {
		expect(hypercall_memory_op(ops[i], &order) <= 0, "order 31 was done");
		expect(hypercall_memory_op(ops[i], &order_max) <= 0, "order 2^32 - 1 was done");
		expect(hypercall_memory_op(ops[i], &many) <= 0, "2^64 - 1 extents were done");
		expect(hypercall_memory_op(ops[i], &list) <= 0,
		       "a list in the hypervisor was used");
		expect(hypercall_memory_op(ops[i], &domain) <= 0, "a domain not there has memory");
		expect(hypercall_memory_op(ops[i], (void *)HYPERVISOR_POINTER) <= 0,
		       "an argument in the hypervisor was used");
	}
	expect_rc("pages afterwards", pages_now(), before);
}

static void counts(void)
{
	domid_t self = DOMID_SELF, wild = 999;

	expect_rc("current reservation", pages_now(), (long)test_start.info->nr_pages);
	expect(hypercall_memory_op(XENMEM_maximum_reservation, &self) >= pages_now(),
	       "the maximum is below the current reservation");
	expect(hypercall_memory_op(XENMEM_maximum_ram_page, NULL) > pages_now(),
	       "the last frame of RAM is below the number of our own");
	expect_rc("current reservation of nobody",
		  hypercall_memory_op(XENMEM_current_reservation, &wild), -XEN_ESRCH);
	expect_rc("current reservation from the hypervisor",
		  hypercall_memory_op(XENMEM_current_reservation, (void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
}

void test_main(void)
{
	counts();
	populate();
	increase();
	bad_frames();
	bad_arguments();
	mapped();
}
