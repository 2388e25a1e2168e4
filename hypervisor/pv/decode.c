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
#include <pv/pagetable.h>
#include <core/errno.h>
#include <core/guest_access.h>

enum { K_NONE, K_KNOWN = 1, K_MODRM = 2, K_IMM8 = 4, K_IMM = 8, K_BYTE = 16, K_PREFIX = 32 };

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
	[0x26] = K_PREFIX,
	[0x2e] = K_PREFIX,
	[0x36] = K_PREFIX,
	[0x3e] = K_PREFIX,
	[0x40 ... 0x4f] = K_PREFIX, /* REX */
	[0x64 ... 0x67] = K_PREFIX,
	[0xf0] = K_PREFIX,
	[0xf2 ... 0xf3] = K_PREFIX,
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
	[0x00] = K_KNOWN | K_MODRM, /* sldt, str */
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
	unsigned int pos, addr_bits;
	bool short_read; /* wanted a byte that could not be fetched */
};

static void fetch(const struct cpu_regs *regs, struct insn *i)
{
	u64 rip = i->bits == 64 ? regs->rip
				: (u32)(regs->rip + segment_base(current, (u16)regs->cs));
	unsigned int in_page = PAGE_SIZE - (rip & ~PAGE_MASK);
	unsigned int first = MIN(in_page, INSN_MAX);

	i->fetched = 0;
	if (likely(in_page > INSN_MAX && guest_small_ok(GADDR(rip), sizeof(i->words)))) {
		if (!guest_read_words_in(i->words, GADDR(rip), 2))
			i->fetched = INSN_MAX;
		return;
	}
	if (guest_read(i->bytes, GADDR(rip), first))
		return;
	i->fetched = first;
	if (first < INSN_MAX && !guest_read(i->bytes + first, GADDR(rip + first), INSN_MAX - first))
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

/* Legacy prefixes in any order, then REX, which 64-bit code alone has; returns the first opcode
 * byte. */
static u8 prefixes(struct cursor *c, bool *op16)
{
	struct insn *i = c->i;

	for (;;) {
		u8 b = next(c);

		if (likely(!(one_byte[b] & K_PREFIX)))
			return b;
		if (b == 0x66)
			*op16 = i->bits != 16;
		else if (b == 0x67)
			c->addr_bits = i->bits == 32 ? 16 : 32;
		else if (b == 0xf0)
			i->lock = true;
		else if (b == 0xf2)
			i->repne = true;
		else if (b == 0xf3)
			i->rep = true;
		else if ((b & 0xf0) != 0x40)
			i->segment = b;
		else if (i->bits != 64)
			return b;
		else {
			i->rex = b;
			return next(c);
		}
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

enum { REG_BX = 3, REG_SP, REG_BP, REG_SI, REG_DI };

static u64 sib_address(struct cursor *c, const struct cpu_regs *regs, u8 mod, u8 *last)
{
	u8 sib = next(c), rex = c->i->rex;
	unsigned int base = (sib & 7) | (rex & 1) << 3, index = (sib >> 3 & 7) | (rex & 2) << 2;
	u64 a = 0;

	if (index != 4)
		a = reg_value(regs, index) << (sib >> 6);
	if ((sib & 7) == 5 && mod == 0)
		return a + next_signed(c, 4);
	*last = base;
	return a + reg_value(regs, base);
}

static u64 displacement(struct cursor *c, u8 mod)
{
	if (mod == 1)
		return next_signed(c, 1);
	return mod == 2 ? next_signed(c, c->addr_bits == 16 ? 2 : 4) : 0;
}

/* BX or BP, with SI or DI or without; SI; DI; or two bytes. */
static u64 address_16(struct cursor *c, const struct cpu_regs *regs, u8 m, u8 *last)
{
	static const u8 base[8] = {
		REG_BX, REG_BX, REG_BP, REG_BP, REG_SI, REG_DI, REG_BP, REG_BX
	};
	u8 mod = m >> 6, rm = m & 7;
	u64 a;

	if (mod == 0 && rm == 6)
		return next_signed(c, 2);
	*last = base[rm];
	a = reg_value(regs, base[rm]);
	if (rm < 4)
		a += reg_value(regs, REG_SI + (rm & 1));
	return a + displacement(c, mod);
}

/* For RIP-relative operands, which 64-bit code alone has, imm_bytes is what still follows the
 * displacement. last: the base register. */
static u64 address_32(struct cursor *c, const struct cpu_regs *regs, u8 m, unsigned int imm_bytes,
		      u8 *last)
{
	u8 mod = m >> 6;
	u64 a;

	if ((m & 7) == 4)
		return sib_address(c, regs, mod, last) + displacement(c, mod);
	if ((m & 7) == 5 && mod == 0) {
		a = next_signed(c, 4);
		return c->i->bits == 64 ? a + regs->rip + c->pos + imm_bytes : a;
	}
	*last = c->i->rm;
	a = reg_value(regs, c->i->rm);
	return a + displacement(c, mod);
}

/* The segment's base; of 64-bit code FS and GS alone have one. Live, since the guest may write it
 * unseen. */
static u64 base_of(const struct insn *i, const struct cpu_regs *regs, bool stack)
{
	struct vcpu *v = current;

	if (i->segment == 0x64)
		return context_read_base(SEGBASE_FS);
	if (i->segment == 0x65)
		return context_read_base(v->guest_kernel ? SEGBASE_GS_KERNEL : SEGBASE_GS_USER);
	if (i->bits == 64)
		return 0;
	context_note_selectors(v);
	switch (i->segment) {
	case 0x26: return segment_base(v, v->arch.es);
	case 0x2e: return segment_base(v, (u16)regs->cs);
	case 0x36: return segment_base(v, (u16)regs->ss);
	case 0x3e: return segment_base(v, v->arch.ds);
	default: return segment_base(v, stack ? (u16)regs->ss : v->arch.ds);
	}
}

static void modrm(struct cursor *c, const struct cpu_regs *regs, unsigned int imm_bytes)
{
	struct insn *i = c->i;
	u8 m = next(c), mod = m >> 6, last = 0;
	u64 a;

	i->modrm_valid = true;
	i->mod = mod;
	i->reg = (m >> 3 & 7) | (i->rex & 4) << 1;
	i->rm = (m & 7) | (i->rex & 1) << 3;
	i->has_mem = mod != 3;
	if (mod == 3)
		return;
	a = c->addr_bits == 16 ? address_16(c, regs, m, &last)
			       : address_32(c, regs, m, imm_bytes, &last);
	if (c->addr_bits < 64)
		a &= (1UL << c->addr_bits) - 1;
	i->ea = a + base_of(i, regs, last == REG_SP || last == REG_BP);
	if (i->bits < 64)
		i->ea = (u32)i->ea;
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

	*out = (struct insn){ .bits = (u8)context_code_bits((u16)regs->cs) };
	if (!out->bits)
		return -EINVAL;
	c.addr_bits = out->bits;
	op16 = out->bits == 16;
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
