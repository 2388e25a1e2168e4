/* SPDX-License-Identifier: MIT */
/*
 * No page that is a live page table is ever writable by the guest, by whatever path it tries:
 * mappings of each kind, flags changed later, large pages, stores to tables, grants, descriptor
 * tables, hypercalls that write to guest memory. Each attempt is refused and the table is
 * unchanged.
 */
#include "test.h"

static uint64_t *table; /* a live L1, mapped read-only at its linear address */
static char *va;        /* where attempts are mapped */
static uint64_t snapshot[512];

static uint64_t table_pte(uint64_t flags)
{
	return pte_make(table, flags);
}

/*
 * Stores to a live table are emulated if the value is a good one: a store of a bad one, a writable
 * mapping of the table itself, shows whether the page can be written.
 */
static void unchanged(const char *what)
{
	expect(!memcmp(table, snapshot, PV_PAGE_SIZE), "%s: the table has changed", what);
	expect(pv_try_write64(va, table_pte(PV_PTE_DATA)) != FAULT_NONE,
	       "%s: the address is writable", what);
}

static void mappings(void)
{
	uint64_t slot = pv_va_to_maddr(entry_of(va, 1));

	expect_rc("writable, by address", va_update(va, table_pte(PV_PTE_DATA), UVMF_INVLPG),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	unchanged("writable, by address");
	expect_rc("writable, by entry", mmu_update_one(slot, table_pte(PV_PTE_DATA)),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("writable, keeping A and D",
		  mmu_update_one(slot | MMU_PT_UPDATE_PRESERVE_AD, table_pte(PV_PTE_DATA)),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("writable, untranslated",
		  mmu_update_one(slot | MMU_PT_UPDATE_NO_TRANSLATE, table_pte(PV_PTE_DATA)),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	unchanged("by entry");
	expect_rc("read-only first", va_update(va, table_pte(PV_PTE_RO), UVMF_INVLPG), 0);
	expect_rc("then writable, by address", va_update(va, table_pte(PV_PTE_DATA), UVMF_INVLPG),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("then writable, by entry", mmu_update_one(slot, table_pte(PV_PTE_DATA)),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	unchanged("read-only first");
	must(!va_update(va, 0, UVMF_INVLPG));
}

/* A batch that first maps read-only and then sets the writable bit on the same entry. */
static void batch(void)
{
	uint64_t slot = pv_va_to_maddr(entry_of(va, 1));
	struct mmu_update list[2] = { { slot, table_pte(PV_PTE_RO) },
				      { slot, table_pte(PV_PTE_DATA) } };
	unsigned int done = 0;

	expect_rc("both in a batch", hypercall_mmu_update(list, 2, &done, DOMID_SELF),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_eq("done", done, 1);
	unchanged("batch");
	must(!va_update(va, 0, UVMF_INVLPG));
}

static void upper_levels(void)
{
	const uint64_t *l2 = entry_of(va, 2), *l3 = entry_of(va, 3);
	uint64_t large = (pv_va_to_maddr(table) & ~0x1fffffULL) | PV_PTE_DATA | PV_PTE_PSE;
	uint64_t huge = (pv_va_to_maddr(table) & ~0x3fffffffULL) | PV_PTE_DATA | PV_PTE_PSE;

	expect_rc("a 2 MiB page", mmu_update_one(pv_va_to_maddr(l2 + 1), large), -XEN_EINVAL);
	expect_rc("a 2 MiB page, read-only",
		  mmu_update_one(pv_va_to_maddr(l2 + 1), large & ~PV_PTE_RW), -XEN_EINVAL);
	expect_rc("a 1 GiB page", mmu_update_one(pv_va_to_maddr(l3 + 1), huge), -XEN_EINVAL);
	expect_rc("a live L2 entry made a large page",
		  mmu_update_one(pv_va_to_maddr(l2), *l2 | PV_PTE_PSE), -XEN_EINVAL);
	expect_rc("the table itself as an L2, under an L3",
		  mmu_update_one(pv_va_to_maddr(l3 + 1), table_pte(PV_PTE_TABLE)), -XEN_EINVAL);
	expect_eq("the L2 entry", l2[1], 0);
	expect_eq("the L3 entry", l3[1], 0);
	unchanged("upper levels");
}

static void stores(void)
{
	const uint64_t *slot = entry_of(va, 1);

	/* Stores to a live table are emulated with the same checks: this one is a fault. */
	expect(pv_try_write64((void *)(uintptr_t)slot, table_pte(PV_PTE_DATA)) != FAULT_NONE,
	       "a store made the table writable");
	expect(!(*slot & 1), "a store put %#lx into the table", *slot);
	unchanged("stores");
}

/* Calls that write to the address they are given: through a read-only mapping they cannot. */
static void outputs(void)
{
	struct evtchn_status *status = (struct evtchn_status *)table;
	unsigned long mfn = pv_va_to_mfn(table);
	struct vcpu_register_vcpu_info info = { .mfn = mfn, .offset = 0 };
	const struct call rows[] = {
		CALL("xen_version", xen_version, -XEN_EFAULT, XENVER_compile_info,
		     (unsigned long)table),
		CALL("event_channel_op", event_channel_op, UNLIKE_XEN(-XEN_EFAULT, -XEN_ESRCH),
		     EVTCHNOP_status, (unsigned long)status),
		CALL("copy_page", mmuext_op, -XEN_EFAULT, 0, 1, 0, DOMID_SELF),
		CALL("update_descriptor", update_descriptor, -XEN_EINVAL,
		     (unsigned long)pv_va_to_maddr(table), 0),
		CALL("register_vcpu_info", vcpu_op, -XEN_EINVAL, VCPUOP_register_vcpu_info, 0,
		     (unsigned long)&info),
		CALL("set_gdt", set_gdt, -XEN_EINVAL, (unsigned long)&mfn, 512),
	};

	CALLS_CHECK(rows);
	expect_rc("clear_page", mmuext_one(MMUEXT_CLEAR_PAGE, mfn, 0), -XEN_EINVAL);
	unchanged("outputs");
}

/* Memory calls that would take the frame away while it is in use. */
static void giving_away(void)
{
	xen_pfn_t frame = pv_va_to_mfn(table);
	struct xen_memory_reservation out = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(out.extent_start, &frame);
	/* Refused, or taken from the reservation while the pin keeps the frame: never freed under
	 * it. */
	hypercall_memory_op(XENMEM_decrease_reservation, &out);
	unchanged("giving away");
	expect_rc("the table made writable", pv_page_protect(table, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
}

void test_main(void)
{
	va = window(0);
	table = page_take();
	table[0] = pte_make(page_take(), PV_PTE_DATA);
	page_readonly(table);
	must(!mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(table), 0));
	memcpy(snapshot, table, PV_PAGE_SIZE);
	mappings();
	batch();
	upper_levels();
	stores();
	outputs();
	giving_away();
}
