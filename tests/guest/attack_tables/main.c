/* SPDX-License-Identifier: MIT */
/*
 * Attacks on page-table types that need several steps: a descriptor page that becomes a page table
 * and back keeps no rights of its old life; a page-table page is exchanged away; one frame is table
 * and data at once by two addresses; the running root is unpinned, replaced and freed; entries are
 * swapped between a validation and its use in one batch.
 */
#include "test.h"

#define DESC_DATA32 0x00cff3000000ffffUL

static long pin(const void *table)
{
	return mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(table), 0);
}

static long unpin(const void *table)
{
	return mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(table), 0);
}

static void two_lives(void)
{
	uint64_t *page = page_take();
	unsigned long mfn = pv_va_to_mfn(page);

	page[1] = DESC_DATA32;
	page_readonly(page);
	expect_rc("as a GDT", hypercall_set_gdt(&mfn, 512), 0);
	expect_rc("as a table while it is a GDT", pin(page), -XEN_EINVAL);
	expect_rc("no GDT", hypercall_set_gdt(NULL, 0), 0);
	/* A descriptor is no page-table entry: address bits too high, or a frame that is not ours.
	 */
	expect_rc("as a table with descriptors in it", pin(page),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EPERM));
	page_writable(page);
	memset(page, 0, PV_PAGE_SIZE);
	page_readonly(page);
	expect_rc("as a table, empty", pin(page), 0);
	expect_rc("as a GDT while it is a table", hypercall_set_gdt(&mfn, 512), -XEN_EINVAL);
	expect_rc("unpin", unpin(page), 0);
	expect_rc("writable", pv_page_protect(page, PV_PTE_DATA), 0);
}

/* The second mapping of a page: a table must have none that is writable. */
static void two_addresses(void)
{
	uint64_t *page = page_take();
	char *va = window(3);

	must(!va_update(va, pte_make(page, PV_PTE_DATA), UVMF_INVLPG));
	page_readonly(page);
	expect_rc("a table with a writable mapping elsewhere", pin(page), -XEN_EINVAL);
	must(!va_update(va, 0, UVMF_INVLPG));
	expect_rc("a table without", pin(page), 0);
	expect_rc("its writable mapping put back",
		  va_update(va, pte_make(page, PV_PTE_DATA), UVMF_INVLPG),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("unpin", unpin(page), 0);
	page_writable(page);
}

/* Stale translations: a page is written, becomes a table without an explicit flush, and is written
 * again. */
static void stale(void)
{
	uint64_t *page = page_take();
	struct mmu_update update = { pv_va_to_maddr(entry_of(page, 1)), pte_make(page, PV_PTE_RO) };

	page[0] = 1;
	page[0] = 0;
	/* mmu_update flushes nothing by itself: the change of type has to. */
	must(!hypercall_mmu_update(&update, 1, NULL, DOMID_SELF));
	expect_rc("pin", pin(page), 0);
	expect(pv_try_write64(&page[0], pv_va_to_maddr(root_table()) | PV_PTE_DATA) != FAULT_NONE,
	       "a stale translation made a table writable");
	expect_eq("its entry", page[0], 0);
	expect_rc("unpin", unpin(page), 0);
	page_writable(page);
}

static void exchanged(void)
{
	uint64_t *table = page_take();
	xen_pfn_t in = pv_va_to_mfn(table), out = pv_va_to_pfn(table);
	struct xen_memory_exchange e = {
		.in = { .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .domid = DOMID_SELF },
	};

	set_xen_guest_handle(e.in.extent_start, &in);
	set_xen_guest_handle(e.out.extent_start, &out);
	page_readonly(table);
	must(!pin(table));
	must(!va_update(table, 0, UVMF_INVLPG));
	expect_rc("exchange of a pinned table", hypercall_memory_op(XENMEM_exchange, &e),
		  UNLIKE_XEN(-XEN_EBUSY, -XEN_EINVAL));
	must(!va_update(table, pte_make(table, PV_PTE_RO), UVMF_INVLPG));
	expect_rc("unpin", unpin(table), 0);
	page_writable(table);
}

/* A root in use loses its pin: it stays a root until another is loaded. */
static void root_in_use(void)
{
	uint64_t *root = page_take();
	unsigned long mfn = pv_va_to_mfn(root), first = pv_va_to_mfn(root_table());

	memcpy(root, root_table(), PV_PAGE_SIZE);
	memset(root + 256, 0, 16 * sizeof(*root));
	page_readonly(root);
	must(!mmuext_one(MMUEXT_PIN_L4_TABLE, mfn, 0));
	must(!mmuext_one(MMUEXT_NEW_BASEPTR, mfn, 0));
	expect_rc("unpin the running root", mmuext_one(MMUEXT_UNPIN_TABLE, mfn, 0), 0);
	expect_rc("its page writable", pv_page_protect(root, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("a call", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	expect_rc("the first root", mmuext_one(MMUEXT_NEW_BASEPTR, first, 0), 0);
	expect_rc("its page writable", pv_page_protect(root, PV_PTE_DATA), 0);
}

/* The kernel's own code and stack mapped away under it, in one batch that puts them back. */
static void under_our_feet(void)
{
	static uint64_t scratch[512] __attribute__((aligned(4096)));
	const uint64_t *entry = entry_of(scratch, 1);
	uint64_t pte = *entry, address = pv_va_to_maddr(entry);
	struct mmu_update list[3] = { { address, 0 },
				      { address, 0x200000 | PV_PTE_DATA },
				      { address, pte } };
	unsigned int done = 0;

	expect_rc("a batch whose second is bad", hypercall_mmu_update(list, 3, &done, DOMID_SELF),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_eq("done", done, 1);
	expect_eq("the entry", *entry, 0);
	must(!mmu_update_one(address, pte));
	scratch[0] = 1;
}

void test_main(void)
{
	two_lives();
	two_addresses();
	stale();
	exchanged();
	root_in_use();
	under_our_feet();
}
