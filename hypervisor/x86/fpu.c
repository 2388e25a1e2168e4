/* SPDX-License-Identifier: MIT */
/*
 * FPU state, switched eagerly: saved whenever a vCPU leaves a CPU, loaded whenever another one
 * comes (XSA-267). While it is saved or loaded XCR0 holds every component that any guest may
 * enable, so that a component that one guest switched off cannot carry its contents to the next.
 *
 * The area is in the standard (not compacted) format; its first 512 bytes are an FXSAVE image.
 */
#include <x86/asm.h>
#include <x86/context.h>
#include <x86/fpu_image.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define XCR0_SSE           2UL
#define XCR0_AVX           4UL
#define XCR0_AVX512        0xe0UL
#define XCR0_OURS          (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512)

#define FCW_INIT           0x37fU
#define MXCSR_INIT         0x1f80U
#define MXCSR_MASK_DEFAULT 0xffbfU

u64 xcr0_mask = XCR0_X87 | XCR0_SSE;
u32 xsave_size = FXSAVE_SIZE;
static u32 mxcsr_mask = MXCSR_MASK_DEFAULT;

static void xsetbv(u64 v)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((u32)v), "d"((u32)(v >> 32)));
}

static void clts(void)
{
	__asm__ volatile("clts");
}

static void stts(void)
{
	write_cr0(read_cr0() | CR0_TS);
}

static u64 INIT_TEXT find_xcr0(void)
{
	u32 r[4];
	u64 have;

	cpuid(0xd, 0, r);
	have = ((u64)r[3] << 32 | r[0]) & XCR0_OURS;
	if (!(have & XCR0_AVX) || (have & XCR0_AVX512) != XCR0_AVX512)
		have &= ~XCR0_AVX512;
	cpuid(0xd, 1, r);
	cpu_has_xsaveopt = r[0] & 1;
	return have;
}

void INIT_TEXT fpu_init(void)
{
	static u8 image[FXSAVE_SIZE] ALIGNED(16) __attribute__((section(".init.data")));
	u32 r[4];

	__asm__ volatile("fxsave64 %0" : "=m"(image));
	memcpy(&mxcsr_mask, image + MXCSR_MASK_AT, sizeof(mxcsr_mask));
	if (!mxcsr_mask)
		mxcsr_mask = MXCSR_MASK_DEFAULT;
	if (!cpu_has_xsave)
		return;
	xcr0_mask = find_xcr0();
	xsetbv(xcr0_mask);
	cpuid(0xd, 0, r);
	xsave_size = r[1];
	BUG_ON(xsave_size > PAGE_SIZE);
}

static void put16(u8 *area, unsigned int at, u16 v)
{
	memcpy(area + at, &v, sizeof(v));
}

static void put32(u8 *area, unsigned int at, u32 v)
{
	memcpy(area + at, &v, sizeof(v));
}

/* An empty header means that every component is in its first state; x87 and SSE say so in full. */
static void area_init(void *area)
{
	memset(area, 0, xsave_size);
	put16(area, FCW_AT, FCW_INIT);
	put32(area, MXCSR_AT, MXCSR_INIT);
}

int fpu_init_vcpu(struct vcpu *v)
{
	v->arch.fpu = page_alloc();
	if (!v->arch.fpu)
		return -ENOMEM;
	area_init(v->arch.fpu);
	v->arch.fpu_valid = true;
	v->arch.xcr0 = XCR0_X87;
	return 0;
}

static void forget_owner(struct vcpu *v)
{
	for (unsigned int i = 0; i < NR_CPUS; i++)
		if (cpus[i].fpu_owner == v)
			cpus[i].fpu_owner = NULL;
}

void fpu_free_vcpu(struct vcpu *v)
{
	forget_owner(v);
	page_free(v->arch.fpu);
	v->arch.fpu = NULL;
}

static void full_xcr0(const struct vcpu *v)
{
	if (v->arch.xcr0 != xcr0_mask)
		xsetbv(xcr0_mask);
}

void fpu_save(struct vcpu *v)
{
	if (v->arch.ts)
		clts();
	if (!cpu_has_xsave) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(v->arch.fpu) : "memory");
		return;
	}
	full_xcr0(v);
	if (cpu_has_xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)"
				 :
				 : "r"(v->arch.fpu), "a"(-1), "d"(-1)
				 : "memory");
	else
		__asm__ volatile("xsave64 (%0)" : : "r"(v->arch.fpu), "a"(-1), "d"(-1) : "memory");
}

/* The images were checked when they were set, so a fault here is the hypervisor's own. */
static void load(const struct vcpu *v)
{
	int rc;

	if (cpu_keeps_fpu_pointers && !fpu_image_has_pointers(v->arch.fpu, cpu_has_xsave))
		fpu_forget_pointers();
	rc = cpu_has_xsave ? xrstor_safe(v->arch.fpu, ~0UL) : fxrstor_safe(v->arch.fpu);

	BUG_ON(rc);
}

void fpu_restore(struct vcpu *v)
{
	struct cpu *c = this_cpu();

	if (c->fpu_owner != v) {
		load(v);
		c->fpu_owner = v;
	}
	if (cpu_has_xsave && v->arch.xcr0 != xcr0_mask)
		xsetbv(v->arch.xcr0);
	if (v->arch.ts)
		stts();
}

void fpu_set_ts(struct vcpu *v, bool ts)
{
	if (v->arch.ts == ts)
		return;
	v->arch.ts = ts;
	if (ts)
		stts();
	else
		clts();
}

int fpu_set_xcr0(struct vcpu *v, u64 xcr0)
{
	if (!cpu_has_xsave || xcr0 & ~xcr0_mask || !(xcr0 & XCR0_X87))
		return -EINVAL;
	if (xcr0 & XCR0_AVX && !(xcr0 & XCR0_SSE))
		return -EINVAL;
	if (xcr0 & XCR0_AVX512 && (!(xcr0 & XCR0_AVX) || (xcr0 & XCR0_AVX512) != XCR0_AVX512))
		return -EINVAL;
	v->arch.xcr0 = xcr0;
	xsetbv(xcr0);
	return 0;
}

void fpu_get_fxsave(struct vcpu *v, void *fxsave512)
{
	memcpy(fxsave512, v->arch.fpu, FXSAVE_SIZE);
}

/* v at rest. The rest of the area goes to its first state, as with a new vCPU. */
int fpu_set_fxsave(struct vcpu *v, const void *fxsave512)
{
	u32 mxcsr;

	memcpy(&mxcsr, (const u8 *)fxsave512 + MXCSR_AT, sizeof(mxcsr));
	if (mxcsr & ~mxcsr_mask)
		return -EINVAL;
	forget_owner(v);
	memset(v->arch.fpu, 0, xsave_size);
	memcpy(v->arch.fpu, fxsave512, FXSAVE_SIZE - 96); /* what lies behind is reserved */
	if (cpu_has_xsave)
		*(u64 *)((u8 *)v->arch.fpu + FXSAVE_SIZE) = XCR0_X87 | XCR0_SSE;
	return 0;
}
