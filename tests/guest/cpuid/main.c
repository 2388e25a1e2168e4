/* SPDX-License-Identifier: MIT */
/*
 * CPUID with the forced-emulation prefix: the Xen leaves are there and nothing behind them;
 * features that a PV guest cannot have are hidden, those that it needs are shown; OSXSAVE follows
 * CR4; RIP goes past both prefix and instruction. In user mode the prefix is a plain #UD.
 */
#include "test.h"

static void xen_leaves(void)
{
	struct pv_cpuid r = pv_cpuid(0x40000000, 0);
	struct {
		uint32_t b, c, d;
	} name = { r.b, r.c, r.d };

	expect(!memcmp(&name, "XenVMMXenVMM", 12), "the signature is not Xen's");
	expect(r.a >= 0x40000002 && r.a < 0x40000100, "the last Xen leaf is %#x", r.a);
	r = pv_cpuid(0x40000001, 0);
	expect_eq("version leaf", r.a, (uint64_t)hypercall_xen_version(XENVER_version, NULL));
	for (uint32_t leaf = 0x40000100; leaf < 0x40001000; leaf += 0x100) {
		r = pv_cpuid(leaf, 0);
		expect(!(r.a | r.b | r.c | r.d), "leaf %#x is not empty", leaf);
	}
}

struct bit {
	const char *name;
	uint32_t leaf, subleaf;
	unsigned int reg, bit; /* reg: 0 eax .. 3 edx */
	bool wanted;
};

static const struct bit bits[] = {
	{ "PSE", 1, 0, 3, 3, false },

	{ "PGE", 1, 0, 3, 13, false },
	{ "PSE36", 1, 0, 3, 17, false },
	{ "APIC", 1, 0, 3, 9, true },
	{ "FXSR", 1, 0, 3, 24, true },
	{ "SSE2", 1, 0, 3, 26, true },
	{ "CX16", 1, 0, 2, 13, true },
	{ "MONITOR", 1, 0, 2, 3, false },
	{ "VMX", 1, 0, 2, 5, false },
	{ "PCID", 1, 0, 2, 17, false },
	{ "hypervisor", 1, 0, 2, 31, true },
	{ "SMEP", 7, 0, 1, 7, false },
	{ "SMAP", 7, 0, 1, 20, false },
	{ "INVPCID", 7, 0, 1, 10, false },
	{ "UMIP", 7, 0, 2, 2, false },
	{ "PKU", 7, 0, 2, 3, false },
	{ "LA57", 7, 0, 2, 16, false },
	{ "SYSCALL", 0x80000001, 0, 3, 11, true },
	{ "NX", 0x80000001, 0, 3, 20, true },
	{ "LM", 0x80000001, 0, 3, 29, true },
	{ "1 GiB pages", 0x80000001, 0, 3, 26, false },
	{ "SVM", 0x80000001, 0, 2, 2, false },
};

static void features(void)
{
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(bits); i++) {
		const struct bit *b = &bits[i];
		struct pv_cpuid r = pv_cpuid(b->leaf, b->subleaf);
		uint32_t regs[4] = { r.a, r.b, r.c, r.d };

		expect((regs[b->reg] >> b->bit & 1) == b->wanted, "%s is %s", b->name,
		       b->wanted ? "missing" : "shown");
	}
}

static void osxsave(void)
{
	uint64_t cr4;

	if (!(pv_cpuid(1, 0).c >> 26 & 1))
		return;
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | 1UL << 18));
	expect(pv_cpuid(1, 0).c >> 27 & 1, "OSXSAVE does not follow CR4");
}

SNIPPET(forced,
	"movl $0x40000000, %eax; .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid; forced_end: nop");
SNIPPET(other_prefix, "movl $0, %eax; .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; nop");
extern const char forced_end[];

static void prefix(void)
{
	struct pv_regs in = regs_kernel(forced);
	const struct pv_regs *out = run(&in);

	expect_fault("the prefix in kernel mode", regs_fault(out), BP);
	expect_eq("EBX", out->rbx, 0x566e6558);
	in = regs_kernel(other_prefix);
	expect_fault("the prefix before another instruction", regs_fault(run(&in)), UD);
}

void test_main(void)
{
	user_root_make();
	xen_leaves();
	features();
	osxsave();
	prefix();
}
