/* SPDX-License-Identifier: MIT */
/*
 * What the CPU can do, and the control registers that the hypervisor runs with.
 *
 * Sources: Intel SDM volumes 2 (CPUID) and 4 (MSR 10AH), AMD APM volume 3 (CPUID).
 */
#include <x86/asm.h>
#include <x86/context.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <x86/spec.h>
#include <core/printk.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define CR4_TSD  (1UL << 2)
#define CR4_DE   (1UL << 3)
#define CR4_PAE  (1UL << 5)
#define CR4_MCE  (1UL << 6)
#define CR0_RUN  0x80050033UL /* PG AM WP NE ET MP PE */
#define EFER_SCE 0x1UL
#define EFER_NXE 0x800UL
#define SFMASK_BITS                                                                            \
	(RFLAGS_AC | RFLAGS_NT | RFLAGS_RF | RFLAGS_DF | RFLAGS_IF | RFLAGS_TF | RFLAGS_IOPL | \
	 RFLAGS_VM)
#define MSR_ARCH_CAPABILITIES 0x10aU
#define ARCH_CAP_RDCL_NO      1UL
#define MSR_SYSENTER_CS       0x174U
#define MSR_SYSENTER_ESP      0x175U
#define MSR_SYSENTER_EIP      0x176U

char cpu_vendor = '?';
unsigned int paddr_bits = 36;
u64 cpu_cr4_features;
bool cpu_has_smap, cpu_has_fsgsbase, cpu_has_xsave, cpu_has_l1tf, cpu_has_erms;
bool cpu_has_1g_pages, cpu_has_xsaveopt, cpu_has_invariant_tsc, cpu_has_umip, cpu_has_meltdown;
bool cpu_keeps_fpu_pointers;
static u64 arch_capabilities;

struct leaves {
	u32 l1[4], l7[4], e1[4], e7[4], e8[4];
};

static void read_leaves(struct leaves *l)
{
	u32 max[4], emax[4];

	memset(l, 0, sizeof(*l));
	cpuid(0, 0, max);
	cpuid(0x80000000, 0, emax);
	cpuid(1, 0, l->l1);
	if (max[0] >= 7)
		cpuid(7, 0, l->l7);
	cpuid(0x80000001, 0, l->e1);
	if (emax[0] >= 0x80000007)
		cpuid(0x80000007, 0, l->e7);
	if (emax[0] >= 0x80000008)
		cpuid(0x80000008, 0, l->e8);
}

static char read_vendor(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[1] == 0x756e6547) /* "Genu" */
		return 'I';
	return r[1] == 0x68747541 /* "Auth" */ || r[1] == 0x6f677948 /* "Hygo" */ ? 'A' : '?';
}

/*
 * Intel's CPUs up to about 2018 are open to Meltdown and L1TF, and those that are not say so. Some
 * Atoms before them were never open; they are taken for open all the same, which costs them an
 * option.
 */
static void find_leaks(const struct leaves *l)
{
	if (cpu_vendor != 'I')
		return;
	if (l->l7[3] >> 29 & 1 && rdmsr_safe(MSR_ARCH_CAPABILITIES, &arch_capabilities))
		arch_capabilities = 0;
	cpu_has_l1tf = cpu_has_meltdown = !(arch_capabilities & ARCH_CAP_RDCL_NO);
}

u64 cpu_arch_capabilities(void)
{
	return arch_capabilities;
}

static void choose_cr4(const struct leaves *l)
{
	cpu_cr4_features = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (l->l7[1] >> 7 & 1)
		cpu_cr4_features |= CR4_SMEP;
	if (cpu_has_smap)
		cpu_cr4_features |= CR4_SMAP;
	if (cpu_has_umip)
		cpu_cr4_features |= CR4_UMIP;
	if (cpu_has_xsave)
		cpu_cr4_features |= CR4_OSXSAVE;
}

#define INSN_MAX   15   /* bytes of one instruction */
#define GUARD_SIZE 3    /* of the guard */
#define PREFIX_CS  0x2e /* means nothing in 64-bit mode */

static void nop_out(const struct patch_site *p)
{
	static const u8 nop[] = { 0x0f, 0x1f, 0x00 };
	u8 *end = (u8 *)p->site + p->length;

	BUG_ON(p->length < sizeof(nop) || p->length > INSN_MAX);
	memset((u8 *)p->site, PREFIX_CS, p->length - sizeof(nop));
	memcpy(end - sizeof(nop), nop, sizeof(nop));
}

