/* SPDX-License-Identifier: MIT */
/*
 * Instruction bytes of the guest, decoded.
 *
 * Bytes are fetched once, as far as the page boundary and then beyond it if they can be read.
 * Prefixes, one- and two-byte opcodes, ModRM, SIB, displacement and immediate follow AMD APM volume
 * 3, chapter 1. A table says for each known opcode whether ModRM and an immediate follow; the
 * others are refused.
 */
#include <x86/context.h>
#include <pv/decode.h>
#include <core/errno.h>
#include <core/guest_access.h>

enum { K_NONE = 0, K_KNOWN = 1, K_MODRM = 2, K_IMM8 = 4, K_IMM = 8, K_BYTE = 16 };

#define ALU_ROW(base)                                                        \
	[base] = K_KNOWN | K_MODRM | K_BYTE, [base + 1] = K_KNOWN | K_MODRM, \
	[base + 2] = K_KNOWN | K_MODRM | K_BYTE, [base + 3] = K_KNOWN | K_MODRM

static const u8 one_byte[256] = {
	ALU_ROW(0x00),
	ALU_ROW(0x08),
	ALU_ROW(0x10),
	ALU_ROW(0x18),
	ALU_ROW(0x20),
	ALU_ROW(0x28),
	ALU_ROW(0x30),
	[0x6c] = K_KNOWN | K_BYTE,
	[0x6d] = K_KNOWN,
	[0x6e] = K_KNOWN | K_BYTE,
	[0x6f] = K_KNOWN, /* ins, outs */
	[0x80] = K_KNOWN | K_MODRM | K_IMM8 | K_BYTE,
	[0x81] = K_KNOWN | K_MODRM | K_IMM,
	[0x83] = K_KNOWN | K_MODRM | K_IMM8,
	[0x86] = K_KNOWN | K_MODRM | K_BYTE,
	[0x87] = K_KNOWN | K_MODRM, /* xchg */
	[0x88] = K_KNOWN | K_MODRM | K_BYTE,
	[0x89] = K_KNOWN | K_MODRM, /* mov store */
	[0xa4] = K_KNOWN | K_BYTE,
	[0xa5] = K_KNOWN, /* movs */
	[0xaa] = K_KNOWN | K_BYTE,
	[0xab] = K_KNOWN, /* stos */
	[0xc6] = K_KNOWN | K_MODRM | K_IMM8 | K_BYTE,
	[0xc7] = K_KNOWN | K_MODRM | K_IMM,
	[0xca] = K_KNOWN,
	[0xcb] = K_KNOWN, /* lret imm16, lret */
	[0xcd] = K_KNOWN | K_IMM8,
	[0xcf] = K_KNOWN, /* int, iret */
	[0xe4] = K_KNOWN | K_IMM8 | K_BYTE,
	[0xe5] = K_KNOWN | K_IMM8, /* in imm */
	[0xe6] = K_KNOWN | K_IMM8 | K_BYTE,
	[0xe7] = K_KNOWN | K_IMM8, /* out imm */
	[0xec] = K_KNOWN | K_BYTE,
	[0xed] = K_KNOWN,
	[0xee] = K_KNOWN | K_BYTE,
	[0xef] = K_KNOWN,
	[0xf4] = K_KNOWN, /* hlt */
	[0xf6] = K_KNOWN | K_MODRM | K_BYTE,
	[0xf7] = K_KNOWN | K_MODRM, /* group 3: not, neg only */
	[0xfa] = K_KNOWN,
	[0xfb] = K_KNOWN, /* cli, sti */
	[0xfe] = K_KNOWN | K_MODRM | K_BYTE,
	[0xff] = K_KNOWN | K_MODRM, /* inc, dec; far call */
};

