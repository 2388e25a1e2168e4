/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers: an allow-list. Everything that is not in it is refused, and the guest
 * gets the #GP that a CPU without that register would raise. Reads of the real ones are fault-safe
 * (XSA-333).
 */
#include <x86/asm.h>
#include <pv/bounce.h>
#include <x86/context.h>
#include <core/errno.h>
#include <x86/machine.h>
#include <pv/privop.h>

#define EFER_GUEST 0xd01UL /* SCE, LME, LMA, NX: what the guest runs with */

enum msr_read { R_CONST, R_NATIVE, R_BASE };
enum msr_write { W_REFUSE, W_IGNORE, W_BASE };

/* Rows by register range; value: the constant, or which segment base. The bases come first: stock
 * kernels read one at every switch of tasks. */
static const struct msr_rule {
	u32 first, last;
	u8 read, write;
	u64 value;
} rules[] = {
	{ MSR_KERNEL_GS_BASE, MSR_KERNEL_GS_BASE, R_BASE, W_BASE, SEGBASE_GS_USER },
	{ MSR_GS_BASE, MSR_GS_BASE, R_BASE, W_BASE, SEGBASE_GS_KERNEL },
	{ MSR_FS_BASE, MSR_FS_BASE, R_BASE, W_BASE, SEGBASE_FS },
	{ 0x10, 0x10, R_NATIVE, W_REFUSE, 0 },         /* TSC */
	{ 0x17, 0x17, R_CONST, W_REFUSE, 0 },          /* platform id */
	{ 0x1b, 0x1b, R_CONST, W_REFUSE, 0xfee00900 }, /* APIC base: on, boot CPU */
	{ 0x3a, 0x3a, R_CONST, W_REFUSE, 1 },          /* feature control: locked, nothing on */
	{ 0x8b, 0x8b, R_NATIVE, W_IGNORE, 0 },         /* microcode revision */
	{ 0x179, 0x17a, R_CONST, W_REFUSE, 0 },        /* machine check: no banks */
	{ 0x1a0, 0x1a0, R_NATIVE, W_IGNORE, 0 },       /* Intel: miscellaneous enables */
	{ 0x277, 0x277, R_CONST, W_REFUSE, PAT_VALUE },
	{ MSR_EFER, MSR_EFER, R_CONST, W_REFUSE, EFER_GUEST },
	{ MSR_TSC_AUX, MSR_TSC_AUX, R_CONST, W_IGNORE,
	  0 }, /* RDTSCP's number: CPUID does not offer it */
	{ 0xc0010000, 0xc0010007, R_CONST, W_IGNORE, 0 },  /* AMD: performance counters, none */
	{ 0xc0010015, 0xc0010015, R_CONST, W_IGNORE, 0 },  /* AMD: HWCR */
	{ 0xc0011029, 0xc0011029, R_NATIVE, W_IGNORE, 0 }, /* AMD: LFENCE serialises */
};

static const struct msr_rule *find(u32 msr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++)
		if (msr >= rules[i].first && msr <= rules[i].last)
			return &rules[i];
	return NULL;
}

/* Of 1a0 a kernel reads what is on; the write side never reaches the CPU. */
int pv_rdmsr(struct vcpu *v, u32 msr, u64 *value)
{
	const struct msr_rule *r = find(msr);

	(void)v;
	if (!r)
		return -EPERM;
	switch (r->read) {
	case R_BASE: *value = context_read_base((unsigned int)r->value); return 0;
	case R_NATIVE: return rdmsr_safe(msr, value) ? -EPERM : 0;
	default: *value = r->value; return 0;
	}
}

int pv_wrmsr(struct vcpu *v, u32 msr, u64 value)
{
	const struct msr_rule *r = find(msr);

	(void)v;
	if (!r || r->write == W_REFUSE)
		return -EPERM;
	if (r->write == W_BASE) {
		if (!canonical(value))
			return -EPERM;
		context_write_base((unsigned int)r->value, value);
	}
	return 0;
}
