/* SPDX-License-Identifier: MIT */
/*
 * Each exception that code in ring 3 can cause reaches the guest with its vector and error code,
 * from kernel and from user mode alike, with RIP at the instruction (behind it for traps), and a
 * page fault's U bit and address say what the guest's mode was and what was touched.
 */
#include "test.h"

SNIPPET(do_ud, "ud2");
SNIPPET(do_de, "xorl %edx, %edx; xorl %ecx, %ecx; divl %ecx");
SNIPPET(do_bp, "int3");
SNIPPET(do_gp, "movabs $0x8000000000000000, %rax; movq (%rax), %rax");
SNIPPET(do_gp_store, "movabs $0x8000000000000000, %rax; movq %rax, (%rax)");
SNIPPET(do_ss, "movabs $0x8000000000000000, %rsp; pushq %rax");
SNIPPET(do_np_ds, "movl $0x13, %eax; movl %eax, %ds");
SNIPPET(do_gp_ds, "movl $0xffff, %eax; movl %eax, %ds");
SNIPPET(do_gp_hv, "movabs $0xffff830000000000, %rax; movq (%rax), %rax");
SNIPPET(do_pf_read, "movl $0x10000, %eax; movl (%rax), %eax");
SNIPPET(do_pf_write, "movl $0x10000, %eax; movl %eax, (%rax)");
SNIPPET(do_pf_fetch, "movl $0x10000, %eax; jmp *%rax");
SNIPPET(do_pf_m2p, "movabs $0xffff800000000000, %rax; movq %rax, (%rax)");
SNIPPET(do_pf_ro, "movq %rax, (%rbx)");
SNIPPET(do_nx, "jmp *%rbx");
SNIPPET(do_int1, ".byte 0xf1");

struct row {
	const char *what;
	const char *code;
	pv_fault fault; /* page faults: without the U bit */
	unsigned int
		skip;     /* from the snippet's start to the RIP that is wanted; ~0: not compared */
	uint64_t address; /* of a page fault */
};

#define ANYWHERE ~0U

static const struct row rows[] = {
	{ "ud2", do_ud, UD, 0, 0 },
	{ "division by zero", do_de, DE, 4, 0 },
	{ "int3", do_bp, BP, 1, 0 },
	{ "non-canonical read", do_gp, GP(0), 10, 0 },
	{ "non-canonical write", do_gp_store, GP(0), 10, 0 },
	{ "non-canonical stack", do_ss, SS(0), 10, 0 },
	{ "DS with a selector that is not there", do_gp_ds, GP(0xfffc), 5, 0 },
	{ "DS with an empty GDT entry", do_np_ds, GP(0x10), 5, 0 },
	{ "read of the hypervisor", do_gp_hv, PF(0), ANYWHERE, 0xffff830000000000 },
	{ "read of nothing", do_pf_read, PF(0), 5, 0x10000 },
	{ "write to nothing", do_pf_write, PF(PF_W), 5, 0x10000 },
	{ "fetch from nothing", do_pf_fetch, PF(PF_I), ANYWHERE, 0x10000 },
	{ "write to the m2p", do_pf_m2p, PF(PF_W | PF_P), 10, 0xffff800000000000 },
};

static void fault_check(const struct row *row, const struct pv_regs *in, const char *mode)
{
	const struct pv_regs *out = run(in);
	bool user = (in->cs & 3) == 3;
	bool page_fault = PV_FAULT_VECTOR(row->fault) == PV_VECTOR_PF;
	pv_fault wanted = row->fault | (user && page_fault ? PF_U : 0);
	pv_fault got = regs_fault(out);

	/* Whether the hypervisor's own pages look present, and to user mode the m2p, is its
	 * business. */
	if (row->code == do_gp_hv || (user && row->code == do_pf_m2p)) {
		got &= ~(pv_fault)PF_P;
		wanted &= ~(pv_fault)PF_P;
	}
	/* QEMU raises #GP for a stack address that is not canonical, real CPUs #SS. */
	if (row->code == do_ss && got == GP(0))
		got = wanted;
	if (got != wanted) {
		test_fail("%s in %s mode: %s, expected %s", row->what, mode, fault_name(got),
			  fault_name(wanted));
		return;
	}
	expect((out->cs & 3) == (user ? 3 : 0), "%s in %s mode: cs is %#x", row->what, mode,
	       out->cs);
	expect(row->skip == ANYWHERE || out->rip == (uint64_t)row->code + row->skip,
	       "%s in %s mode: RIP is %ld bytes into the code", row->what, mode,
	       (long)(out->rip - (uint64_t)row->code));
	expect(!page_fault || pv_vcpu_info()->arch.cr2 == row->address,
	       "%s in %s mode: address %#lx", row->what, mode, pv_vcpu_info()->arch.cr2);
}

/* Faults on a page of our own with the protections that matter. */
static void protections(void)
{
	void *ro = page_take(), *nx = page_take();
	const struct row write = { "write to a read-only page", do_pf_ro, PF(PF_W | PF_P), 0,
				   (uint64_t)ro };
	const struct row fetch = { "fetch from a no-execute page", do_nx, PF(PF_I | PF_P), ANYWHERE,
				   (uint64_t)nx };
	struct pv_regs in;

	page_readonly(ro);
	must(!pv_page_protect(nx, PV_PTE_DATA | PV_PTE_NX));
	for (unsigned int user = 0; user < 2; user++) {
		in = user ? regs_user(do_pf_ro) : regs_kernel(do_pf_ro);
		in.rbx = (uint64_t)ro;
		fault_check(&write, &in, user ? "user" : "kernel");
		in.rip = (uint64_t)do_nx;
		in.rbx = (uint64_t)nx;
		fault_check(&fetch, &in, user ? "user" : "kernel");
	}
}

/* TF: one #DB after the next instruction, with BS in DR6, and TF clear in the handler. */
static void single_step(void)
{
	struct pv_regs in = regs_kernel(do_ud);
	const struct pv_regs *out;
	unsigned long dr6;

	in.rip = (uint64_t)do_de;
	in.rflags |= 0x100;
	out = run(&in);
	expect_fault("single step", regs_fault(out), DB);
	expect_eq("RIP after a step", out->rip, (uint64_t)do_de + 2);
	dr6 = (unsigned long)hypercall_get_debugreg(6);
	expect(dr6 & 0x4000, "DR6 has no BS: %#lx", dr6);
	hypercall_set_debugreg(6, 0xffff0ff0);
}

void test_main(void)
{
	user_root_make();
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		struct pv_regs in = regs_kernel(rows[i].code);

		/* Without a stack, a kernel cannot take a trap: that would be its end. */
		if (rows[i].code != do_ss)
			fault_check(&rows[i], &in, "kernel");
		in = regs_user(rows[i].code);
		fault_check(&rows[i], &in, "user");
	}
	protections();
	single_step();
}
