/* SPDX-License-Identifier: MIT */
/*
 * The five instructions that tell where system tables are. Any program may execute them, and some
 * do (emulators, old run-time libraries); the hypervisor sets CR4.UMIP against what they give away,
 * so they fault, and are answered here, in either mode: as on a CPU without UMIP, but with values
 * that say nothing of this machine. (Intel SDM volume 2: SGDT, SIDT, SLDT, STR, SMSW.)
 */
#include <core/arch.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/lib.h>
#include <pv/bounce.h>
#include <pv/privop.h>

#define TABLE_BASE HV_VIRT_START /* the hypervisor's half, as it would be */
#define GDT_LIMIT  0xefffU
#define IDT_LIMIT  0xfffU

static unsigned int row(const struct insn *i)
{
	return i->reg & 7;
}

bool privop_is_umip(const struct insn *i)
{
	if (i->opcode == 0x0f00)
		return row(i) < 2; /* sldt, str */
	if (i->opcode != 0x0f01)
		return false;
	return row(i) == 4 || (i->has_mem && row(i) < 2); /* smsw; sgdt, sidt */
}

/* In parts, so that a fault names the first byte that cannot be written. */
static bool store(struct cpu_regs *regs, const struct insn *i, const void *from, unsigned int n)
{
	unsigned int first = MIN(n, (unsigned int)(PAGE_SIZE - (i->ea & ~PAGE_MASK)));
	u64 at = i->ea;

	if (!canonical(at) || !canonical(at + n - 1))
		return false;
	if (!guest_write(GADDR(at), from, first)) {
		at += first;
		if (first == n || !guest_write(GADDR(at), (const u8 *)from + first, n - first)) {
			regs->rip += i->length;
			return true;
		}
	}
	bounce_page_fault(regs, at, PFEC_W);
	return true;
}

/* A base of eight bytes in 64-bit code, of four elsewhere. */
static bool store_table(struct cpu_regs *regs, const struct insn *i, u16 limit)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) t = { limit, TABLE_BASE };

	return store(regs, i, &t, i->bits == 64 ? 10 : 6);
}

/* A register takes what fits the operand, memory always two bytes. */
static bool store_word(struct cpu_regs *regs, const struct insn *i, u64 value)
{
	u16 word = (u16)value;

	if (i->has_mem)
		return store(regs, i, &word, sizeof(word));
	insn_reg_write(regs, i, i->rm, i->opsize, value);
	regs->rip += i->length;
	return true;
}

bool privop_umip(struct cpu_regs *regs, const struct insn *i)
{
	const struct vcpu *v = current;

	regs->rflags &= ~RFLAGS_RF;
	if (i->opcode == 0x0f00)
		return store_word(regs, i,
				  row(i) == 1           ? SEL_TSS
				  : v->arch.ldt_entries ? SEL_LDT
							: 0);
	if (row(i) == 4)
		return store_word(regs, i, pv_cr0(v));
	return store_table(regs, i, row(i) ? IDT_LIMIT : GDT_LIMIT);
}
