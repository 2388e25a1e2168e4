/* SPDX-License-Identifier: MIT */
/*
 * The guest's debug registers, and its CR0.TS.
 *
 * A breakpoint may lie in the guest's part of the address space only, its whole length: one on the
 * hypervisor's would let a guest stop it (XSA-444).
 */
#include <pv/bounce.h>
#include <x86/context.h>
#include <core/errno.h>
#include <core/hypercall.h>

#define DR6_FIXED      0xffff0ff0UL
#define DR7_FIXED      0x400UL
#define DR7_GD         (1UL << 13)
#define DR7_RESERVED_0 (0xffffffff00000000UL | 1UL << 11 | 1UL << 12 | 1UL << 14 | 1UL << 15)
#define DR7_ENABLE     0xffUL
#define DR7_LONGEST    8

/* I/O breakpoints (type 2) need CR4.DE, which is off: refused. */
static bool dr7_types_ok(u64 value)
{
	for (unsigned int i = 0; i < 4; i++)
		if (value >> (2 * i) & 3 && (value >> (16 + 4 * i) & 3) == 2)
			return false;
	return true;
}

static long set_dr7(struct vcpu *v, u64 value)
{
	if (value & DR7_GD)
		return -EINVAL;
	value = (value & ~DR7_RESERVED_0) | DR7_FIXED;
	if (!dr7_types_ok(value))
		return -EINVAL;
	v->arch.dr[7] = value;
	v->arch.dr_active = value & DR7_ENABLE;
	return 0;
}

static long set(struct vcpu *v, unsigned int reg, u64 value)
{
	switch (reg) {
	case 0 ... 3:
		if (!canonical(value) || !guest_range_ok(GADDR(value), DR7_LONGEST))
			return -EPERM;
		v->arch.dr[reg] = value;
		return 0;
	case 4:
	case 6: v->arch.dr[6] = (value & 0xe00fUL) | DR6_FIXED; return 0;
	case 5:
	case 7: return set_dr7(v, value);
	default: return -EINVAL;
	}
}

long hc_set_debugreg(unsigned int reg, u64 value)
{
	long rc = set(current, reg, value);

	if (!rc)
		context_load_debugregs(current);
	return rc;
}

long hc_get_debugreg(unsigned int reg)
{
	const struct vcpu *v = current;

	if (reg > 7)
		return -EINVAL;
	if (reg == 4 || reg == 5)
		reg += 2;
	return (long)v->arch.dr[reg & 7];
}

long hc_fpu_taskswitch(unsigned int ts)
{
	fpu_set_ts(current, ts);
	return 0;
}
