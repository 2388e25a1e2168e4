/* SPDX-License-Identifier: MIT */
/* Birth and end of what the PV guest kind keeps in a domain and in a vCPU. */
#include <core/arch.h>
#include <pv/vcpu_context.h>
#include <x86/asm.h>
#include <x86/context.h>
#include <pv/cpuid.h>
#include <core/errno.h>
#include <core/frame.h>
#include <pv/pagetable.h>
#include <x86/time.h>

/* What CR0 and CR4 of a guest read as at birth: PE MP ET NE WP AM PG; PAE MCE OSFXSR OSXMMEXCPT. */
#define CR0_GUEST 0x80050033UL
#define CR4_GUEST 0x660UL

int arch_domain_init(struct domain *d)
{
	d->arch.tsc_khz = tsc_khz;
	return 0;
}

void arch_domain_free(struct domain *d)
{
	cpuid_policy_free(d);
	kfree(d->arch.e820);
	d->arch.e820 = NULL;
	d->arch.e820_count = 0;
}

int arch_vcpu_init(struct vcpu *v)
{
	int rc;

	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		v->arch.gdt[i] = MFN_NONE;
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		v->arch.ldt[i] = MFN_NONE;
	mmu_init_roots(v);
	v->arch.cr0 = CR0_GUEST;
	v->arch.cr4 = CR4_GUEST;
	v->arch.xcr0 = 1;
	v->arch.traps = page_alloc();
	if (!v->arch.traps)
		return -ENOMEM;
	rc = fpu_init_vcpu(v);
	if (rc) {
		page_free(v->arch.traps);
		v->arch.traps = NULL;
	}
	return rc;
}

void arch_vcpu_free(struct vcpu *v)
{
	if (v->arch.traps)
		page_free(v->arch.traps);
	v->arch.traps = NULL;
	kfree(v->arch.iobitmap);
	v->arch.iobitmap = NULL;
	fpu_free_vcpu(v);
}

/* Its domain is paused and it is at rest, so that it is not on its roots. */
int pv_vcpu_reset(struct vcpu *v)
{
	int rc;

	v->up = false;
	rc = mmu_drop_roots(v);
	if (rc)
		return rc;
	segment_drop_gdt(v);
	segment_drop_ldt(v);
	v->arch.ldt_entries = 0;
	v->initialised = false;
	return 0;
}
