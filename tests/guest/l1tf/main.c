/* SPDX-License-Identifier: MIT */
/*
 * On a CPU with L1TF an entry that is not present may still be followed: an ordinary domain that
 * writes one into memory ends (XSA-273), by every path that writes entries; one that points behind
 * all memory, as kernels for such CPUs write them, is kept.
 * @qemu: -cpu Haswell
 */
#include "child.h"

#define SLOT     200 /* of the child's L1; nothing is there */
#define FAR_SWAP 0x0000300000000f00UL

/* A plain store of the second word of the data page to the address in the first. */
CHILD_SNIPPET(do_store,
	      "movq (%rsi), %rax; movq 8(%rsi), %rcx; movq %rcx, (%rax);" CHILD_SHUTDOWN(0));

static struct child child;

static uint64_t slot_address(void)
{
	return ((uint64_t)child.mfn[3] << PV_PAGE_SHIFT) + SLOT * sizeof(uint64_t);
}

static void run_check(const char *what, const void *data, size_t size, int wanted)
{
	child_data_set(&child, data, size);
	child_start(&child);
	expect_rc(what, child_wait(&child, 5 * PV_SECOND), wanted);
	child_destroy(&child);
}

static struct {
	struct child_call call[2];
	struct mmu_update update;
} data;

static void by_update(const char *what, uint64_t value, int wanted)
{
	child_make(&child, child_calls, child_calls_end, NULL, 0);
	data.update = (struct mmu_update){ slot_address(), value };
	data.call[0] =
		(struct child_call){ __HYPERVISOR_mmu_update,
				     { CHILD_VA(CHILD_DATA) + sizeof(data.call), 1, 0, DOMID_SELF },
				     0 };
	data.call[1].number = CHILD_CALLS_END;
	run_check(what, &data, sizeof(data), wanted);
}

static void by_address(const char *what, uint64_t value, int wanted)
{
	child_make(&child, child_calls, child_calls_end, NULL, 0);
	data.call[0] = (struct child_call){ __HYPERVISOR_update_va_mapping,
					    { CHILD_VA(SLOT), value, UVMF_INVLPG },
					    0 };
	data.call[1].number = CHILD_CALLS_END;
	run_check(what, &data, sizeof(data), wanted);
}

static void by_store(const char *what, uint64_t value, int wanted)
{
	uint64_t words[2] = { CHILD_VA(3) + SLOT * sizeof(uint64_t), value };

	child_make(&child, do_store, do_store_end, NULL, 0);
	run_check(what, words, sizeof(words), wanted);
}

void test_main(void)
{
	uint64_t secret, before;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	if (!on_paravane())
		test_skip("Xen gives such a domain shadow tables");
	secret = pv_va_to_maddr(root_table());
	before = free_pages();
	by_update("mmu_update, behind all memory", FAR_SWAP, SHUTDOWN_poweroff);
	by_update("mmu_update, into dom0", secret, SHUTDOWN_crash);
	by_update("mmu_update, into the hypervisor", 0x200000, SHUTDOWN_crash);
	by_address("update_va_mapping, behind all memory", FAR_SWAP, SHUTDOWN_poweroff);
	by_address("update_va_mapping, into dom0", secret, SHUTDOWN_crash);
	by_store("a store, behind all memory", FAR_SWAP, SHUTDOWN_poweroff);
	by_store("a store, into dom0", secret, SHUTDOWN_crash);
	expect(free_pages() == before, "%ld pages are lost", (long)(before - free_pages()));
}
