/* SPDX-License-Identifier: MIT */
/*
 * SYSCALL from user mode goes to the registered callback and is no hypercall: RAX and all other
 * registers are untouched, RIP and the flags come from RCX and R11, the stack is the kernel's,
 * events are masked, and iret with and without VGCF_in_syscall brings the program back. SYSCALL
 * from kernel mode in the same place is a hypercall.
 */
#include "test.h"

SNIPPET(make_call, "syscall; syscall_after: nop");
extern const char syscall_after[];

static void callback(void)
{
	struct pv_regs in = regs_user(make_call);
	const struct pv_regs *out;

	in.rax = __HYPERVISOR_xen_version;
	in.rdi = 0x1111;
	in.rsi = 0x2222;
	in.rdx = 0x3333;
	in.r8 = 0x4444;
	in.r9 = 0x5555;
	in.r10 = 0x6666;
	in.rflags = 0x246;
	out = run(&in);
	expect_eq("entry", out->entry, PV_ENTRY_SYSCALL);
	expect_eq("RAX", out->rax, in.rax);
	expect(out->rdi == in.rdi && out->rsi == in.rsi && out->rdx == in.rdx && out->r8 == in.r8 &&
		       out->r9 == in.r9 && out->r10 == in.r10,
	       "an argument register has changed");
	expect_eq("RIP", out->rip, (uint64_t)syscall_after);
	expect_eq("RSP", out->rsp, in.rsp);
	expect_eq("RPL", out->cs & 3, 3);
	expect_eq("IF and ZF, PF of the program", out->rflags & 0x244, 0x244);
}

/* A call, an answer in RAX by iret, and the program goes on behind the instruction. */
static void back(void)
{
	struct pv_regs in = regs_user(make_call);
	struct pv_regs regs;
	const struct pv_regs *out;

	in.rbx = 0x7777;
	regs = *run(&in);
	regs.rax = 42;
	regs.cs = PV_CS64;
	regs.ss = PV_SS;
	out = run(&regs);
	expect_fault("after the system call", regs_fault(out), BP);
	expect_eq("RAX", out->rax, 42);
	expect_eq("RBX", out->rbx, 0x7777);
}

static void kernel_mode(void)
{
	struct pv_regs in = regs_kernel(make_call);
	const struct pv_regs *out;

	in.rax = __HYPERVISOR_xen_version;
	in.rdi = XENVER_pagesize;
	out = run(&in);
	expect_fault("SYSCALL in kernel mode", regs_fault(out), BP);
	expect_eq("its result", out->rax, 4096);
}

/* No user program reaches a hypercall, whatever is in its registers. */
static void no_hypercalls(void)
{
	for (unsigned long nr = 0; nr < 64; nr++) {
		struct pv_regs in = regs_user(make_call);

		in.rax = nr;
		expect_eq("entry", run(&in)->entry, PV_ENTRY_SYSCALL);
	}
}

void test_main(void)
{
	user_root_make();
	callback();
	back();
	kernel_mode();
	no_hypercalls();
}
