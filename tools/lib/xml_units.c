/* SPDX-License-Identifier: MIT */
/* Numbers and sizes with units in XML. */
#include "xml.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "b", 1 },
	{ "byte", 1 },
	{ "bytes", 1 },
	{ "KB", 1000 },
	{ "k", 1ull << 10 },
	{ "KiB", 1ull << 10 },
	{ "MB", 1000000 },
	{ "M", 1ull << 20 },
	{ "MiB", 1ull << 20 },
	{ "GB", 1000000000 },
	{ "G", 1ull << 30 },
	{ "GiB", 1ull << 30 },
	{ "TB", 1000000000000 },
	{ "T", 1ull << 40 },
	{ "TiB", 1ull << 40 },
	{ "PB", 1000000000000000 },
	{ "P", 1ull << 50 },
	{ "PiB", 1ull << 50 },
	{ "EB", 1000000000000000000 },
	{ "E", 1ull << 60 },
	{ "EiB", 1ull << 60 },
};

const char *xml_units_expected(void)
{
	return "b, KB, KiB, MB, MiB, GB, GiB, TB or TiB";
}

int xml_number(const char *text, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;
	bool over = false;

	while (isspace((unsigned char)*text))
		text++;
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			over = true;
	}
	while (isspace((unsigned char)*text))
		text++;
	if (*text)
		return -EINVAL;
	if (over || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}

int xml_scaled(const char *number, const char *unit, uint64_t *bytes)
{
	uint64_t value;
	size_t i;
	int ret;

	for (i = 0; i < COUNT(units) && strcasecmp(unit, units[i].name); i++)
		;
	if (i == COUNT(units))
		return -ENOENT;
	ret = xml_number(number, UINT64_MAX, &value);
	if (ret)
		return ret;
	return __builtin_mul_overflow(value, units[i].bytes, bytes) ? -ERANGE : 0;
}
