/* SPDX-License-Identifier: MIT */
/*
 * mmu_update: all four kinds do what the ABI says on entries of each level; a batch reports how
 * many requests were done, up to the bad one; bad pointers, frames, domains and counts are refused
 * and change nothing.
 */
#include "test.h"

#define AD (PV_PTE_ACCESSED | PV_PTE_DIRTY)

static uint64_t *page;
static char *va;
static const uint64_t *entry;

static uint64_t address(void)
{
	return pv_va_to_maddr(entry);
}

static void normal(void)
{
	uint64_t value = pte_make(page, PV_PTE_DATA);

	expect_rc("map", mmu_update_one(address() | MMU_NORMAL_PT_UPDATE, value), 0);
	page[7] = 0x7777;
	expect_eq("memory through the new mapping", ((uint64_t *)va)[7], 0x7777);
	expect_eq("the entry's frame and flags", *entry & (PV_PTE_ADDRESS | 3),
		  value & (PV_PTE_ADDRESS | 3));
	expect_rc("unmap", mmu_update_one(address(), 0), 0);
	expect_eq("an empty entry", *entry, 0);
	must(!pv_mmuext(MMUEXT_INVLPG_LOCAL, (unsigned long)va));
	value = 0;
	expect_fault("a read of it", pv_try_read64(va, &value), PF(0));
	/* What is not present is the guest's own. */
	expect_rc("a swap entry", mmu_update_one(address(), 0x00000000abcd0fee & ~1ULL), 0);
	expect_eq("kept as it is", *entry, 0x00000000abcd0fee);
	expect_rc("unmap", mmu_update_one(address(), 0), 0);
}

static void preserve(void)
{
	uint64_t value = pte_make(page, PV_PTE_RO | PV_PTE_RW) & ~AD;
	volatile uint64_t *touched = (uint64_t *)va;

	must(!mmu_update_one(address(), value));
	must(!pv_mmuext(MMUEXT_INVLPG_LOCAL, (unsigned long)va));
	*touched = 1;
	expect_eq("accessed and dirty after a write", *entry & AD, AD);
	expect_rc("preserve", mmu_update_one(address() | MMU_PT_UPDATE_PRESERVE_AD, value), 0);
	expect_eq("accessed and dirty preserved", *entry & AD, AD);
	expect_rc("normal", mmu_update_one(address(), value), 0);
	expect_eq("accessed and dirty replaced", *entry & AD, 0);
	expect_rc("no translate", mmu_update_one(address() | MMU_PT_UPDATE_NO_TRANSLATE, value), 0);
	must(!mmu_update_one(address(), 0));
}

