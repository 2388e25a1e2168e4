/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions: kernel mode gets the effect that the ABI promises, or #GP, and goes on
 * behind the instruction; user mode always gets #GP at the instruction.
 */
#include "test.h"

SNIPPET(do_cli, "cli");
SNIPPET(do_sti, "sti");
SNIPPET(do_clts, "clts");
SNIPPET(do_wbinvd, "wbinvd");
SNIPPET(do_read_cr0, "movq %cr0, %rax");
SNIPPET(do_read_cr2, "movq %cr2, %rax");
SNIPPET(do_read_cr3, "movq %cr3, %rax");
SNIPPET(do_read_cr4, "movq %cr4, %rax");
SNIPPET(do_read_cr4_r15, "movq %cr4, %r15");
SNIPPET(do_read_cr8, "movq %cr8, %rax");
SNIPPET(do_write_cr0, "movq %cr0, %rax; movq %rax, %cr0");
SNIPPET(do_write_cr0_wp, "movq %cr0, %rax; btrq $16, %rax; movq %rax, %cr0");
SNIPPET(do_write_cr2, "movl $0x1234000, %eax; movq %rax, %cr2; movq %cr2, %rbx");
SNIPPET(do_write_cr3_wild, "movabs $0xfffffffff000, %rax; movq %rax, %cr3");
SNIPPET(do_rdmsr_wild, "movl $0x12345678, %ecx; rdmsr");
SNIPPET(do_read_dr7, "movq %dr7, %rax");
SNIPPET(do_write_dr0, "movl $0x5000, %eax; movq %rax, %dr0; movq %dr0, %rbx");
SNIPPET(do_xgetbv, "xorl %ecx, %ecx; xgetbv");
SNIPPET(do_xsetbv, "xorl %ecx, %ecx; xgetbv; xsetbv");
SNIPPET(do_xsetbv_bad, "xorl %ecx, %ecx; movl $2, %eax; xorl %edx, %edx; xsetbv");
SNIPPET(do_lgdt, "lgdt (%rsp)");
SNIPPET(do_lidt, "lidt (%rsp)");
SNIPPET(do_lldt, "xorl %eax, %eax; lldt %ax");
SNIPPET(do_ltr, "xorl %eax, %eax; ltr %ax");
SNIPPET(do_swapgs, "swapgs");
SNIPPET(do_sysret, "sysretq");
SNIPPET(do_rdtsc, "rdtsc");

SNIPPET(do_sgdt, "subq $16, %rsp; sgdt 2(%rsp); movq 4(%rsp), %rax; movzwl 2(%rsp), %ebx");
SNIPPET(do_sidt, "pushq $0; pushq $0; leaq 2(%rsp), %r12; sidt (%r12); movzwl 2(%rsp), %ebx");
SNIPPET(do_sldt, "movq $-1, %rax; sldt %rax; movq $-1, %r9; sldt %r9w");
SNIPPET(do_str, "pushq $-1; str (%rsp); popq %rax; str %r10d");
SNIPPET(do_smsw, "pushq $0; smsw (%rsp); popq %rax; smsw %rbx");
SNIPPET(do_sgdt_null, "xorl %edi, %edi; sgdt (%rdi)");
SNIPPET(do_sgdt_hypervisor, "movabs $0xffff830000000000, %rdi; sgdt (%rdi)");
SNIPPET(do_sgdt_wild, "movabs $0x7ffffffffffe, %rdi; sgdt (%rdi)");

struct row {
	const char *what;
	const char *code;
	pv_fault kernel, user;
};

#define EMULATED(what, code)          \
	{                             \
		what, code, BP, GP(0) \
	}
#define REFUSED(what, code)              \
	{                                \
		what, code, GP(0), GP(0) \
	}
#define FREE(what, code)           \
	{                          \
		what, code, BP, BP \
	}

static const struct row rows[] = {
	EMULATED("cli", do_cli),
	EMULATED("sti", do_sti),
	EMULATED("clts", do_clts),
	EMULATED("wbinvd", do_wbinvd),
	EMULATED("mov cr0, reg", do_read_cr0),
	EMULATED("mov cr2, reg", do_read_cr2),
	EMULATED("mov cr3, reg", do_read_cr3),
	EMULATED("mov cr4, reg", do_read_cr4),
	EMULATED("mov cr4, r15", do_read_cr4_r15),
	REFUSED("mov cr8, reg", do_read_cr8),
	EMULATED("mov reg, cr0", do_write_cr0),
	REFUSED("mov reg, cr0 without WP", do_write_cr0_wp),
	EMULATED("mov reg, cr2", do_write_cr2),
	REFUSED("mov wild, cr3", do_write_cr3_wild),
	REFUSED("rdmsr of no MSR", do_rdmsr_wild),
	EMULATED("mov dr7, reg", do_read_dr7),
	EMULATED("mov reg, dr0", do_write_dr0),
	REFUSED("lgdt", do_lgdt),
	REFUSED("lidt", do_lidt),
	REFUSED("lldt", do_lldt),
	REFUSED("ltr", do_ltr),
	REFUSED("swapgs", do_swapgs),
	REFUSED("sysret", do_sysret),
	FREE("rdtsc", do_rdtsc),
	FREE("sgdt", do_sgdt),
	FREE("sidt", do_sidt),
	FREE("sldt", do_sldt),
	FREE("str", do_str),
	FREE("smsw", do_smsw),
};

