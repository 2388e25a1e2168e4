/* SPDX-License-Identifier: MIT */
/*
 * MMUEXT_SET_LDT: the base must be page-aligned and the size at most 8192; pages come in when a
 * selector uses them, and only if their content is harmless; an LDT page is never writable;
 * removing the LDT gives its pages back.
 */
#include "test.h"

#define DESC_DATA32 0x00cff3000000ffffUL
#define DESC_GATE   0x0000ee000010ffffUL

static uint64_t *table;

static long ldt_set(const void *base, unsigned long entries)
{
	return mmuext_one(MMUEXT_SET_LDT, (unsigned long)base, entries);
}

SNIPPET(load_es, "movl %eax, %es; xorl %ebx, %ebx; movl %es, %ebx");

static pv_fault es_load(unsigned int index)
{
	struct pv_regs in = regs_kernel(load_es);
	pv_fault fault;

	in.rax = index << 3 | 7;
	fault = regs_fault(run(&in));
	__asm__ volatile("movl %0, %%es" : : "r"(0));
	return fault;
}

void test_main(void)
{
	uint64_t *bad = page_take();

	table = page_take();
	table[1] = DESC_DATA32;
	bad[0] = DESC_GATE;
	expect_rc("a base that is not aligned", ldt_set(&table[1], 8), -XEN_EINVAL);
	expect_rc("8193 entries", ldt_set(table, 8193), -XEN_EINVAL);
	expect_rc("a base in the hypervisor", ldt_set((void *)HYPERVISOR_POINTER, 8), -XEN_EINVAL);
	expect_rc("a base that is not canonical", ldt_set((void *)NONCANONICAL, 8), -XEN_EINVAL);
	expect_fault("a selector without an LDT", es_load(1), GP(0xc));

	page_readonly(table);
	expect_rc("SET_LDT", ldt_set(table, 8), 0);
	expect_fault("its second selector", es_load(1), BP);
	expect_fault("an empty one", es_load(2), GP(2 << 3 | 4));
	expect_fault("one beyond the limit", es_load(9), GP(9 << 3 | 4));
	expect_rc("its page made writable", pv_page_protect(table, PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("an update in it",
		  hypercall_update_descriptor(pv_va_to_maddr(&table[2]), DESC_DATA32), 0);
	expect_fault("the new selector", es_load(2), BP);

	page_readonly(bad);
	expect_rc("an LDT with a gate", ldt_set(bad, 512), 0);
	expect(es_load(1) != BP, "a selector of an LDT with a gate was loaded");
	page_writable(bad);

	expect_rc("no LDT", ldt_set(NULL, 0), 0);
	expect_rc("its page made writable afterwards", pv_page_protect(table, PV_PTE_DATA), 0);
	expect_fault("a selector afterwards", es_load(1), GP(0xc));
}
