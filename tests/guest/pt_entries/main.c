/* SPDX-License-Identifier: MIT */
/*
 * What an entry may hold: flags that stock kernels use are taken as they are, U is added, the
 * global bit does no harm, reserved and too high address bits are refused, frames of others are
 * refused, and the hypervisor's part of every root stays what it is, whatever a guest puts there.
 */
#include "test.h"

static char *va;

static void flags(void)
{
	static const uint64_t taken[] = { 0x63, 0x67,  0x61,  0x25,  0x27,
					  0x65, 0x867, 0x967, 0xe67, 0x63 | PV_PTE_NX };
	void *page = page_take();

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(taken); i++) {
		expect_rc("flags of a stock kernel",
			  va_update(va, pte_make(page, taken[i]), UVMF_INVLPG), 0);
		expect_eq("flags kept", *entry_of(va, 1) & ((0xe03 & taken[i]) | PV_PTE_NX),
			  taken[i] & (0xe03 | PV_PTE_NX));
		expect_eq("frame", pv_pte_mfn(*entry_of(va, 1) & 0x000000fffffff000),
			  pv_va_to_mfn(page));
		/* Readable from ring 3 means that U was added. */
		uint64_t value = 0;

		expect_fault("a read", pv_try_read64(va, &value), FAULT_NONE);
	}
	must(!va_update(va, 0, UVMF_INVLPG));
}

static void high_bits(void)
{
	void *page = page_take();

	for (unsigned int bit = 46; bit < 52; bit++)
		expect_rc("a high address bit",
			  va_update(va, pte_make(page, PV_PTE_DATA) | 1ULL << bit, UVMF_INVLPG),
			  UNLIKE_XEN(-XEN_EINVAL, -XEN_EPERM));
	expect_eq("the entry", *entry_of(va, 1), 0);
}

/* Tables whose hypervisor slots a guest has filled: after pinning they are the hypervisor's. */
static void reserved_slots(void)
{
	uint64_t *root = page_take(), *plain = page_take();

	memcpy(root, root_table(), PV_PAGE_SIZE);
	for (unsigned int i = 256; i < 272; i++)
		root[i] = pte_make(plain, PV_PTE_TABLE);
	page_readonly(root);
	if (mmuext_one(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root), 0))
		return; /* refusing it is as good */
	for (unsigned int i = 256; i < 272; i++)
		expect(pv_pte_mfn(root[i]) != pv_va_to_mfn(plain),
		       "slot %u of a pinned root is still the guest's", i);
	must(!mmuext_one(MMUEXT_NEW_BASEPTR, pv_va_to_mfn(root), 0));
	expect_rc("a hypercall on that root", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
	must(!mmuext_one(MMUEXT_NEW_BASEPTR, pv_va_to_mfn(root_table()), 0));
	expect_rc("unpin", mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(root), 0), 0);
}

/* Entries of tables that are not there: only for low entries and their ranges. */
static void edges(void)
{
	uint64_t *root = page_take();

	root[255] = root_table()[32];
	root[272] = root_table()[32];
	root[511] = root_table()[511];
	page_readonly(root);
	expect_rc("a root with the slots around the hypervisor's",
		  mmuext_one(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root), 0), 0);
	expect_rc("unpin", mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(root), 0), 0);
	page_writable(root);
}

/* Clearing an upper entry drops what is below at once, also from the TLB after a flush. */
static void upper_clear(void)
{
	uint64_t *page = page_take();
	uint64_t value = 0, upper;
	const uint64_t *l3;

	must(!va_update(va, pte_make(page, PV_PTE_DATA), UVMF_INVLPG));
	l3 = entry_of(va, 3);
	upper = *l3;
	expect_fault("a read before", pv_try_read64(va, &value), FAULT_NONE);
	expect_rc("clear the L3 entry", mmu_update_one(pv_va_to_maddr(l3), 0), 0);
	pv_tlb_flush();
	expect_fault("a read after", pv_try_read64(va, &value), PF(0));
	expect_rc("put it back", mmu_update_one(pv_va_to_maddr(l3), upper), 0);
	expect_fault("a read again", pv_try_read64(va, &value), FAULT_NONE);
	must(!va_update(va, 0, UVMF_INVLPG));
}

void test_main(void)
{
	va = window(0);
	flags();
	high_bits();
	reserved_slots();
	edges();
	upper_clear();
}