static void machphys(void)
{
	unsigned long mfn = pv_va_to_mfn(page), pfn = pv_p2m.pfn[mfn];
	uint64_t ptr = (uint64_t)mfn << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE;

	expect_rc("m2p update", mmu_update_one(ptr, 0x5555), 0);
	expect_eq("m2p entry", pv_p2m.pfn[mfn], 0x5555);
	expect_rc("m2p update back", mmu_update_one(ptr, pfn), 0);
	expect_rc("m2p of the hypervisor's frame",
		  mmu_update_one(0x200000 | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL);
	expect_rc("m2p beyond the machine", mmu_update_one(1UL << 50 | MMU_MACHPHYS_UPDATE, 1),
		  -XEN_EINVAL);
	/* The reference that the call takes is given back: the page can still be pinned and so on.
	 */
	page_readonly(page);
	page_writable(page);
}

static void batches(void)
{
	struct mmu_update list[8];
	unsigned int done = 77;

	for (unsigned int i = 0; i < 8; i++) {
		list[i].ptr = pv_va_to_maddr(entry + i);
		list[i].val = pte_make(page, PV_PTE_RO);
	}
	expect_rc("a batch", hypercall_mmu_update(list, 8, &done, DOMID_SELF), 0);
	expect_eq("done", done, 8);
	list[5].val = 0x200000 | PV_PTE_DATA; /* the hypervisor's memory */
	for (unsigned int i = 0; i < 8; i++)
		list[i].val = i == 5 ? list[i].val : 0;
	expect_rc("a batch with a bad one", hypercall_mmu_update(list, 8, &done, DOMID_SELF),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_eq("done before the bad one", done, 5);
	expect_eq("entry 4", entry[4], 0);
	expect(entry[5] && entry[6], "requests from the bad one on took effect");
	for (unsigned int i = 5; i < 8; i++)
		must(!mmu_update_one(list[i].ptr, 0));
	expect_rc("an empty batch", hypercall_mmu_update(list, 0, &done, DOMID_SELF), 0);
	expect_eq("done", done, 0);
	/* Whether that is an error is not fixed; that nothing is written there is. */
	hypercall_mmu_update(list, 1, (unsigned int *)HYPERVISOR_POINTER, DOMID_SELF);
}

struct bad_row {
	const char *what;
	uint64_t ptr, val;
	long wanted;
};

static void refusals(void)
{
	const long busy = UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY);
	struct mmu_update one = { address(), pte_make(page, PV_PTE_DATA) };
	const struct bad_row rows[] = {
		{ "a table of the hypervisor", 0x200000, one.val,
		  UNLIKE_XEN(-XEN_EPERM, -XEN_EINVAL) },
		{ "a table beyond the machine", 1UL << 50, one.val, -XEN_EINVAL },
		{ "frame of the hypervisor", one.ptr, 0x200000 | PV_PTE_DATA, busy },
		{ "frame 0 of a table, writable", one.ptr, pv_va_to_maddr(entry) | PV_PTE_DATA,
		  busy },
		{ "bits above the physical width", one.ptr, one.val | 1ULL << 51,
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EPERM) },
		{ "L2 entry of an ordinary page", pv_va_to_maddr(entry_of(va, 2) + 1), one.val,
		  -XEN_EINVAL },
		{ "L2 entry with PSE", pv_va_to_maddr(entry_of(va, 2) + 1),
		  (one.val & ~0x1fffffULL) | PV_PTE_DATA | PV_PTE_PSE, -XEN_EINVAL },
		{ "L4 entry of the hypervisor's range", pv_va_to_maddr(root_table() + 256), 0,
		  -XEN_EINVAL },
		{ "L4 entry of its range, with a table", pv_va_to_maddr(root_table() + 260),
		  root_table()[32], -XEN_EINVAL },
		{ "L4 entry of its range, last one", pv_va_to_maddr(root_table() + 271), 0,
		  -XEN_EINVAL },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		uint64_t before = *entry;

		expect_rc(rows[i].what, mmu_update_one(rows[i].ptr, rows[i].val), rows[i].wanted);
		expect_eq("the entry afterwards", *entry, before);
	}
	expect_rc("a domain that is not there", hypercall_mmu_update(&one, 1, NULL, 999),
		  -XEN_ESRCH);
	expect_rc("a table's owner that is not there",
		  hypercall_mmu_update(&one, 1, NULL, DOMID_SELF | 1000U << 16), -XEN_ESRCH);
	expect_rc("an invalid domain", hypercall_mmu_update(&one, 1, NULL, DOMID_INVALID),
		  -XEN_ESRCH);
	expect_rc("I/O memory only, but it is RAM", hypercall_mmu_update(&one, 1, NULL, DOMID_IO),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_eq("the entry afterwards", *entry, 0);
}

/* A pointer with bit 2 set names no entry. Whatever the answer, no half of two entries may be
 * written. */
static void unaligned(void)
{
	uint64_t before[2] = { entry[0], entry[1] };

	mmu_update_one(address() + 4, 0xffffffff00000000);
	expect(entry[0] == before[0] || entry[0] == 0xffffffff00000000,
	       "an unaligned update tore an entry: %#lx", entry[0]);
	expect(entry[1] == before[1], "an unaligned update tore the next entry: %#lx", entry[1]);
	must(!mmu_update_one(address(), 0));
}

void test_main(void)
{
	page = page_take();
	va = window(0);
	entry = entry_of(va, 1);
	normal();
	preserve();
	machphys();
	batches();
	refusals();
	unaligned();
}
