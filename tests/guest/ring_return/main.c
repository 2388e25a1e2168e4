/* SPDX-License-Identifier: MIT */
/*
 * IRETQ, LRETQ and far jumps that a kernel executes itself, within ring 3: stock Linux does so
 * early. They work with SMAP on as with SMAP off, in kernel and in user mode, to 64- and 32-bit
 * selectors of the hypervisor; what they may not load faults as on bare hardware, and real faults
 * on the stack are bounced as such.
 */
#include "test.h"

SNIPPET(do_iret,
	"movq %rsp, %rax; pushq $0xe02b; pushq %rax; pushfq; pushq $0xe033; leaq 1f(%rip), %rax;"
	"pushq %rax; iretq; ud2; 1: movl $0x777, %ebx");
SNIPPET(do_iret_flags, "movq %rsp, %rax; pushq $0xe02b; pushq %rax; pushq $0x203246; pushq $0xe033;"
		       "leaq 1f(%rip), %rax; pushq %rax; iretq; ud2; 1: pushfq; popq %rbx");
SNIPPET(do_lret,
	"pushq $0xe033; leaq 1f(%rip), %rax; pushq %rax; lretq; ud2; 1: movl $0x777, %ebx");
SNIPPET(do_lret_n,
	"movq %rsp, %rbp; pushq $0; pushq $0; pushq $0xe033; leaq 1f(%rip), %rax; pushq %rax;"
	"lretq $16; ud2; 1: movl $0x777, %ebx; subq %rsp, %rbp");
SNIPPET(do_iret_bad_cs, "movq %rsp, %rax; pushq $0xe02b; pushq %rax; pushfq; pushq $0x1233;"
			"leaq 1f(%rip), %rax; pushq %rax; iretq; 1: nop");
SNIPPET(do_iret_bad_ss, "movq %rsp, %rax; pushq $0x1233; pushq %rax; pushfq; pushq $0xe033;"
			"leaq 1f(%rip), %rax; pushq %rax; iretq; 1: nop");
SNIPPET(do_iret_null_cs, "movq %rsp, %rax; pushq $0xe02b; pushq %rax; pushfq; pushq $0;"
			 "leaq 1f(%rip), %rax; pushq %rax; iretq; 1: nop");
SNIPPET(do_iret_wild, "movq %rsp, %rax; pushq $0xe02b; pushq %rax; pushfq; pushq $0xe033;"
		      "movabs $0x8000000000000000, %rax; pushq %rax; iretq");
SNIPPET(do_lret_bad_cs, "pushq $0x1233; leaq 1f(%rip), %rax; pushq %rax; lretq; 1: nop");
SNIPPET(do_iret_no_stack, "iretq");

struct row {
	const char *what;
	const char *code;
	pv_fault fault;
};

static const struct row good[] = {
	{ "iretq", do_iret, BP },
	{ "lretq", do_lret, BP },
	{ "lretq that drops 16 bytes", do_lret_n, BP },
};

static const struct row bad[] = {
	{ "iretq, CS that is not there", do_iret_bad_cs, GP(0x1230) },
	{ "iretq, SS that is not there", do_iret_bad_ss, GP(0x1230) },
	{ "iretq, null CS", do_iret_null_cs, GP(0) },
	{ "lretq, CS that is not there", do_lret_bad_cs, GP(0x1230) },
};

static const struct pv_regs *step(const char *code, bool user)
{
	struct pv_regs in = user ? regs_user(code) : regs_kernel(code);

	return run(&in);
}

static void mode_check(bool user)
{
	const struct pv_regs *out;

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(good); i++) {
		out = step(good[i].code, user);
		if (expect_fault(good[i].what, regs_fault(out), BP))
			expect_eq(good[i].what, out->rbx, 0x777);
		expect_eq("RPL", out->cs & 3, user ? 3 : 0);
	}
	expect_eq("bytes dropped", step(do_lret_n, user)->rbp, 0);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(bad); i++)
		expect_fault(bad[i].what, regs_fault(step(bad[i].code, user)), bad[i].fault);
	out = step(do_iret_flags, user);
	expect_fault("iretq with flags", regs_fault(out), BP);
	/* IOPL is not a ring 3 instruction's to change; the arithmetic flags are. */
	expect_eq("flags", out->rbx & 0x3044, 0x44);
	out = step(do_iret_wild, user);
	expect(regs_fault(out) != BP, "iretq to no address went through");
}

/* The operand really is not there: an honest page fault, not the emulator's guess. */
static void no_stack(void)
{
	/* In user mode: a kernel without a stack cannot take the fault. */
	struct pv_regs in = regs_user(do_iret_no_stack);

	in.rsp = 0x10000;
	expect_fault("iretq from no stack", regs_fault(run(&in)), PF(PF_U));
}

void test_main(void)
{
	user_root_make();
	mode_check(false);
	mode_check(true);
	no_stack();
}
