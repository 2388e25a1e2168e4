/* SPDX-License-Identifier: MIT */
/*
 * A kernel in the low half (LOW_HALF): nothing tells kernel from user by address. It boots there,
 * traps in kernel and user mode bounce as anywhere, events arrive, and its page tables are as
 * protected.
 */
#include "test.h"

SNIPPET(stop, "int3");
SNIPPET(undefined, "ud2");

void test_main(void)
{
	struct pv_regs in;
	uint64_t value = 0;

	expect((uint64_t)test_main < 1UL << 47, "this kernel is not in the low half");
	expect_eq("the base", PV_VIRT_BASE, 0);
	user_root_make();
	in = regs_kernel(undefined);
	expect_fault("ud2 in kernel mode", regs_fault(run(&in)), UD);
	expect_eq("RPL", run(&in)->cs & 3, 0);
	in = regs_user(undefined);
	expect_fault("ud2 in user mode", regs_fault(run(&in)), UD);
	expect_eq("RPL", run(&in)->cs & 3, 3);
	in = regs_user(stop);
	expect_fault("int3 in user mode", regs_fault(run(&in)), BP);
	expect_fault("a read of the hypervisor",
		     pv_try_read64((void *)HYPERVISOR_POINTER, &value) & ~(pv_fault)PF_P, PF(0));
	expect_rc("our root made writable", pv_page_protect(root_table(), PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("a call", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
}