static const struct pv_regs *step(const char *code, bool user)
{
	struct pv_regs in = user ? regs_user(code) : regs_kernel(code);

	return run(&in);
}

static void row_check(const struct row *row)
{
	for (unsigned int user = 0; user < 2; user++) {
		pv_fault wanted = user ? row->user : row->kernel;
		const struct pv_regs *out = step(row->code, user);

		if (regs_fault(out) != wanted)
			test_fail("%s in %s mode: %s, expected %s", row->what,
				  user ? "user" : "kernel", fault_name(regs_fault(out)),
				  fault_name(wanted));
		if (wanted == BP)
			expect_eq(row->what, out->rflags & 0x200, 0);
	}
}

static void values(void)
{
	const struct pv_regs *out = step(do_read_cr0, false);

	expect_eq("CR0: PE, NE, WP, PG", out->rax & 0x80010021, 0x80010021);
	out = step(do_read_cr4, false);
	expect_eq("CR4: PAE, OSFXSR", out->rax & 0x220, 0x220);
	out = step(do_read_cr4_r15, false);
	expect_eq("CR4 in R15: PAE, OSFXSR", out->r15 & 0x220, 0x220);
	out = step(do_write_cr2, false);
	expect_eq("CR2 reads back", out->rbx, 0x1234000);
	out = step(do_write_dr0, false);
	expect_eq("DR0 reads back", out->rbx, 0x5000);
	out = step(do_read_cr3, false);
	expect_eq("CR3", out->rax, pv_va_to_maddr(root_table()));
}

/* The FPU's task-switched flag: set by the call, seen in CR0, #NM on use, cleared by clts. */
SNIPPET(use_fpu, "fninit");

static void task_switched(void)
{
	must(!hypercall_fpu_taskswitch(1));
	expect_eq("CR0.TS", step(do_read_cr0, false)->rax & 8, 8);
	expect_fault("FPU use with TS", regs_fault(step(use_fpu, false)), NM);
	must(!hypercall_fpu_taskswitch(1));
	step(do_clts, false);
	expect_eq("CR0.TS after clts", step(do_read_cr0, false)->rax & 8, 0);
	expect_fault("FPU use after clts", regs_fault(step(use_fpu, false)), BP);
}

static void extended_state(void)
{
	if (!(pv_cpuid(1, 0).c >> 26 & 1))
		return;
	__asm__ volatile("movq %%cr4, %%rax; orl $0x40000, %%eax; movq %%rax, %%cr4" ::: "rax");
	expect_fault("xgetbv", regs_fault(step(do_xgetbv, false)), BP);
	expect_fault("xsetbv with its value", regs_fault(step(do_xsetbv, false)), BP);
	expect_fault("xsetbv without x87", regs_fault(step(do_xsetbv_bad, false)), GP(0));
	expect_fault("xsetbv in user mode", regs_fault(step(do_xsetbv, true)), GP(0));
}

/* As on a CPU without UMIP, but in values that say nothing of the machine. */
static void system_tables(void)
{
	for (unsigned int user = 0; user < 2; user++) {
		const struct pv_regs *out = step(do_sgdt, user);

		expect(out->rax >= HYPERVISOR_VIRT_START, "GDT at %#lx", out->rax);
		expect_eq("GDT limit", out->rbx, 0xefff);
		expect_eq("IDT limit", step(do_sidt, user)->rbx, 0xfff);
		out = step(do_sldt, user);
		expect_eq("SLDT in a whole register", out->rax, 0);
		expect_eq("SLDT in a word of R9", out->r9, 0xffffffffffff0000);
		out = step(do_str, user);
		expect_eq("STR to memory writes a word", out->rax, ~0xffffUL | out->r10);
		out = step(do_smsw, user);
		expect_eq("SMSW", out->rax & 0x21, 0x21);
		expect_eq("SMSW in a register", out->rbx & 0x80010021, 0x80010021);
		expect_fault("sgdt to address 0", regs_fault(step(do_sgdt_null, user)),
			     PF(PF_W | (user ? PF_U : 0)));
		expect_fault("sgdt across the end of the low half",
			     regs_fault(step(do_sgdt_wild, user)), GP(0));
	}
	if (!on_paravane())
		return;
	expect_fault("sgdt into the hypervisor", regs_fault(step(do_sgdt_hypervisor, false)),
		     PF(PF_W));
}

void test_main(void)
{
	struct physdev_set_iopl level = { .iopl = 1 };

	user_root_make();
	/* cli and sti belong to those who may do port I/O. */
	must(!hypercall_physdev_op(PHYSDEVOP_set_iopl, &level));
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++)
		row_check(&rows[i]);
	values();
	system_tables();
	task_switched();
	extended_state();
}
