/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the decoder of guest instructions. The input: how near the end of a page the
 * instruction lies, whether the next page is there, a seed for the registers, the bytes.
 *
 * An instruction that was decoded is as long as it says: cut behind its last byte it decodes to the
 * same, cut before that it cannot be fetched, and what stands behind it changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include <pv/decode.h>
#include <core/guest_access.h>

#include "fake_machine.h"

#define CODE 0x400000UL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	u8 bytes[INSN_MAX + 1]; /* it may fetch two whole words */
	u64 start;              /* address of bytes[0] */
	u64 end;                /* nothing can be read from here on */
} code;

int guest_read(void *dst, gaddr_t src, size_t n)
{
	if (src.v < code.start || src.v + n > code.start + sizeof(code.bytes))
		abort();
	if (src.v + n > code.end)
		return -EFAULT;
	memcpy(dst, code.bytes + (src.v - code.start), n);
	return 0;
}

static int decode(const struct cpu_regs *regs, struct insn *i, u64 end)
{
	code.end = end;
	memset(i, 0xa5, sizeof(*i));
	return insn_decode(regs, i);
}

static bool same(const struct insn *a, const struct insn *b)
{
	return a->length == b->length && a->opsize == b->opsize && a->opcode == b->opcode &&
	       a->lock == b->lock && a->rep == b->rep && a->repne == b->repne &&
	       a->segment == b->segment && a->bits == b->bits && a->rex == b->rex &&
	       a->modrm_valid == b->modrm_valid && a->has_mem == b->has_mem && a->mod == b->mod &&
	       a->reg == b->reg && a->rm == b->rm && a->ea == b->ea && a->imm == b->imm;
}

/* Among the legacy prefixes, which come first. */
static bool has_prefix(const struct insn *i, u8 prefix)
{
	static const u8 known[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3
	};

	for (unsigned int n = 0; n < i->length && memchr(known, i->bytes[n], sizeof(known)); n++)
		if (i->bytes[n] == prefix)
			return true;
	return false;
}

/* The decoder reads up to the page's end in one piece, so the bytes are put right before it. */
static void cut(const struct cpu_regs *regs, const struct insn *whole)
{
	struct cpu_regs at = *regs;
	struct insn i;

	for (unsigned int n = 1; n <= whole->length; n++) {
		int rc;

		at.rip = code.start = CODE + PAGE_SIZE - n;
		rc = decode(&at, &i, CODE + PAGE_SIZE);
		if (n < whole->length ? rc != -EFAULT : rc != 0)
			abort();
	}
	/* RIP-relative operands have moved with the code. */
	if (whole->modrm_valid && whole->mod == 0 && (whole->rm & 7) == 5)
		i.ea += regs->rip - at.rip;
	if (has_prefix(whole, 0x67))
		i.ea = (u32)i.ea;
	if (!same(&i, whole))
		abort();
}

static void change_behind(const struct cpu_regs *regs, const struct insn *whole, u64 end)
{
	struct insn i;

	code.start = regs->rip;
	for (unsigned int n = whole->length; n < INSN_MAX; n++)
		code.bytes[n] ^= 0xff;
	if (decode(regs, &i, end) || !same(&i, whole))
		abort();
}

/* Writing a register and reading it back, in every size; the decoder's own choice of AH..BH. */
static void use_registers(struct cpu_regs *regs, const struct insn *i)
{
	u64 v = 0x8123456789abcdefUL, mask = i->opsize == 8 ? ~0UL : (1UL << 8 * i->opsize) - 1;

	insn_reg_write(regs, i, i->reg, i->opsize, v & mask);
	if (insn_reg_read(regs, i, i->reg, i->opsize) != (v & mask))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpu_regs regs;
	unsigned int offset;
	struct insn i;
	u64 end;

	if (size < 4)
		return 0;
	if (!machine.frames) {
		machine_start(32);
		machine_run(machine_domain(1, 1)->vcpus[0]);
	}
	machine_seed(data[1]);
	for (size_t n = 0; n < sizeof(regs) / 4; n++)
		((u32 *)&regs)[n] = machine_random(~0U);
	memset(code.bytes, 0, sizeof(code.bytes));
	memcpy(code.bytes, data + 2, MIN(size - 2, sizeof(code.bytes)));
	offset = data[0] & 0x1f;
	regs.rip = code.start = CODE + PAGE_SIZE - 1 - offset;
	end = data[0] & 0x80 ? CODE + PAGE_SIZE : CODE + 2 * PAGE_SIZE;
	if (decode(&regs, &i, end))
		return 0;
	if (!i.length || i.length > i.fetched || i.fetched > INSN_MAX || !i.opsize)
		abort();
	use_registers(&(struct cpu_regs){ 0 }, &i);
	change_behind(&regs, &i, end);
	cut(&regs, &i);
	return 0;
}
