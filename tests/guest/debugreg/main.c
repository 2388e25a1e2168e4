/* SPDX-License-Identifier: MIT */
/*
 * Debug registers: a guest sets and reads its own, its breakpoints fire in it, and none may be set
 * on the hypervisor's addresses or with widths and bits that reach beyond.
 */
#include "test.h"

static uint64_t watched[2] __attribute__((aligned(16)));

SNIPPET(touch, "movq %rax, (%rbx); touch_after: nop");
extern const char touch_after[];

static void breakpoint(void)
{
	struct pv_regs in = regs_kernel(touch);
	const struct pv_regs *out;

	in.rbx = (uint64_t)&watched[0];
	expect_rc("DR0", hypercall_set_debugreg(0, (unsigned long)&watched[0]), 0);
	/* L0, write, 8 bytes. */
	expect_rc("DR7", hypercall_set_debugreg(7, 0x90401), 0);
	out = run(&in);
	expect_fault("a write to the watched word", regs_fault(out), DB);
	expect_eq("RIP", out->rip, (uint64_t)touch_after);
	expect_eq("DR6.B0", (uint64_t)hypercall_get_debugreg(6) & 1, 1);
	expect_rc("DR6 cleared", hypercall_set_debugreg(6, 0xffff0ff0), 0);
	in.rbx = (uint64_t)&watched[1];
	expect_fault("a write beside it", regs_fault(run(&in)), BP);
	expect_rc("DR7 off", hypercall_set_debugreg(7, 0), 0);
	in.rbx = (uint64_t)&watched[0];
	expect_fault("a write with it off", regs_fault(run(&in)), BP);
}

static void values(void)
{
	for (unsigned int r = 0; r < 4; r++) {
		expect_rc("set", hypercall_set_debugreg(r, 0x1000 + r), 0);
		expect_rc("get", hypercall_get_debugreg(r), 0x1000 + (long)r);
	}
	for (unsigned int r = 0; r < 4; r++)
		hypercall_set_debugreg(r, 0);
}

void test_main(void)
{
	static const struct call bad[] = {
		CALL("DR0 in the hypervisor", set_debugreg, -XEN_EPERM, 0, HYPERVISOR_POINTER),
		CALL("DR3 in the hypervisor", set_debugreg, -XEN_EPERM, 3, HYPERVISOR_POINTER),
		CALL("DR1 not canonical", set_debugreg, -XEN_EPERM, 1, NONCANONICAL),
		CALL("DR8", set_debugreg, UNLIKE_XEN(-XEN_EINVAL, -XEN_ENODEV), 8, 0),
		CALL("DR ~0", set_debugreg, UNLIKE_XEN(-XEN_EINVAL, -XEN_ENODEV), ~0U, 0),
	};

	values();
	breakpoint();
	CALLS_CHECK(bad);
	/* What is not a guest's to set, general detect and the upper half, is refused or dropped.
	 */
	hypercall_set_debugreg(7, 1UL << 32 | 0x2400);
	expect_eq("DR7", (uint64_t)hypercall_get_debugreg(7) & 0xffffffff00002000, 0);
	hypercall_set_debugreg(7, 0x2400);
	expect_eq("DR7", (uint64_t)hypercall_get_debugreg(7) & 0xffffffff00002000, 0);
	hypercall_set_debugreg(7, 0);
}