/* What stands before the guard moves to the end. */
static void guard_out(const struct patch_site *p)
{
	u8 *site = (u8 *)p->site;

	BUG_ON(p->length <= GUARD_SIZE || p->length > INSN_MAX);
	memmove(site + GUARD_SIZE, site, p->length - GUARD_SIZE);
	memset(site, PREFIX_CS, GUARD_SIZE);
}

/* jmp or call rel32. Site and target lie in the entry text, or neither does, so the distance is the
 * same at every alias. */
static void divert(const struct patch_site *p)
{
	int distance = (int)(p->target - (p->site + 5));

	BUG_ON(p->length < 5);
	*(u8 *)p->site = p->feature == PATCH_THUNK_CALL ? 0xe8 : 0xe9;
	memcpy((u8 *)p->site + 1, &distance, sizeof(distance));
}

static void patch(u32 features)
{
	const bool on[PATCH_FEATURES] = {
		[PATCH_SMAP] = cpu_has_smap,     [PATCH_MASK] = spec.mask,
		[PATCH_GUARD] = spec.mask,       [PATCH_VERW] = spec.verw,
		[PATCH_PTI] = xpti_on,           [PATCH_THUNK] = spec.thunk,
		[PATCH_THUNK_CALL] = spec.thunk,
	};

	for (const struct patch_site *p = patch_start; p < patch_end; p++) {
		if (!(features >> p->feature & 1))
			continue;
		if (p->target && on[p->feature])
			divert(p);
		else if (p->feature == PATCH_GUARD && !on[PATCH_GUARD])
			guard_out(p);
		else if (!p->target && !on[p->feature])
			nop_out(p);
	}
}

void cpu_patch_text(void)
{
	patch(~(1U << PATCH_SMAP));
}

void cpu_identify(void)
{
	struct leaves l;

	read_leaves(&l);
	cpu_vendor = read_vendor();
	if (l.e8[0])
		paddr_bits = MIN(l.e8[0] & 0xff, 52U);
	cpu_has_xsave = l.l1[2] >> 26 & 1;
	cpu_has_fsgsbase = l.l7[1] & 1;
	cpu_has_erms = l.l7[1] >> 9 & 1;
	cpu_has_smap = l.l7[1] >> 20 & 1;
	cpu_has_umip = l.l7[2] >> 2 & 1;
	cpu_has_1g_pages = l.e1[3] >> 26 & 1;
	cpu_has_invariant_tsc = l.e7[3] >> 8 & 1;
	cpu_keeps_fpu_pointers = cpu_vendor == 'A' && !(l.e8[1] >> 2 & 1);
	patch(1U << PATCH_SMAP); /* every exception needs it */
	find_leaks(&l);
	spec_choose();
	choose_cr4(&l);
}

/* In the entry text, of the one of two entries that counts. */
static u64 offset(const char *plain, const char *pti)
{
	return (u64)((xpti_on ? pti : plain) - entry_page);
}

/* Also of CPUs that come up later. */
void cpu_setup(void)
{
	struct cpu *c = this_cpu();
	u64 text = (u64)c->entry - CPU_ENTRY_DATA;

	write_cr4(cpu_cr4_features);
	c->cr4 = cpu_cr4_features;
	write_cr0(CR0_RUN);
	spec_init_cpu();
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
	wrmsr(MSR_PAT, PAT_VALUE);
	wrmsr(MSR_STAR, (u64)SEL_GUEST_CS32 << 48 | (u64)SEL_HV_CS << 32);
	wrmsr(MSR_LSTAR, text + offset(entry_syscall, entry_syscall_pti));
	wrmsr(MSR_CSTAR, text + offset(entry_syscall_compat, entry_syscall_compat_pti));
	wrmsr(MSR_SFMASK, SFMASK_BITS);
	if (cpu_vendor != 'I')
		return; /* SYSENTER does not exist in long mode there */
	wrmsr(MSR_SYSENTER_CS, SEL_HV_CS);
	wrmsr(MSR_SYSENTER_ESP, 0);
	wrmsr(MSR_SYSENTER_EIP, text + offset(entry_sysenter, entry_sysenter_pti));
}

/* What a guest's CR4 changes of the hardware's (XSA-293): never the other way round. */
u64 context_cr4_mask(void)
{
	return CR4_TSD | CR4_DE | (cpu_has_fsgsbase ? CR4_FSGSBASE : 0) |
	       (cpu_has_xsave ? CR4_OSXSAVE : 0);
}

u64 context_cr4(const struct vcpu *v)
{
	return cpu_cr4_features | (v->arch.cr4 & context_cr4_mask());
}
