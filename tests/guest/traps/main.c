/* SPDX-License-Identifier: MIT */
/*
 * set_trap_table: a table is taken up to its end mark; addresses that are not canonical and tables
 * that cannot be read are refused; a later table changes only its own vectors; a vector without an
 * entry is not bounced. update of the trap table does not need all vectors at once.
 */
#include "test.h"

static unsigned int hits;

static bool count(struct pv_regs *regs)
{
	hits++;
	regs->rip += 2;
	return true;
}

static struct trap_info entry(uint8_t vector, uint8_t flags, unsigned long address)
{
	return (struct trap_info){
		.vector = vector, .flags = flags, .cs = PV_CS64, .address = address
	};
}

static void refusals(void)
{
	struct trap_info table[2] = { entry(PV_VECTOR_UD, 4, NONCANONICAL) };

	expect_rc("non-canonical address", hypercall_set_trap_table(table), -XEN_EINVAL);
	expect_rc("table in the hypervisor", hypercall_set_trap_table((void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
	expect_rc("table at a hole", hypercall_set_trap_table((void *)0x10000), -XEN_EFAULT);
	/* None of them changed anything. */
	__asm__ volatile("ud2");
	expect_eq("#UD handled after refused tables", hits, 1);
}

static void empty_table(void)
{
	struct trap_info table[1] = { { 0 } };

	expect_rc("empty table", hypercall_set_trap_table(table), 0);
	__asm__ volatile("ud2");
	expect_eq("#UD handled after an empty table", hits, 2);
}

/* A table that runs off a page that is not there: what came before is in force, the rest is
 * refused. */
static void cut_table(void)
{
	char *va = window(0);
	struct trap_info *table = (struct trap_info *)(va + PV_PAGE_SIZE) - 1;

	must(!va_update(va, pte_make(page_take(), PV_PTE_DATA), UVMF_INVLPG));
	*table = entry(PV_VECTOR_UD, 4, pv_trap_address(PV_VECTOR_UD));
	expect_rc("table that runs into a hole", hypercall_set_trap_table(table), -XEN_EFAULT);
	__asm__ volatile("ud2");
	expect_eq("#UD handled after a cut table", hits, 3);
}

void test_main(void)
{
	test_traps.handler[PV_VECTOR_UD] = count;
	refusals();
	empty_table();
	cut_table();
}
