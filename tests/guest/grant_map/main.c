/* SPDX-License-Identifier: MIT */
/*
 * Mapping one's own grant: the page appears at the address, writable or read-only as granted and
 * asked, is in use while mapped, and is gone after unmap; references, domains, addresses and
 * handles that are wrong get a status and map nothing; a mapping of the grant makes no way round
 * the protection of page tables.
 */
#include "test.h"

static struct pv_grants grants;
static uint16_t next[PV_GRANTS_PER_FRAME];
static uint64_t *page;
static char *va;
static domid_t self;

static int16_t map(struct gnttab_map_grant_ref *op)
{
	op->status = 0x5555;
	expect_rc("map_grant_ref", hypercall_grant_table_op(GNTTABOP_map_grant_ref, op, 1), 0);
	expect(op->status != 0x5555, "map left its status unset");
	return op->status;
}

static int16_t unmap(uint64_t at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = at, .handle = handle, .status = 0x5555 };

	expect_rc("unmap_grant_ref", hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	expect(op.status != 0x5555, "unmap left its status unset");
	return op.status;
}

static struct gnttab_map_grant_ref map_make(long ref, uint32_t flags)
{
	return (struct gnttab_map_grant_ref){
		.host_addr = (uint64_t)va, .flags = flags, .ref = (grant_ref_t)ref, .dom = self
	};
}

static long grant(bool readonly)
{
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), readonly);

	must(ref > 0);
	return ref;
}

static void writable(void)
{
	long ref = grant(false);
	struct gnttab_map_grant_ref op = map_make(ref, GNTMAP_host_map);

	if (map(&op) != GNTST_okay)
		test_error("cannot map a grant of our own: status %d", op.status);
	*(volatile uint64_t *)va = 0xabcd;
	expect_eq("the page", page[0], 0xabcd);
	expect_eq("bus address", op.dev_bus_addr, pv_va_to_maddr(page));
	expect_rc("end while mapped", pv_grant_end(&grants, (grant_ref_t)ref), -XEN_EBUSY);
	expect_eq("in use", grants.table[ref].flags & (GTF_reading | GTF_writing),
		  GTF_reading | GTF_writing);
	expect(unmap((uint64_t)va + PV_PAGE_SIZE, op.handle) < 0, "unmapped at another address");
	expect(unmap((uint64_t)va, op.handle + 1) < 0, "unmapped by another handle");
	expect(unmap((uint64_t)va, ~0U) < 0, "unmapped by handle ~0");
	expect(unmap((uint64_t)va, op.handle) == GNTST_okay, "unmap");
	expect(unmap((uint64_t)va, op.handle) < 0, "unmapped twice");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	uint64_t value = 0;

	expect_fault("a read after unmap", pv_try_read64(va, &value), PF(0));
}

static void readonly(void)
{
	long ref = grant(true);
	struct gnttab_map_grant_ref op = map_make(ref, GNTMAP_host_map);
	uint64_t value = 0;

	expect(map(&op) < 0, "a read-only grant was mapped writable");
	op = map_make(ref, GNTMAP_host_map | GNTMAP_readonly);
	expect(map(&op) == GNTST_okay, "read-only map");
	expect_fault("read", pv_try_read64(va, &value), FAULT_NONE);
	expect_fault("write", pv_try_write64(va, 1), PF(PF_W | PF_P));
	expect_eq("in use", grants.table[ref].flags & (GTF_reading | GTF_writing), GTF_reading);
	expect(unmap((uint64_t)va, op.handle) == GNTST_okay, "unmap");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

/* By the entry's address, as back ends do. */
static void by_entry(void)
{
	long ref = grant(false);
	struct gnttab_map_grant_ref op = map_make(ref, GNTMAP_host_map | GNTMAP_contains_pte);
	uint64_t slot = pv_va_to_maddr(entry_of(va, 1));
	uint64_t value = 0;

	op.host_addr = slot;
	expect(map(&op) == GNTST_okay, "map by entry: status %d", op.status);
	expect_fault("read", pv_try_read64(va, &value), FAULT_NONE);
	expect_eq("the page", value, page[0]);
	expect(unmap(slot, op.handle) == GNTST_okay, "unmap by entry");
	op.host_addr = slot + 4;
	expect(map(&op) < 0, "an entry address that is not aligned");
	op.host_addr = pv_va_to_maddr(page);
	expect(map(&op) < 0, "an entry in an ordinary page");
	op.host_addr = pv_va_to_maddr(entry_of(va, 2) + 3);
	expect(map(&op) < 0, "an entry in an L2 table");
	op.host_addr = 1UL << 50;
	expect(map(&op) < 0, "an entry beyond the machine");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

static void refused(const char *what, struct gnttab_map_grant_ref op)
{
	expect(map(&op) < 0, "%s: mapped", what);
}

static void refusals(void)
{
	long ref = grant(false);
	struct gnttab_map_grant_ref op = map_make(ref, GNTMAP_host_map);

	op.ref = 100;
	refused("a reference that was not given", op);
	op.ref = 1 << 20;
	refused("a reference beyond the table", op);
	op.ref = ~0U;
	refused("reference ~0", op);
	op = map_make(ref, GNTMAP_host_map);
	op.dom = 999;
	refused("a domain that is not there", op);
	op = map_make(ref, 0);
	refused("no kind of mapping", op);
	op = map_make(ref, GNTMAP_host_map);
	op.host_addr = HYPERVISOR_POINTER;
	refused("an address in the hypervisor", op);
	op.host_addr = NONCANONICAL;
	refused("an address that is not canonical", op);
	op.host_addr = 0x200000000000;
	refused("an address without a table", op);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

/* A granted page table must not become writable through its grant. */
static void page_table(void)
{
	uint64_t *table = page_take(), *old = page;
	struct gnttab_map_grant_ref op;
	long ref;

	page_readonly(table);
	must(!mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(table), 0));
	page = table;
	ref = grant(false);
	op = map_make(ref, GNTMAP_host_map);
	refused("a page table, writable", op);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	page = old;
	must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(table), 0));
}

/* While a writable mapping by grant is there, the frame cannot become a page table. */
static void no_promotion(void)
{
	long ref = grant(false);
	struct gnttab_map_grant_ref op = map_make(ref, GNTMAP_host_map);

	must(map(&op) == GNTST_okay);
	memset(page, 0, PV_PAGE_SIZE);
	page_readonly(page);
	expect_rc("pin a frame that a grant maps writable",
		  mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(page), 0), -XEN_EINVAL);
	expect(unmap((uint64_t)va, op.handle) == GNTST_okay, "unmap");
	expect_rc("pin it afterwards", mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(page), 0), 0);
	must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(page), 0));
	page_writable(page);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

void test_main(void)
{
	self = (domid_t)pv_domain_id();
	page = page_take();
	va = window(0);
	must(!pv_grants_init(&grants, window(8), 1, next));
	writable();
	readonly();
	by_entry();
	refusals();
	page_table();
	no_promotion();
}
