/* SPDX-License-Identifier: MIT */
/*
 * What pv_start_read() leaves: text and read-only data that cannot be written, data, stack and free
 * memory that cannot be executed, a page below the boot stack that is not there, and nothing in the
 * linear map that can be both written and executed.
 */
#include "test.h"

#define RET 0xc3

extern const char pv_image_start[], pv_text_end[], pv_rodata_end[], pv_boot_stack_guard[];

static uint64_t data = RET;
static const uint64_t constant = RET;

static pv_fault written(uintptr_t address)
{
	return pv_try_write64((void *)(address & ~7UL), RET);
}

/* Jumps there in kernel mode. */
static pv_fault executed(const void *code)
{
	struct pv_regs in = regs_kernel(code);

	return regs_fault(run(&in));
}

static void writes(void)
{
	expect_fault("a write to text", written((uintptr_t)pv_image_start), PF(PF_W | PF_P));
	expect_fault("a write to the end of text", written((uintptr_t)pv_text_end - 8),
		     PF(PF_W | PF_P));
	expect_fault("a write to a constant", written((uintptr_t)&constant), PF(PF_W | PF_P));
	expect_fault("a write to data", written((uintptr_t)&data), FAULT_NONE);
}

static void executions(void)
{
	uint64_t local = RET, *page = page_take();

	*page = RET;
	expect_fault("a jump into data", executed(&data), PF(PF_I | PF_P));
	expect_fault("a jump into a constant", executed(&constant), PF(PF_I | PF_P));
	expect_fault("a jump into the stack", executed(&local), PF(PF_I | PF_P));
	expect_fault("a jump into free memory", executed(page), PF(PF_I | PF_P));
	must(!pv_page_protect(page, PV_PTE_TEXT));
	memset(&local, 0, sizeof(local));
	expect_fault("a write to it as text", written((uintptr_t)page), PF(PF_W | PF_P));
}

/* Calls that nest deeper than the boot stack meet the guard, from its edge on. */
static void guard(void)
{
	uintptr_t end = (uintptr_t)pv_boot_stack_guard + PV_PAGE_SIZE;

	expect((uintptr_t)&end - end < 16384, "this is not the boot stack");
	expect_fault("a write right below the boot stack", written(end - 8), PF(PF_W));
	expect_fault("a write at the guard's start", written((uintptr_t)pv_boot_stack_guard),
		     PF(PF_W));
	expect_fault("a write to the stack's last word", written(end), FAULT_NONE);
}

static void linear_map(void)
{
	for (unsigned long pfn = 0; pfn < test_start.mapped_end; pfn++) {
		const uint64_t *entry = pv_pte_find(root_table(), pv_pfn_to_va(pfn), 1);

		if (entry && *entry & PV_PTE_PRESENT && *entry & PV_PTE_RW &&
		    !(*entry & PV_PTE_NX)) {
			test_fail("page %#lx can be written and executed: %#lx", pfn, *entry);
			return;
		}
	}
}

void test_main(void)
{
	writes();
	linear_map();
	guard();
	executions();
}
