/* SPDX-License-Identifier: MIT */
/* Characters that act (see text.h). */
#include "text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Lead bytes by the length that they announce, and the least character that needs it. */
static const struct {
	unsigned char mask, lead;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

size_t text_next(const char *text, uint32_t *character)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t form = 0, i;
	uint32_t value;

	*character = TEXT_INVALID;
	while (form < COUNT(forms) && (byte[0] & forms[form].mask) != forms[form].lead)
		form++;
	if (form == COUNT(forms))
		return 1;
	value = byte[0] & (unsigned char)~forms[form].mask;
	for (i = 1; i <= form; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < forms[form].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 1;
	*character = value;
	return form + 1;
}

bool text_acts(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     /* C0; DEL and C1 */
		{ 0x61c, 0x61c },   { 0x200e, 0x200f }, /* marks of direction */
		{ 0x2028, 0x202e },                     /* separators; embeddings, overrides */
		{ 0x2066, 0x2069 }, { TEXT_INVALID, UINT32_MAX }, /* isolates */
	};
	size_t i;

	for (i = 0; i < COUNT(ranges); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

bool text_is_plain(const char *text)
{
	uint32_t character;

	while (*text) {
		text += text_next(text, &character);
		if (text_acts(character))
			return false;
	}
	return true;
}
