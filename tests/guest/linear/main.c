/* SPDX-License-Identifier: MIT */
/*
 * Tables that point to tables of their own level: a root may map itself read-only, if the
 * hypervisor allows that at all, never writable, never in a chain, and never at lower levels;
 * whatever was tried, the roots can be taken apart again and end as ordinary pages.
 */
#include "test.h"

#define SLOT 40

static long pin(const void *table, unsigned int command)
{
	return mmuext_one(command, pv_va_to_mfn(table), 0);
}

static uint64_t *root_copy(void)
{
	uint64_t *root = page_take();

	memcpy(root, root_table(), PV_PAGE_SIZE);
	memset(root + 256, 0, 16 * sizeof(*root));
	return root;
}

static void self_writable(void)
{
	uint64_t *root = root_copy();

	root[SLOT] = pte_make(root, PV_PTE_TABLE);
	page_readonly(root);
	expect_rc("a root that maps itself writable", pin(root, MMUEXT_PIN_L4_TABLE), -XEN_EINVAL);
	expect_rc("it is an ordinary page", pv_page_protect(root, PV_PTE_DATA), 0);
}

static void self_readonly(void)
{
	uint64_t *root = root_copy();
	long rc;

	root[SLOT] = pte_make(root, PV_PTE_RO);
	page_readonly(root);
	rc = pin(root, MMUEXT_PIN_L4_TABLE);
	if (!rc) {
		expect_rc("made writable later",
			  mmu_update_one(pv_va_to_maddr(&root[SLOT]), pte_make(root, PV_PTE_TABLE)),
			  -XEN_EINVAL);
		expect_rc("taken out", mmu_update_one(pv_va_to_maddr(&root[SLOT]), 0), 0);
		expect_rc("unpin", pin(root, MMUEXT_UNPIN_TABLE), 0);
	}
	expect_rc("it is an ordinary page", pv_page_protect(root, PV_PTE_DATA), 0);
}

/* a maps b; then b may not map a, nor a third one b: depth one. */
static void chain(void)
{
	uint64_t *a = root_copy(), *b = root_copy(), *c = root_copy();
	long first;

	a[SLOT] = pte_make(b, PV_PTE_RO);
	c[SLOT] = pte_make(a, PV_PTE_RO);
	page_readonly(a);
	page_readonly(b);
	page_readonly(c);
	must(!pin(b, MMUEXT_PIN_L4_TABLE));
	first = pin(a, MMUEXT_PIN_L4_TABLE);
	if (!first) {
		expect_rc("a cycle",
			  mmu_update_one(pv_va_to_maddr(&b[SLOT]), pte_make(a, PV_PTE_RO)),
			  -XEN_EINVAL);
		expect_rc("a chain of three", pin(c, MMUEXT_PIN_L4_TABLE), -XEN_EINVAL);
		expect_rc("unpin the first", pin(a, MMUEXT_UNPIN_TABLE), 0);
	}
	expect_rc("unpin the second", pin(b, MMUEXT_UNPIN_TABLE), 0);
	expect_rc("a is an ordinary page", pv_page_protect(a, PV_PTE_DATA), 0);
	expect_rc("b is an ordinary page", pv_page_protect(b, PV_PTE_DATA), 0);
	expect_rc("c is an ordinary page", pv_page_protect(c, PV_PTE_DATA), 0);
}

static void lower(void)
{
	static const unsigned int command[] = { MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE };

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(command); i++) {
		uint64_t *table = page_take();

		table[SLOT] = pte_make(table, PV_PTE_TABLE);
		page_readonly(table);
		expect_rc("a lower table that maps itself writable", pin(table, command[i]),
			  -XEN_EINVAL);
		page_writable(table);
		table[SLOT] = pte_make(table, PV_PTE_RO);
		page_readonly(table);
		if (!pin(table, command[i]))
			expect_rc("unpin", pin(table, MMUEXT_UNPIN_TABLE), 0);
		/* A table that holds itself alive is the guest's loss, not a way to write to it. */
		uint64_t before = table[SLOT];

		expect(pv_try_write64(&table[SLOT + 1], 1) != FAULT_NONE || !table[SLOT + 1],
		       "a self-mapped table took a store");
		expect_eq("its entry", table[SLOT], before);
	}
}

void test_main(void)
{
	self_writable();
	self_readonly();
	chain();
	lower();
}
