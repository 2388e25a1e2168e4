/* SPDX-License-Identifier: MIT */
/*
 * Plain stores to live page tables, which their read-only mappings turn into faults: done here
 * instead.
 *
 * Kernels exchange entries and clear bits in them with single instructions, relying on the CPU to
 * do that atomically with its own setting of Accessed and Dirty. So: read the entry, compute what
 * the instruction would leave, and commit by compare-and-exchange with all checks of mmu_update; if
 * the CPU was faster, again.
 */
#include <pv/pagetable.h>
#include <pv/validate.h>

#define FLAG_CF          0x001UL
#define FLAG_PF          0x004UL
#define FLAG_AF          0x010UL
#define FLAG_ZF          0x040UL
#define FLAG_SF          0x080UL
#define FLAG_OF          0x800UL
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

enum store_op {
	OP_MOV,
	OP_XCHG,
	OP_ADD,
	OP_SUB,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_XADD,
	OP_CMPXCHG,
	OP_BTS,
	OP_BTR,
	OP_BTC, /* in this order, last */
};

struct store {
	enum store_op op;
	unsigned int size; /* bytes */
	u64 ea;
	u64 src; /* operand; bit number of bts, btr, btc */
	u64 acc; /* cmpxchg: rax */
	/* What it did. */
	u64 old, new;
	bool writes;
	u64 flags, flags_mask;
};

/* Row n of the immediate group and of the two-operand opcodes 8 * n. adc, sbb and cmp are not
 * stores that a kernel makes to a page table. */
static int alu_op(unsigned int row)
{
	static const signed char op[8] = { OP_ADD, OP_OR, -1, -1, OP_AND, OP_SUB, OP_XOR, -1 };

	return op[row & 7];
}

static int two_byte_op(const struct insn *i)
{
	switch (i->opcode & 0xff) {
	case 0xab: return OP_BTS;
	case 0xb3: return OP_BTR;
	case 0xbb: return OP_BTC;
	case 0xb0:
	case 0xb1: return OP_CMPXCHG;
	case 0xba: return (i->reg & 7) >= 5 ? OP_BTS + (int)(i->reg & 7) - 5 : -1;
	case 0xc0:
	case 0xc1: return OP_XADD;
	case 0xc3: return OP_MOV;
	default: return -1;
	}
}

static int store_op(const struct insn *i)
{
	if (i->opcode > 0xff)
		return two_byte_op(i);
	if (i->opcode < 0x38 && (i->opcode & 7) < 2)
		return alu_op(i->opcode >> 3);
	switch (i->opcode) {
	case 0x80:
	case 0x81:
	case 0x83: return alu_op(i->reg);
	case 0x86:
	case 0x87: return OP_XCHG;
	case 0x88:
	case 0x89: return OP_MOV;
	case 0xc6:
	case 0xc7: return i->reg & 7 ? -1 : OP_MOV;
	default: return -1;
	}
}

static bool source_is_immediate(const struct insn *i)
{
	return i->opcode == 0x80 || i->opcode == 0x81 || i->opcode == 0x83 || i->opcode == 0xc6 ||
	       i->opcode == 0xc7 || i->opcode == 0x0fba;
}

static u64 size_mask(unsigned int size)
{
	return size == 8 ? ~0UL : (1UL << (8 * size)) - 1;
}

/* A bit number in a register reaches beyond the operand; an immediate does not. */
static void bit_operand(struct store *s, bool immediate)
{
	unsigned int bits = 8 * s->size;
	s64 n = (s64)(s->src << (64 - bits)) >> (64 - bits);

	if (!immediate)
		s->ea += (u64)(n >> bit_first(bits)) * s->size;
	s->src &= bits - 1;
}

/* False: not a store that is done here. */
static bool store_decode(struct cpu_regs *regs, struct insn *i, struct store *s)
{
	int op;

	if (insn_decode(regs, i) || !i->has_mem || i->rep || i->repne)
		return false;
	op = store_op(i);
	if (op < 0)
		return false;
	*s = (struct store){ .op = (enum store_op)op, .size = i->opsize, .ea = i->ea };
	if (source_is_immediate(i))
		s->src = i->imm & size_mask(s->size);
	else
		s->src = insn_reg_read(regs, i, i->reg, s->size);
	s->acc = regs->rax & size_mask(s->size);
	if (s->op >= OP_BTS)
		bit_operand(s, source_is_immediate(i));
	return (s->ea & 7) + s->size <= 8;
}

static u64 result_flags(u64 r, unsigned int size)
{
	u64 f = __builtin_parity((u8)r) ? 0 : FLAG_PF;

	if (!r)
		f |= FLAG_ZF;
	if (r >> (8 * size - 1) & 1)
		f |= FLAG_SF;
	return f;
}

