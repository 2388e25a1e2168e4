/* SPDX-License-Identifier: MIT */
/*
 * LZMA2: chunks of LZMA with its state and properties kept or set anew, and chunks of plain bytes
 * (xz's file format, section 5.3.1; the chunks themselves as in Linux's Documentation/staging/xz
 * and the LZMA SDK). LZMA itself is the SDK's LzmaDec, of package lzma-dev.
 *
 * The result is its own dictionary, so nothing is copied twice.
 *
 *   0        end                         | control, unpacked size - 1 (bits 16-20 in the control
 *   1, 2     plain; 1: dictionary anew   | byte, then two bytes), packed size - 1 (two bytes), and
 *   80..ff   LZMA, bits 5 and 6: reset   | from reset 2 on a byte of properties
 */
#include <lzma/LzmaDec.h>

#include <dom0/build.h>
#include <core/lib.h>

#include "xz.h"

#define END         0
#define PLAIN_RESET 1
#define PLAIN       2
#define LZMA        0x80
#define SIZE_HIGH   0x1f
#define RESET_SHIFT 5
#define LC_LP_MAX   4
#define PROPS_MAX   (9 * 5 * 5)

enum reset { RESET_NOTHING, RESET_STATE, RESET_PROPS, RESET_DICT };

/* Enough for lc + lp = 4: LZMA's base probabilities and 0x300 << 4 literals. */
#define PROBS_MAX (1846 + (0x300 << LC_LP_MAX))

/* Its header leaves it out. */
void LzmaDec_InitDicAndState(CLzmaDec *d, Bool dictionary, Bool state);

static INIT_DATA CLzmaProb probs[PROBS_MAX];
static const char damaged[] = "the compressed data are damaged";

static INIT_TEXT bool set_props(CLzmaDec *d, u8 props)
{
	if (props >= PROPS_MAX)
		return false;
	d->prop.lc = props % 9;
	d->prop.lp = props / 9 % 5;
	d->prop.pb = props / 45;
	return d->prop.lc + d->prop.lp <= LC_LP_MAX;
}

static INIT_TEXT size_t be16(const u8 *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static INIT_TEXT bool plain_chunk(CLzmaDec *d, struct xz_in *in, u8 control)
{
	const u8 *head = xz_take(in, 2), *data;
	size_t n;

	if (!head)
		return false;
	n = be16(head) + 1;
	data = xz_take(in, n);
	if (!data || n > d->dicBufSize - d->dicPos)
		return false;
	LzmaDec_InitDicAndState(d, control == PLAIN_RESET, false);
	memcpy(d->dic + d->dicPos, data, n);
	d->dicPos += n;
	d->processedPos += (UInt32)n;
	return true;
}

static INIT_TEXT bool lzma_chunk(CLzmaDec *d, struct xz_in *in, u8 control)
{
	enum reset reset = control >> RESET_SHIFT & 3;
	const u8 *head = xz_take(in, reset >= RESET_PROPS ? 5 : 4), *data;
	size_t unpacked, packed, used;
	ELzmaStatus status;

	if (!head || (reset >= RESET_PROPS && !set_props(d, head[4])))
		return false;
	unpacked = ((size_t)(control & SIZE_HIGH) << 16) + be16(head) + 1;
	packed = used = be16(head + 2) + 1;
	data = xz_take(in, packed);
	if (!data || unpacked > d->dicBufSize - d->dicPos)
		return false;
	LzmaDec_InitDicAndState(d, reset == RESET_DICT, reset != RESET_NOTHING);
	return LzmaDec_DecodeToDic(d, d->dicPos + unpacked, data, &used, LZMA_FINISH_ANY,
				   &status) == SZ_OK &&
	       used == packed;
}

static INIT_TEXT bool chunk(CLzmaDec *d, struct xz_in *in, u8 control)
{
	return control >= LZMA ? lzma_chunk(d, in, control) : plain_chunk(d, in, control);
}

INIT_TEXT const char *xz_lzma2(struct xz_in *in, u8 *out, size_t room, size_t *size)
{
	CLzmaDec d = { .probs = probs, .dic = out, .dicBufSize = room, .prop.dicSize = ~0U };
	const u8 *control;

	LzmaDec_Init(&d);
	while ((control = xz_take(in, 1)) && *control != END)
		if ((*control > PLAIN && *control < LZMA) || !chunk(&d, in, *control))
			return damaged;
	*size = d.dicPos;
	return control ? NULL : "the compressed data end early";
}
