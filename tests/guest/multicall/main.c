/* SPDX-License-Identifier: MIT */
/*
 * multicall: every entry gets its own result, in order, and one that fails does not stop the rest;
 * a multicall in a multicall is refused; lists that cannot be read or written are refused; a long
 * list is done whole; and a batch ends where an iret in it changes the mode.
 */
#include "test.h"

static struct multicall_entry list[2000];

static void entry_set(unsigned int i, unsigned long op, unsigned long a1, unsigned long a2)
{
	list[i] = (struct multicall_entry){ .op = op, .result = 0x5555, .args = { a1, a2 } };
}

static long run_list(unsigned int nr)
{
	return hypercall_multicall(list, nr);
}

static void results(void)
{
	struct multicall_entry nested = { .op = __HYPERVISOR_xen_version,
					  .args = { XENVER_pagesize } };

	entry_set(0, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	entry_set(1, 11, 0, 0);
	entry_set(2, __HYPERVISOR_xen_version, 99, 0);
	entry_set(3, __HYPERVISOR_multicall, (unsigned long)&nested, 1);
	entry_set(4, ~0UL, 0, 0);
	entry_set(5, __HYPERVISOR_set_segment_base, 0, NONCANONICAL);
	entry_set(6, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	expect_rc("multicall", run_list(7), 0);
	expect_rc("pagesize", (long)list[0].result, 4096);
	expect_rc("a call that does not exist", (long)list[1].result, -XEN_ENOSYS);
	expect_rc("a command that does not exist", (long)list[2].result, -XEN_ENOSYS);
	expect((long)list[3].result < 0 || !on_paravane(), "a nested multicall was done");
	expect_rc("number ~0", (long)list[4].result, -XEN_ENOSYS);
	expect_rc("a bad base", (long)list[5].result, -XEN_EINVAL);
	expect_rc("the last", (long)list[6].result, 4096);
}

static void many(void)
{
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(list); i++)
		entry_set(i, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	expect_rc("2000 entries", run_list(PV_ARRAY_SIZE(list)), 0);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(list); i++) {
		if (list[i].result != 4096) {
			test_fail("entry %u has result %#lx", i, list[i].result);
			return;
		}
	}
}

/* The list ends where its memory does: what was there is done. */
static void cut(void)
{
	struct multicall_entry *page = page_take();
	char *va = window(0);
	struct multicall_entry *last = (struct multicall_entry *)(va + PV_PAGE_SIZE) - 1;

	page[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	must(!va_update(va, pte_make(page, PV_PTE_DATA), UVMF_INVLPG));
	*last = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
					  .args = { XENVER_pagesize } };
	expect_rc("a list that runs into a hole", hypercall_multicall(last, 2), -XEN_EFAULT);
	expect_eq("its first result", last->result, 4096);
	must(!va_update(va, pte_make(page, PV_PTE_RO), UVMF_INVLPG));
	expect_rc("a list that cannot be written", hypercall_multicall((void *)va, 1), -XEN_EFAULT);
}

static void page_tables(void)
{
	uint64_t *page = page_take();
	char *va = window(1);

	list[0] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping,
					    .args = { (unsigned long)va,
						      pte_make(page, PV_PTE_DATA), UVMF_INVLPG } };
	list[1] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
					    .args = { XENVER_extraversion, (unsigned long)va } };
	list[2] = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping,
					    .args = { (unsigned long)va, 0, UVMF_INVLPG } };
	expect_rc("a mapping, used by the next call, and gone", run_list(3), 0);
	expect_rc("map", (long)list[0].result, 0);
	expect_rc("use", (long)list[1].result, 0);
	expect_rc("unmap", (long)list[2].result, 0);
	uint64_t value = 0;

	expect_fault("a read afterwards", pv_try_read64(va, &value), PF(0));
}

/* The list on the stack of an iret frame: rdi has it, rsi the number of entries. */
SNIPPET(iret_list, "movl $13, %eax; syscall");
SNIPPET(user_end, "movl $0x777, %ebx");

static void mode_change(void)
{
	static struct iret_context frame __attribute__((aligned(16)));
	struct pv_regs in = regs_kernel(iret_list);
	const struct pv_regs *out;

	frame = (struct iret_context){ .rip = (uint64_t)user_end,
				       .cs = PV_CS64 | 3,
				       .rflags = 2,
				       .rsp = in.rsp - 256,
				       .ss = PV_SS };
	entry_set(0, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	entry_set(1, __HYPERVISOR_iret, 0, 0);
	entry_set(2, __HYPERVISOR_xen_version, XENVER_pagesize, 0);
	in.rdi = (uint64_t)list;
	in.rsi = 3;
	in.rsp = (uint64_t)&frame;
	out = run(&in);
	expect_fault("the program behind the iret", regs_fault(out), BP);
	expect_eq("RBX", out->rbx, 0x777);
	expect_eq("RPL", out->cs & 3, 3);
	expect_eq("the call before", list[0].result, 4096);
	expect_eq("the call behind", list[2].result, 0x5555);
}

void test_main(void)
{
	user_root_make();
	results();
	many();
	cut();
	page_tables();
	mode_change();
}