/* a + b, or a - b. */
static u64 arithmetic(struct store *s, u64 a, u64 b, bool subtract)
{
	u64 mask = size_mask(s->size), r = (subtract ? a - b : a + b) & mask;
	u64 overflow = subtract ? (a ^ b) & (a ^ r) : ~(a ^ b) & (a ^ r);

	s->flags_mask = FLAGS_ARITHMETIC;
	s->flags = result_flags(r, s->size) | ((a ^ b ^ r) & FLAG_AF);
	if (subtract ? a < b : r < a)
		s->flags |= FLAG_CF;
	if (overflow >> (8 * s->size - 1) & 1)
		s->flags |= FLAG_OF;
	return r;
}

static u64 logic(struct store *s, u64 r)
{
	s->flags_mask = FLAGS_ARITHMETIC;
	s->flags = result_flags(r, s->size);
	return r;
}

static u64 bit_change(struct store *s)
{
	u64 bit = 1UL << s->src;

	s->flags_mask = FLAG_CF;
	s->flags = s->old & bit ? FLAG_CF : 0;
	if (s->op == OP_BTC)
		return s->old ^ bit;
	return s->op == OP_BTS ? s->old | bit : s->old & ~bit;
}

static u64 compare_exchange(struct store *s)
{
	arithmetic(s, s->acc, s->old, true);
	s->writes = s->acc == s->old;
	return s->src;
}

/* What the instruction makes of s->old. */
static void store_compute(struct store *s)
{
	s->writes = true;
	switch (s->op) {
	case OP_MOV:
	case OP_XCHG: s->new = s->src; break;
	case OP_ADD:
	case OP_XADD: s->new = arithmetic(s, s->old, s->src, false); break;
	case OP_SUB: s->new = arithmetic(s, s->old, s->src, true); break;
	case OP_AND: s->new = logic(s, s->old & s->src); break;
	case OP_OR: s->new = logic(s, s->old | s->src); break;
	case OP_XOR: s->new = logic(s, s->old ^ s->src); break;
	case OP_CMPXCHG: s->new = compare_exchange(s); break;
	default: s->new = bit_change(s);
	}
}

/* The page table that addr maps read-only in current's kernel tables, or NULL. With the lock it
 * stays one. */
static struct frame *mapped_table(struct vcpu *v, u64 addr)
{
	struct frame *table, *target;
	u64 *slot, e;

	if (!guest_range_ok(GADDR(addr), 1))
		return NULL;
	nospec_fence();
	slot = l1_slot(v->arch.kernel_l4, addr, &table);
	if (!slot)
		return NULL;
	e = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if ((e & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(e)))
		return NULL;
	target = mfn_to_frame(pte_mfn(e));
	return FRAME_OWNER(target->refs) == v->domain->id && table_level(target) ? target : NULL;
}

/* Once: -EAGAIN if the CPU changed the entry meanwhile. */
static int store_try(struct domain *d, struct frame *table, struct store *s)
{
	u64 *slot = (u64 *)((char *)mfn_va(frame_to_mfn(table)) + (s->ea & ~PAGE_MASK & ~7UL));
	unsigned int shift = 8 * (s->ea & 7), level = table_level(table);
	u64 mask = size_mask(s->size) << shift, e = __atomic_load_n(slot, __ATOMIC_RELAXED), next;

	s->old = (e & mask) >> shift;
	store_compute(s);
	if (!s->writes)
		return 0;
	next = (e & ~mask) | (s->new << shift &mask);
	if (level == 1)
		return l1_entry_write(d, d, slot, next, PT_EXACT, e);
	return upper_entry_write(d, table, level, slot, next, PT_EXACT, e);
}

static int store_commit(struct vcpu *v, struct store *s)
{
	struct domain *d = v->domain;
	struct frame *table;
	int rc;

	spin_lock(&d->mm_lock);
	rc = mmu_begin(d);
	table = rc ? NULL : mapped_table(v, s->ea);
	if (!rc && !table)
		rc = -ERESTART;
	while (!rc) {
		rc = store_try(d, table, s);
		if (rc != -EAGAIN)
			break;
		rc = 0;
	}
	spin_unlock(&d->mm_lock);
	return rc;
}

static void store_finish(struct cpu_regs *regs, const struct insn *i, const struct store *s)
{
	if (s->op == OP_XCHG || s->op == OP_XADD)
		insn_reg_write(regs, i, i->reg, s->size, s->old);
	else if (s->op == OP_CMPXCHG && !s->writes)
		insn_reg_write(regs, i, 0, s->size, s->old);
	regs->rflags = (regs->rflags & ~s->flags_mask) | s->flags;
	regs->rip += i->length;
}

int ptstore_fault(struct cpu_regs *regs, u64 addr)
{
	struct vcpu *v = current;
	struct store s;
	struct insn i;
	int rc;

	if (!mapped_table(v, addr) || !store_decode(regs, &i, &s) || (s.ea ^ addr) & ~7UL)
		return 0;
	budget_breathe();
	rc = store_commit(v, &s);
	if (rc == -ERESTART)
		return 1; /* the instruction faults again, and what was begun goes on */
	if (rc)
		return -EINVAL;
	store_finish(regs, &i, &s);
	return 1;
}
