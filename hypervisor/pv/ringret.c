/* SPDX-License-Identifier: MIT */
/*
 * Returns from ring 3 to ring 3 under SMAP on QEMU.
 *
 * QEMU 7.2's TCG reads the operands of iretq, lret and lcall as the supervisor would, so with SMAP
 * on they fault from CPL 3 with P set and U clear. Real CPUs do not. Only when all of that holds,
 * and the address lies in the instruction's stack slots, the return is done here, with the checks
 * that a ring-3 return makes: the selectors must have RPL 3 and name code and stack segments that
 * ring 3 may load, and rip must be canonical.
 */
#include <pv/bounce.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/hypercall.h>
#include <x86/machine.h>
#include <pv/privop.h>

/* Flags that IRET at CPL 3 with IOPL 0 changes (AMD APM volume 3, IRET): not IF, IOPL, VM. */
#define IRET_FLAGS 0x254dd5UL

struct far_target {
	u64 rip, cs, rflags, rsp, ss;
};

static bool in_slots(const struct cpu_regs *regs, u64 addr, unsigned int bytes)
{
	return addr - regs->rsp < bytes;
}

/* Bits of a descriptor's rights as LAR gives them. */
#define AR_WRITABLE   0x200U
#define AR_CONFORMING 0x400U
#define AR_CODE       0x800U
#define AR_SEGMENT    0x1000U
#define AR_PRESENT    0x8000U
#define AR_L_AND_D    0x600000U

/* 0 for what is no descriptor. The GDT window is mapped throughout, so this cannot fault. */
static u32 gdt_rights(u16 sel)
{
	u32 rights = 0;
	bool ok;

	__asm__("lar %2, %0; setz %1" : "+r"(rights), "=q"(ok) : "r"((u32)sel) : "cc");
	return ok ? rights : 0;
}

static bool is_code(u32 r)
{
	return (r & AR_SEGMENT) && (r & AR_CODE) && (r & AR_L_AND_D) != AR_L_AND_D &&
	       ((r & AR_CONFORMING) || (r >> 13 & 3) == 3);
}

static bool is_stack(u32 r)
{
	return (r & AR_SEGMENT) && !(r & AR_CODE) && (r & AR_WRITABLE) && (r >> 13 & 3) == 3;
}

/* Bounces the fault that the CPU would raise for the selector. */
static bool selector_faults(struct cpu_regs *regs, u16 sel, bool (*good)(u32), u8 absent)
{
	u32 rights;

	if (sel & 4)
		return false; /* the LDT comes in on demand: left to the IRET of the way out */
	rights = gdt_rights(sel);
	if (good(rights) && (rights & AR_PRESENT))
		return false;
	bounce_exception(regs, good(rights) ? absent : TRAP_GP, sel & 0xfffc);
	return true;
}

static bool go(struct cpu_regs *regs, const struct far_target *t)
{
	if ((t->cs & 3) != 3 || (t->ss & 3) != 3 || !(t->cs & ~3UL)) {
		bounce_gp(regs, (u32)(t->cs & 0xfffc));
		return true;
	}
	if (selector_faults(regs, (u16)t->cs, is_code, TRAP_NP) ||
	    selector_faults(regs, (u16)t->ss, is_stack, TRAP_SS))
		return true;
	if (!canonical(t->rip)) {
		bounce_gp(regs, 0);
		return true;
	}
	regs->rip = t->rip;
	regs->cs = (u16)t->cs;
	regs->rflags = rflags_for_guest((regs->rflags & ~IRET_FLAGS) | (t->rflags & IRET_FLAGS));
	regs->rsp = t->rsp;
	regs->ss = (u16)t->ss;
	return true;
}

static bool iretq(struct cpu_regs *regs, u64 addr)
{
	struct far_target t;

	if (!in_slots(regs, addr, sizeof(t)) || guest_read(&t, GADDR(regs->rsp), sizeof(t)))
		return false;
	return go(regs, &t);
}

static bool lretq(struct cpu_regs *regs, const struct insn *i, u64 addr)
{
	struct far_target t = { .rflags = regs->rflags, .ss = regs->ss };
	u64 slots[2];

	if (!in_slots(regs, addr, sizeof(slots)) ||
	    guest_read(slots, GADDR(regs->rsp), sizeof(slots)))
		return false;
	t.rip = slots[0];
	t.cs = (u16)slots[1];
	t.rsp = regs->rsp + sizeof(slots) + (i->opcode == 0xca ? (u16)i->imm : 0);
	return go(regs, &t);
}

/* lcall *m16:64: reads its target and pushes rip and cs. */
static bool lcallq(struct cpu_regs *regs, const struct insn *i, u64 addr)
{
	struct far_target t = { .rflags = regs->rflags, .rsp = regs->rsp - 16, .ss = regs->ss };
	u64 frame[2] = { regs->rip + i->length, regs->cs };
	u16 sel;

	if (addr - (regs->rsp - 16) >= 16 && addr - i->ea >= 10)
		return false;
	if (guest_read(&t.rip, GADDR(i->ea), 8) || guest_read(&sel, GADDR(i->ea + 8), 2))
		return false;
	t.cs = sel;
	if ((t.cs & 3) == 3 && canonical(t.rip) && guest_write(GADDR(t.rsp), frame, sizeof(frame)))
		return false;
	return go(regs, &t);
}

bool ringret_emulate(struct cpu_regs *regs, u64 addr)
{
	struct insn i;

	if (!cpu_has_smap || insn_decode(regs, &i) || i.opsize != 8)
		return false;
	switch (i.opcode) {
	case 0xcf: return iretq(regs, addr);
	case 0xca:
	case 0xcb: return lretq(regs, &i, addr);
	case 0xff: return (i.reg & 7) == 3 && i.has_mem && lcallq(regs, &i, addr);
	default: return false;
	}
}
