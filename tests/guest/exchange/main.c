/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: single frames become a contiguous run and back, the run is contiguous, below the
 * address limit and clean, the m2p is right; frames in use, bad lists, counts that do not match and
 * progress numbers made up by the guest are refused, and then nothing is lost.
 */
#include "test.h"

#define NR    8
#define ORDER 3

static xen_pfn_t in_list[NR], out_list[NR];
static void *page[NR];

static struct xen_memory_exchange exchange_make(unsigned long nr_in, unsigned int order_in,
						unsigned long nr_out, unsigned int order_out)
{
	struct xen_memory_exchange e = {
		.in = { .nr_extents = nr_in, .extent_order = order_in, .domid = DOMID_SELF },
		.out = { .nr_extents = nr_out, .extent_order = order_out, .domid = DOMID_SELF },
	};

	set_xen_guest_handle(e.in.extent_start, in_list);
	set_xen_guest_handle(e.out.extent_start, out_list);
	return e;
}

static void pages_unmap(void)
{
	for (unsigned int i = 0; i < NR; i++) {
		in_list[i] = pv_va_to_mfn(page[i]);
		must(!va_update(page[i], 0, UVMF_INVLPG));
	}
}

static void pages_map(void)
{
	for (unsigned int i = 0; i < NR; i++)
		must(!va_update(page[i], pte_make(page[i], PV_PTE_DATA), UVMF_INVLPG));
}

static void contiguous(unsigned int bits)
{
	struct xen_memory_exchange e = exchange_make(NR, 0, 1, ORDER);

	memset(page[3], 0xdd, PV_PAGE_SIZE);
	pages_unmap();
	out_list[0] = pv_va_to_pfn(page[0]);
	e.out.mem_flags = XENMEMF_address_bits(bits);
	if (!expect_rc("exchange", hypercall_memory_op(XENMEM_exchange, &e), 0))
		return;
	expect_eq("done", e.nr_exchanged, NR);
	expect(!(out_list[0] & (NR - 1)), "the run starts at %#lx", out_list[0]);
	expect((out_list[0] + NR) << PV_PAGE_SHIFT <= 1UL << bits, "the run ends above 2^%u", bits);
	for (unsigned int i = 0; i < NR; i++) {
		unsigned long pfn = pv_va_to_pfn(page[0]) + i;

		/* Pages were taken one after the other, so pfns follow each other. */
		expect_eq("m2p", pv_p2m.pfn[out_list[0] + i], pfn);
		pv_p2m.mfn[pfn] = out_list[0] + i;
	}
	pages_map();
	/* Xen leaves it to a living domain to clear what it gives back. */
	for (unsigned int i = 0; i < 512 && on_paravane(); i++)
		expect(!((uint64_t *)page[3])[i], "a new frame is not clean");
}

static void back(void)
{
	struct xen_memory_exchange e = exchange_make(1, ORDER, NR, 0);

	pages_unmap();
	for (unsigned int i = 0; i < NR; i++)
		out_list[i] = pv_va_to_pfn(page[i]);
	if (!expect_rc("exchange back", hypercall_memory_op(XENMEM_exchange, &e), 0))
		return;
	for (unsigned int i = 0; i < NR; i++) {
		expect_eq("m2p", pv_p2m.pfn[out_list[i]], pv_va_to_pfn(page[i]));
		pv_p2m.mfn[pv_va_to_pfn(page[i])] = out_list[i];
	}
	pages_map();
}

static void refused(const char *what, struct xen_memory_exchange *e)
{
	long rc = hypercall_memory_op(XENMEM_exchange, e);

	expect(rc < 0 || e->nr_exchanged == 0, "%s: returned %ld", what, rc);
}

static void refusals(void)
{
	struct xen_memory_exchange e = exchange_make(NR, 0, 1, ORDER);

	/* Still mapped. */
	for (unsigned int i = 0; i < NR; i++)
		in_list[i] = pv_va_to_mfn(page[i]);
	refused("mapped frames", &e);
	e = exchange_make(NR, 0, 2, ORDER);
	refused("more out than in", &e);
	e = exchange_make(1UL << 61, 0, 1UL << 58, ORDER);
	refused("counts that overflow", &e);
	e = exchange_make(NR, 0, 1, ORDER);
	e.nr_exchanged = NR + 1;
	expect_rc("more done than there are", hypercall_memory_op(XENMEM_exchange, &e),
		  -XEN_EINVAL);
	e = exchange_make(NR, 0, 1, ORDER);
	set_xen_guest_handle(e.in.extent_start, (xen_pfn_t *)HYPERVISOR_POINTER);
	refused("in list in the hypervisor", &e);
	e = exchange_make(NR, 0, 1, ORDER);
	set_xen_guest_handle(e.out.extent_start, (xen_pfn_t *)HYPERVISOR_POINTER);
	refused("out list in the hypervisor", &e);
	e = exchange_make(NR, 0, NR, 0);
	/* A base below the hypervisor whose part from nr_exchanged on is inside it. */
	set_xen_guest_handle(e.in.extent_start, (xen_pfn_t *)(HYPERVISOR_VIRT_START - 32));
	e.nr_exchanged = 4;
	expect_rc("an in list that reaches the hypervisor by the count done",
		  hypercall_memory_op(XENMEM_exchange, &e), -XEN_EFAULT);
	e = exchange_make(NR, 0, 1, ORDER);
	e.in.domid = 999;
	refused("a domain that is not there", &e);
	e = exchange_make(1, 40, 1, 40);
	refused("order 40", &e);
	in_list[0] = 0x200;
	e = exchange_make(1, 0, 1, 0);
	refused("the hypervisor's frame", &e);
	in_list[0] = pv_va_to_mfn(root_table());
	refused("a page table", &e);
}

static void still_there(void)
{
	for (unsigned int i = 0; i < NR; i++) {
		uint64_t value = 0;

		expect_fault("a page of ours", pv_try_read64(page[i], &value), FAULT_NONE);
		expect_eq("its m2p", pv_p2m.pfn[pv_va_to_mfn(page[i])], pv_va_to_pfn(page[i]));
	}
}

void test_main(void)
{
	for (unsigned int i = 0; i < NR; i++)
		page[i] = page_take();
	contiguous(40);
	back();
	contiguous(29);
	back();
	refusals();
	still_there();
}
