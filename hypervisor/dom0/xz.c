/* SPDX-License-Identifier: MIT */
/*
 * xz files as Linux's build makes them (https://tukaani.org/xz/xz-file-format.txt; numbers of
 * sections below are its): a stream of blocks, each LZMA2 with or without the x86 filter before it,
 * and a CRC32 or no check. Linux's own decoder knows no other either.
 *
 *   header 12 | block: header, data, padding to 4, check | ... | index | footer
 *
 * The index and the footer repeat what the blocks said; the caller knows the length of the result,
 * and each block's check covers its bytes, so they are not read.
 */
#include <zlib.h>

#include <dom0/build.h>
#include <core/lib.h>

#include "unpack.h"
#include "xz.h"

#define HEADER_SIZE   12U
#define CHECK_NONE    0
#define CHECK_CRC32   1
#define FILTER_X86    0x04
#define FILTER_LZMA2  0x21
#define INDEX         0 /* in place of a block header's size */
#define FILTERS_MASK  0x03
#define HAS_PACKED    0x40
#define HAS_UNPACKED  0x80
#define RESERVED_MASK 0x3c

static const char damaged[] = "the compressed data are damaged";
static const char unknown_filter[] = "a filter other than LZMA2 and x86";

static INIT_TEXT bool crc_is(const u8 *data, size_t size, const u8 *crc)
{
	return crc32_z(0, data, size) == read_u32(crc);
}

/* Section 1.2: 7 bits a byte, the lowest first. */
static INIT_TEXT bool number(struct xz_in *in, u64 *v)
{
	*v = 0;
	for (unsigned int shift = 0; in->left && shift < 63; shift += 7) {
		u8 b = *in->next++;

		in->left--;
		*v |= (u64)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

/* Section 3.1.5: the filters, the last of which is LZMA2; says whether x86's comes before it. Its
 * one property, a start offset, is not used for kernels; LZMA2's, the size of the dictionary, does
 * not matter where the result is the dictionary. */
static INIT_TEXT const char *filters(struct xz_in *in, unsigned int n, bool *x86)
{
	u64 id, props;

	*x86 = false;
	for (unsigned int i = 0; i < n; i++) {
		if (!number(in, &id) || !number(in, &props) || !xz_take(in, props))
			return damaged;
		if (id == FILTER_X86 && i + 1 < n && !props)
			*x86 = true;
		else if (id != FILTER_LZMA2 || i + 1 < n)
			return unknown_filter;
	}
	return NULL;
}

/* Section 3.1. */
static INIT_TEXT const char *block_header(struct xz_in *in, bool *x86)
{
	size_t size = (*in->next + 1U) * 4UL;
	struct xz_in head = { in->next + 2, size - 6 };
	u64 ignored;
	u8 flags;

	if (size > in->left || size < 8 || !crc_is(in->next, size - 4, in->next + size - 4))
		return damaged;
	flags = in->next[1];
	if (flags & RESERVED_MASK)
		return unknown_filter;
	if (flags & HAS_PACKED && !number(&head, &ignored))
		return damaged;
	if (flags & HAS_UNPACKED && !number(&head, &ignored))
		return damaged;
	xz_take(in, size);
	return filters(&head, (flags & FILTERS_MASK) + 1U, x86);
}

/* What stands behind a block's data: padding to 4 bytes, then the check. */
static INIT_TEXT const char *block_end(struct xz_in *in, size_t packed, u8 check, const u8 *out,
				       size_t size)
{
	size_t padding = -packed & 3, n = padding + (check == CHECK_CRC32 ? 4 : 0);
	const u8 *end = xz_take(in, n);

	if (!end || (check == CHECK_CRC32 && !crc_is(out, size, end + padding)))
		return damaged;
	return NULL;
}

static INIT_TEXT const char *block(struct xz_in *in, u8 check, u8 *out, size_t room, size_t *size)
{
	const char *why;
	size_t before;
	bool x86;

	why = block_header(in, &x86);
	if (why)
		return why;
	before = in->left;
	why = xz_lzma2(in, out, room, size);
	if (why)
		return why;
	if (x86)
		xz_x86(out, *size);
	return block_end(in, before - in->left, check, out, *size);
}

INIT_TEXT const char *unpack_xz(const struct payload *p)
{
	struct xz_in in = { p->data, p->size };
	const u8 *head = xz_take(&in, HEADER_SIZE);
	size_t done = 0, size;
	const char *why;
	u8 check;

	if (!head || !crc_is(head + 6, 2, head + 8) || head[6])
		return damaged;
	check = head[7];
	if (check != CHECK_NONE && check != CHECK_CRC32)
		return "its check is not CRC32, which Linux's own decoder needs too";
	while (in.left && *in.next != INDEX) {
		why = block(&in, check, p->out + done, p->out_size - done, &size);
		if (why)
			return why;
		done += size;
	}
	return done != p->out_size ? "the data are shorter than the bzImage says" : NULL;
}
