/* SPDX-License-Identifier: MIT */
/*
 * Hypercall numbers that do not exist answer -ENOSYS, at any size of the number, and no call
 * changes a register that the ABI says is kept.
 */
#include "test.h"

static void numbers(void)
{
	static const unsigned long unknown[] = {
		11, 38, 43, 44, 47, 51, 54, 56, 63, 64, 127, 128, 255, 256, 1UL << 31, 0x7fffffff
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(unknown); i++) {
		long rc = pv_hypercall(unknown[i], 1, 2, 3, 4, 5);

		expect(rc == -XEN_ENOSYS, "hypercall %#lx returned %ld", unknown[i], rc);
	}
}

SNIPPET(call_version, "movl $17, %eax; xorl %edi, %edi; syscall");
SNIPPET(call_unknown, "movl $11, %eax; syscall");

/* RBX, RBP, R12 to R15 and RSP are kept; RCX has the return address and R11 the flags, or what they
 * were. */
static void registers(const char *what, const void *code)
{
	struct pv_regs in = regs_kernel(code);
	const struct pv_regs *out;

	in.rbx = 0x1111111111111111;
	in.rbp = 0x2222222222222222;
	in.r12 = 0x3333333333333333;
	in.r13 = 0x4444444444444444;
	in.r14 = 0x5555555555555555;
	in.r15 = 0x6666666666666666;
	in.r9 = 0x7777777777777777;
	out = run(&in);
	if (!expect_fault(what, regs_fault(out), BP))
		return;
	expect(out->rbx == in.rbx && out->rbp == in.rbp && out->r12 == in.r12 &&
		       out->r13 == in.r13 && out->r14 == in.r14 && out->r15 == in.r15 &&
		       out->r9 == in.r9,
	       "%s: a kept register has changed", what);
	expect_eq("RSP", out->rsp, in.rsp);
}

void test_main(void)
{
	numbers();
	registers("xen_version", call_version);
	registers("unknown hypercall", call_unknown);
}
