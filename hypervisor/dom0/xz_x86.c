/* SPDX-License-Identifier: MIT */
/*
 * xz's x86 filter, undone. Before compression the 32-bit operand of each CALL (E8) and JMP (E9) was
 * made absolute, since calls of one function then look alike, if its high byte was 00 or FF, as
 * those of real code are. An opcode inside what could be the operand of another is left alone where
 * the packer would have; so bits 0 to 2 of `seen` note which of the three bytes before were
 * opcodes.
 */
#include <dom0/build.h>
#include <core/lib.h>

#include "xz.h"

#define OPERAND 4U

static INIT_TEXT bool is_opcode(u8 b)
{
	return (b & 0xfe) == 0xe8;
}

static INIT_TEXT bool is_sign(u8 b)
{
	return b == 0 || b == 0xff;
}

/* How many bytes the operand overlaps with the earliest opcode seen before it: 0 to 3. */
static INIT_TEXT unsigned int overlap(unsigned int seen)
{
	return seen ? 32U - (unsigned int)__builtin_clz(seen) : 0;
}

/* Was this opcode one to the packer? Not behind two others, or one whose operand ends in its. */
static INIT_TEXT bool counts(const u8 *at, unsigned int seen)
{
	return !seen || (!(seen & (seen - 1)) && !is_sign(at[OPERAND - overlap(seen)]));
}

static INIT_TEXT u32 relative(u32 operand, u32 next, unsigned int seen)
{
	unsigned int shift = 8 * overlap(seen);
	u32 v = operand - next;

	/* The packer went round again while the byte that it shares looked like a sign. */
	while (seen && is_sign((u8)(v >> (24 - shift))))
		v = (v ^ ((1U << (32 - shift)) - 1)) - next;
	return v & 1U << 24 ? v | 0xff000000 : v & 0x00ffffff;
}

static INIT_TEXT void convert(u8 *at, u32 next, unsigned int seen)
{
	u32 v;

	memcpy(&v, at + 1, sizeof(v));
	v = relative(v, next, seen);
	memcpy(at + 1, &v, sizeof(v));
}

INIT_TEXT void xz_x86(u8 *data, size_t size)
{
	size_t last = (size_t)-1; /* where the last opcode was */
	unsigned int seen = 0;

	for (size_t i = 0; i + OPERAND < size; i++) {
		if (!is_opcode(data[i]))
			continue;
		seen = i - last > 3 ? 0 : seen << (i - last - 1) & 7;
		last = i;
		if (counts(data + i, seen) && is_sign(data[i + OPERAND])) {
			convert(data + i, (u32)(i + 1 + OPERAND), seen);
			i += OPERAND;
			seen = 0;
		} else {
			seen = seen << 1 | 1;
		}
	}
}
