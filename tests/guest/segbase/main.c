/* SPDX-License-Identifier: MIT */
/*
 * Segment bases: set_segment_base, WRMSR and, where the guest may use them, the FSGSBASE
 * instructions agree with each other; a base that is not canonical is refused everywhere; GS of
 * kernel and user mode are two, exchanged at each change of mode; a bad user selector becomes null
 * and is no error.
 */
#include "test.h"

#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

static uint64_t data[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };

static uint64_t fs_read(void)
{
	uint64_t v;

	__asm__ volatile("movq %%fs:0, %0" : "=r"(v));
	return v;
}

static uint64_t gs_read(void)
{
	uint64_t v;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(v));
	return v;
}

static void good(void)
{
	uint64_t v = 0;

	expect_rc("FS", hypercall_set_segment_base(SEGBASE_FS, (unsigned long)&data[0]), 0);
	expect_eq("FS reads", fs_read(), data[0]);
	expect_rc("GS", hypercall_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&data[1]), 0);
	expect_eq("GS reads", gs_read(), data[1]);
	expect_rc("user GS", hypercall_set_segment_base(SEGBASE_GS_USER, (unsigned long)&data[2]),
		  0);
	expect_eq("GS is unchanged by user GS", gs_read(), data[1]);
	expect_fault("rdmsr FS", pv_try_rdmsr(MSR_FS_BASE, &v), FAULT_NONE);
	expect_eq("rdmsr FS", v, (uint64_t)&data[0]);
	expect_fault("rdmsr GS", pv_try_rdmsr(MSR_GS_BASE, &v), FAULT_NONE);
	expect_eq("rdmsr GS", v, (uint64_t)&data[1]);
	expect_fault("rdmsr user GS", pv_try_rdmsr(MSR_KERNEL_GS_BASE, &v), FAULT_NONE);
	expect_eq("rdmsr user GS", v, (uint64_t)&data[2]);
	expect_fault("wrmsr FS", pv_try_wrmsr(MSR_FS_BASE, (uint64_t)&data[3]), FAULT_NONE);
	expect_eq("FS reads after wrmsr", fs_read(), data[3]);
}

static void bad(void)
{
	static const unsigned long wild[] = { NONCANONICAL, 0x0000800000000000,
					      0xffff7fffffffffff };
	uint64_t before = gs_read();

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(wild); i++) {
		for (unsigned int which = 0; which < 3; which++)
			expect_rc("non-canonical base", hypercall_set_segment_base(which, wild[i]),
				  -XEN_EINVAL);
		for (unsigned int msr = MSR_FS_BASE; msr <= MSR_KERNEL_GS_BASE; msr++)
			expect_fault("wrmsr of it", pv_try_wrmsr(msr, wild[i]), GP(0));
	}
	expect_eq("GS after refusals", gs_read(), before);
}

SNIPPET(user_gs, "movq %gs:0, %rax");

static void modes(void)
{
	struct pv_regs in = regs_user(user_gs);
	const struct pv_regs *out = run(&in);

	expect_fault("GS in user mode", regs_fault(out), BP);
	expect_eq("GS in user mode", out->rax, data[2]);
	expect_eq("GS in kernel mode again", gs_read(), data[1]);
}

SNIPPET(fsgs, "rdfsbase %rax; rdgsbase %rcx; wrfsbase %rbx");

static void instructions(void)
{
	struct pv_regs in = regs_kernel(fsgs);
	const struct pv_regs *out;
	uint64_t cr4;

	if (!(pv_cpuid(7, 0).b & 1))
		return;
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | 1UL << 16));
	in.rbx = (uint64_t)&data[0];
	out = run(&in);
	expect_fault("FSGSBASE", regs_fault(out), BP);
	expect_eq("rdfsbase", out->rax, (uint64_t)&data[3]);
	expect_eq("rdgsbase", out->rcx, (uint64_t)&data[1]);
	expect_eq("FS after wrfsbase", fs_read(), data[0]);
	/* Through a yield, so that the bases are saved and restored. */
	pv_yield();
	expect_eq("FS after a yield", fs_read(), data[0]);
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4));
}

static void selector(void)
{
	uint64_t v = 0;

	expect_rc("null user selector", hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
	hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0xfff3);
	hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0x1233);
	expect_eq("GS after bad selectors", gs_read(), data[1]);
	expect_fault("rdmsr user GS", pv_try_rdmsr(MSR_KERNEL_GS_BASE, &v), FAULT_NONE);
}

void test_main(void)
{
	user_root_make();
	good();
	bad();
	modes();
	instructions();
	selector();
}