static const u8 two_byte[256] = {
	[0x01] = K_KNOWN | K_MODRM, /* invlpg, xsetbv, rdtscp, swapgs ... */
	[0x06] = K_KNOWN,
	[0x08] = K_KNOWN,
	[0x09] = K_KNOWN,
	[0x0b] = K_KNOWN, /* clts, invd, wbinvd, ud2 */
	[0x20] = K_KNOWN | K_MODRM,
	[0x21] = K_KNOWN | K_MODRM,
	[0x22] = K_KNOWN | K_MODRM,
	[0x23] = K_KNOWN | K_MODRM,
	[0x30] = K_KNOWN,
	[0x31] = K_KNOWN,
	[0x32] = K_KNOWN,
	[0x33] = K_KNOWN, /* wrmsr, rdtsc, rdmsr, rdpmc */
	[0xa2] = K_KNOWN, /* cpuid */
	[0xab] = K_KNOWN | K_MODRM,
	[0xb3] = K_KNOWN | K_MODRM,
	[0xbb] = K_KNOWN | K_MODRM, /* bts, btr, btc */
	[0xb0] = K_KNOWN | K_MODRM | K_BYTE,
	[0xb1] = K_KNOWN | K_MODRM,          /* cmpxchg */
	[0xba] = K_KNOWN | K_MODRM | K_IMM8, /* bt group with immediate */
	[0xc0] = K_KNOWN | K_MODRM | K_BYTE,
	[0xc1] = K_KNOWN | K_MODRM, /* xadd */
	[0xc3] = K_KNOWN | K_MODRM, /* movnti */
	[0xc7] = K_KNOWN | K_MODRM, /* cmpxchg8b, cmpxchg16b */
};

struct cursor {
	struct insn *i;
	unsigned int pos;
	bool short_read; /* wanted a byte that could not be fetched */
};

static void fetch(const struct cpu_regs *regs, struct insn *i)
{
	unsigned int in_page = PAGE_SIZE - (regs->rip & ~PAGE_MASK);
	unsigned int first = MIN(in_page, INSN_MAX);

	i->fetched = 0;
	if (!guest_range_ok(GADDR(regs->rip), first) ||
	    guest_read(i->bytes, GADDR(regs->rip), first))
		return;
	i->fetched = first;
	if (first == INSN_MAX)
		return;
	if (guest_range_ok(GADDR(regs->rip + first), INSN_MAX - first) &&
	    !guest_read(i->bytes + first, GADDR(regs->rip + first), INSN_MAX - first))
		i->fetched = INSN_MAX;
}

static u8 next(struct cursor *c)
{
	if (c->pos >= c->i->fetched) {
		c->short_read = true;
		return 0;
	}
	return c->i->bytes[c->pos++];
}

static u64 next_signed(struct cursor *c, unsigned int bytes)
{
	u64 v = 0;

	for (unsigned int n = 0; n < bytes; n++)
		v |= (u64)next(c) << (8 * n);
	return (u64)((s64)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes));
}

/* Legacy prefixes in any order, then REX; returns the first opcode byte. */
static u8 prefixes(struct cursor *c, bool *op16)
{
	struct insn *i = c->i;

	for (;;) {
		u8 b = next(c);

		if (b == 0x66)
			*op16 = true;
		else if (b == 0x67)
			i->addr32 = true;
		else if (b == 0xf0)
			i->lock = true;
		else if (b == 0xf2)
			i->repne = true;
		else if (b == 0xf3)
			i->rep = true;
		else if (b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e || b == 0x64 || b == 0x65)
			i->segment = b;
		else if ((b & 0xf0) == 0x40) {
			i->rex = b;
			return next(c);
		} else
			return b;
		if (c->short_read)
			return 0;
	}
}

static const u8 reg_slot[16] = {
	offsetof(struct cpu_regs, rax) / 8, offsetof(struct cpu_regs, rcx) / 8,
	offsetof(struct cpu_regs, rdx) / 8, offsetof(struct cpu_regs, rbx) / 8,
	offsetof(struct cpu_regs, rsp) / 8, offsetof(struct cpu_regs, rbp) / 8,
	offsetof(struct cpu_regs, rsi) / 8, offsetof(struct cpu_regs, rdi) / 8,
	offsetof(struct cpu_regs, r8) / 8,  offsetof(struct cpu_regs, r9) / 8,
	offsetof(struct cpu_regs, r10) / 8, offsetof(struct cpu_regs, r11) / 8,
	offsetof(struct cpu_regs, r12) / 8, offsetof(struct cpu_regs, r13) / 8,
	offsetof(struct cpu_regs, r14) / 8, offsetof(struct cpu_regs, r15) / 8,
};

u64 *insn_reg(struct cpu_regs *regs, unsigned int n)
{
	return (u64 *)regs + reg_slot[n & 15];
}

static u64 reg_value(const struct cpu_regs *regs, unsigned int n)
{
	return ((const u64 *)regs)[reg_slot[n & 15]];
}

