/* SPDX-License-Identifier: MIT */
/*
 * Page-table isolation, forced on: our L4 shows the machine-to-physical table and the entry slot of
 * the hypervisor and nothing else; an entry that is written into the loaded L4 counts at once, for
 * us and for the hypervisor's copies; a root that was one before is not taken for what it was;
 * system calls, faults and bad returns go on as ever.
 * @options: xpti=on
 */
#include "test.h"

#define SLOT_M2P   256
#define SLOT_ENTRY 258
#define SLOT_END   272
#define FAR_SLOT   5 /* of the low half, unused */

SNIPPET(user_call, "movl $0x1234, %eax; syscall");
SNIPPET(bad_return, "pushq $0xe02b; pushq $0; pushq $2; pushq $0xe033;"
		    "movabs $0x8000000000000000, %rax; pushq %rax; iretq");

static void slots(void)
{
	for (unsigned int i = SLOT_M2P; i < SLOT_END; i++) {
		bool shown = i == SLOT_M2P || i == SLOT_ENTRY;

		expect(!(root_table()[i] & PV_PTE_PRESENT) == !shown, "slot %u is %#lx", i,
		       root_table()[i]);
	}
	expect(pv_p2m.pfn[pv_va_to_mfn(root_table())] == pv_va_to_pfn(root_table()),
	       "the machine-to-physical table is not there");
}

/* The hypervisor writes through a slot of the L4 that was just filled, and not once it is empty. */
static void written(void)
{
	volatile uint64_t *known = window(1);
	uint64_t page = pte_make(page_take(), PV_PTE_DATA), now_at;
	uint64_t slot = pv_va_to_maddr(root_table() + FAR_SLOT);
	char *far = (char *)known - ((uint64_t)pv_pte_index((void *)known, 4) << 39) +
		    ((uint64_t)FAR_SLOT << 39);
	struct vcpu_runstate_info *info = (struct vcpu_runstate_info *)far;

	must(!va_update((void *)known, page, UVMF_INVLPG));
	expect_fault("before", pv_try_read64(far, &now_at), PF(0));
	expect_rc("fill the slot",
		  mmu_update_one(slot, root_table()[pv_pte_index((void *)known, 4)]), 0);
	expect_fault("a read", pv_try_read64(far, &now_at), FAULT_NONE);
	expect_rc("the hypervisor's write", hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, info),
		  0);
	expect(info->state == RUNSTATE_running, "it did not write");
	expect_rc("empty the slot", mmu_update_one(slot, 0), 0);
	must(!pv_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0));
	expect_rc("the hypervisor's write afterwards",
		  hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, info), -XEN_EFAULT);
	expect_fault("a read afterwards", pv_try_read64(far, &now_at), PF(0));
	must(!va_update((void *)known, 0, UVMF_INVLPG));
}

/* Runs on root, where FAR_SLOT is as it is: what does the hypervisor's write there answer? */
static long write_on(const uint64_t *root, void *far)
{
	long rc;

	must(!mmuext_one(MMUEXT_NEW_BASEPTR, pv_va_to_mfn(root), 0));
	rc = hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, far);
	must(!mmuext_one(MMUEXT_NEW_BASEPTR, pv_va_to_mfn(root_table()), 0));
	return rc;
}

/* A frame is a root, then ordinary memory with other contents, then a root again; and a root that
 * is not loaded changes. What the CPU copied of it before counts no more. */
static void reused(void)
{
	volatile uint64_t *known = window(1);
	uint64_t *root = page_take(), from = pv_pte_index((void *)known, 4);
	char *far = (char *)known - (from << 39) + ((uint64_t)FAR_SLOT << 39);

	must(!va_update((void *)known, pte_make(page_take(), PV_PTE_DATA), UVMF_INVLPG));
	memcpy(root, root_table(), PV_PAGE_SIZE);
	memset(root + SLOT_M2P, 0, (SLOT_END - SLOT_M2P) * sizeof(*root));
	root[FAR_SLOT] = root[from];
	page_readonly(root);
	expect_rc("with the slot", write_on(root, far), 0);
	page_writable(root);
	memset(root + SLOT_M2P, 0, (SLOT_END - SLOT_M2P) * sizeof(*root));
	root[FAR_SLOT] = 0;
	page_readonly(root);
	expect_rc("made anew without it", write_on(root, far), -XEN_EFAULT);
	must(!mmuext_one(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root), 0));
	expect_rc("fill the slot of a root that rests",
		  mmu_update_one(pv_va_to_maddr(root + FAR_SLOT), root_table()[from]), 0);
	expect_rc("filled", write_on(root, far), 0);
	must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(root), 0));
	must(!va_update((void *)known, 0, UVMF_INVLPG));
}

static void ways(void)
{
	struct pv_regs in;

	user_root_make();
	in = regs_user(user_call);
	expect_eq("a system call's rax", run(&in)->rax, 0x1234);
	for (unsigned int i = 0; i < 1000; i++) {
		in = regs_kernel(bad_return);
		run(&in);
	}
	in = regs_user((void *)HYPERVISOR_POINTER);
	expect_fault("a jump to the hypervisor", regs_fault(run(&in)), PF(PF_U | PF_I));
	expect_fault("a read of the hypervisor", pv_try_read64((void *)HYPERVISOR_POINTER, &in.rax),
		     PF(0));
}

void test_main(void)
{
	if (!on_paravane())
		test_skip("how Xen isolates is its own affair");
	slots();
	written();
	reused();
	ways();
}
