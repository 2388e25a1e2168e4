/* SPDX-License-Identifier: MIT */
/*
 * CPUID as a guest's kernel sees it: the Xen leaves, which say what hypervisor this is, and the
 * domain's policy with what depends on the vCPU's state put in.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <pv/cpuid.h>
#include <core/frame.h>
#include <core/lib.h>
#include <pv/privop.h>
#include <x86/time.h>

#define XEN_LEAF        0x40000000U
#define XEN_LEAF_LAST   0x40000005U
#define TSC_RELIABLE    2U
#define TSC_MODE_NATIVE 2U
#define ECX_XSAVE       (1U << 26) /* leaf 1 */
#define ECX_OSXSAVE     (1U << 27)

/* Width of the machine addresses that RAM has. */
static u32 machine_width(void)
{
	return bit_last(max_mfn) + 1 + PAGE_SHIFT;
}

static void time_leaf(u32 subleaf, u32 out[4])
{
	if (subleaf == 0) {
		out[1] = TSC_MODE_NATIVE;
		out[2] = (u32)tsc_khz;
	} else if (subleaf == 2)
		out[0] = (u32)tsc_khz;
}

static void xen_leaf(u32 leaf, u32 subleaf, u32 out[4])
{
	switch (leaf - XEN_LEAF) {
	case 0:
		out[0] = XEN_LEAF_LAST;
		memcpy(out + 1, "XenVMMXenVMM", 12);
		break;
	case 1: out[0] = PV_ABI_XEN_MAJOR << 16 | PV_ABI_XEN_MINOR; break;
	case 2: /* one hypercall page, by this MSR; PV builders fill it in */
		out[0] = 1;
		out[1] = XEN_LEAF;
		break;
	case 3: time_leaf(subleaf, out); break;
	case 5: out[1] = machine_width(); break;
	}
}

void pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	const xen_cpuid_leaf_t *l;
	u32 native[4];

	if (leaf - XEN_LEAF <= XEN_LEAF_LAST - XEN_LEAF) {
		memset(out, 0, sizeof(native));
		xen_leaf(leaf, subleaf, out);
		return;
	}
	l = cpuid_policy_find(cpuid_policy_of(v->domain), leaf, subleaf);
	if (!l) {
		memset(out, 0, sizeof(native));
		return;
	}
	out[0] = l->a;
	out[1] = l->b;
	out[2] = l->c;
	out[3] = l->d;
	if (leaf == 1) {
		/* As the instruction itself shows it, the CPU's CR4 always having the bit: Linux
		 * looks before it sets its own, and does without XSAVE if it is not there. */
		if (out[2] & ECX_XSAVE)
			out[2] |= ECX_OSXSAVE;
	} else if (leaf == 0xd && subleaf == 0) {
		cpuid(0xd, 0, native); /* ebx: size for the XCR0 that is loaded */
		out[1] = native[1];
	}
}