static u64 sib_address(struct cursor *c, const struct cpu_regs *regs, u8 mod)
{
	u8 sib = next(c), rex = c->i->rex;
	unsigned int base = (sib & 7) | (rex & 1) << 3, index = (sib >> 3 & 7) | (rex & 2) << 2;
	u64 a = 0;

	if (index != 4)
		a = reg_value(regs, index) << (sib >> 6);
	if ((sib & 7) == 5 && mod == 0)
		return a + next_signed(c, 4);
	return a + reg_value(regs, base);
}

/* The segment's base, where one counts in 64-bit code; live, since the guest may write it unseen.
 */
static u64 segment_base(u8 prefix)
{
	if (prefix == 0x64)
		return context_read_base(SEGBASE_FS);
	if (prefix == 0x65)
		return context_read_base(current->guest_kernel ? SEGBASE_GS_KERNEL
							       : SEGBASE_GS_USER);
	return 0;
}

/* ModRM; for RIP-relative operands imm_bytes is what still follows the displacement. */
static void modrm(struct cursor *c, const struct cpu_regs *regs, unsigned int imm_bytes)
{
	struct insn *i = c->i;
	u8 m = next(c), mod = m >> 6;
	u64 a;

	i->modrm_valid = true;
	i->mod = mod;
	i->reg = (m >> 3 & 7) | (i->rex & 4) << 1;
	i->rm = (m & 7) | (i->rex & 1) << 3;
	i->has_mem = mod != 3;
	if (mod == 3)
		return;
	if ((m & 7) == 4)
		a = sib_address(c, regs, mod);
	else if ((m & 7) == 5 && mod == 0) {
		a = next_signed(c, 4);
		a += regs->rip + c->pos + imm_bytes;
	} else
		a = reg_value(regs, i->rm);
	if (mod == 1)
		a += next_signed(c, 1);
	else if (mod == 2)
		a += next_signed(c, 4);
	if (i->addr32)
		a = (u32)a;
	i->ea = a + segment_base(i->segment);
}

static unsigned int imm_size(u8 kind, const struct insn *i)
{
	if (kind & K_IMM8)
		return 1;
	if (kind & K_IMM)
		return i->opsize == 2 ? 2 : 4;
	return 0;
}

int insn_decode(const struct cpu_regs *regs, struct insn *out)
{
	struct cursor c = { .i = out };
	bool op16 = false;
	unsigned int imm;
	u8 kind, b;

	*out = (struct insn){ 0 };
	fetch(regs, out);
	b = prefixes(&c, &op16);
	out->opcode = b;
	kind = one_byte[b];
	if (b == 0x0f) {
		b = next(&c);
		out->opcode = 0x0f00 | b;
		kind = two_byte[b];
	}
	if (c.short_read)
		return -EFAULT;
	if (!(kind & K_KNOWN))
		return -EINVAL;
	out->opsize = kind & K_BYTE ? 1 : out->rex & 8 ? 8 : op16 ? 2 : 4;
	imm = imm_size(kind, out);
	if (kind & K_MODRM)
		modrm(&c, regs, imm);
	if (out->opcode == 0xca)
		imm = 2;
	if (imm)
		out->imm = next_signed(&c, imm);
	out->length = c.pos;
	return c.short_read ? -EFAULT : 0;
}

static bool high_byte(const struct insn *i, unsigned int n, unsigned int size)
{
	return size == 1 && !i->rex && n >= 4 && n < 8;
}

u64 insn_reg_read(struct cpu_regs *regs, const struct insn *i, unsigned int n, unsigned int size)
{
	u64 v;

	if (high_byte(i, n, size))
		return *insn_reg(regs, n - 4) >> 8 & 0xff;
	v = *insn_reg(regs, n);
	return size == 8 ? v : v & ((1UL << (8 * size)) - 1);
}

void insn_reg_write(struct cpu_regs *regs, const struct insn *i, unsigned int n, unsigned int size,
		    u64 v)
{
	u64 *r = insn_reg(regs, high_byte(i, n, size) ? n - 4 : n);

	if (high_byte(i, n, size))
		*r = (*r & ~0xff00UL) | (v & 0xff) << 8;
	else if (size == 8)
		*r = v;
	else if (size == 4)
		*r = (u32)v;
	else if (size == 2)
		*r = (*r & ~0xffffUL) | (u16)v;
	else
		*r = (*r & ~0xffUL) | (u8)v;
}
