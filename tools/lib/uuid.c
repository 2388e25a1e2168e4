/* SPDX-License-Identifier: MIT */
/* UUIDs as text and as bytes. */
#include "uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>

static int hex_value(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0'
					     : tolower((unsigned char)digit) - 'a' + 10;
}

/* A hyphen may stand before the bytes 4, 6, 8 and 10. */
static bool hyphen_may_precede(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int uuid_parse(const char *text, uint8_t uuid[UUID_BYTES])
{
	int i, high, low;

	for (i = 0; i < UUID_BYTES; i++) {
		if (*text == '-' && hyphen_may_precede(i))
			text++;
		high = hex_value(text[0]);
		low = high < 0 ? -1 : hex_value(text[1]);
		if (low < 0)
			return -EINVAL;
		uuid[i] = high << 4 | low;
		text += 2;
	}
	return *text ? -EINVAL : 0;
}

void uuid_format(const uint8_t uuid[UUID_BYTES], char text[UUID_TEXT])
{
	char *to = text;
	int i;

	for (i = 0; i < UUID_BYTES; i++) {
		if (hyphen_may_precede(i))
			*to++ = '-';
		to += sprintf(to, "%02x", uuid[i]);
	}
}

int uuid_generate(uint8_t uuid[UUID_BYTES])
{
	if (getrandom(uuid, UUID_BYTES, 0) != UUID_BYTES)
		return errno ? -errno : -EIO;
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}
