/* SPDX-License-Identifier: MIT */
/*
 * The parts of the guest library that need no hypervisor: formatting, strings, numbers, dates, the
 * command line, the exception table. The example `a` of the command line is "a=b flag".
 * @args: a=b flag
 */
#include "test.h"

static void text_check(const char *got, int length, const char *wanted)
{
	expect(!strcmp(got, wanted) && length == (int)strlen(wanted),
	       "got \"%s\" (%d), expected \"%s\"", got, length, wanted);
}

#define FORMAT(wanted, ...) text_check(buf, pv_snprintf(buf, sizeof(buf), __VA_ARGS__), wanted)

static void formats(void)
{
	char buf[64];

	FORMAT("plain % x", "plain %% %c", 'x');
	FORMAT("0 -1 2147483647 -2147483648", "%d %i %d %d", 0, -1, INT32_MAX, INT32_MIN);
	FORMAT("4294967295 ffffffff FF", "%u %x %X", ~0U, ~0U, 255U);
	FORMAT("18446744073709551615 -9223372036854775808", "%lu %ld", ~0UL, INT64_MIN);
	FORMAT("ffff ff -1", "%hx %hhx %hd", (unsigned short)0xffff, (unsigned char)0xff,
	       (short)-1);
	FORMAT("0x1f 0 0xabcdef0123", "%#x %#x %#llx", 31U, 0U, 0xabcdef0123ULL);
	FORMAT("[   42] [42   ] [00042] [+42]", "[%5d] [%-5d] [%05d] [%+d]", 42, 42, 42, 42);
	FORMAT("[-0042] [  -42] [00000000ff]", "[%05d] [%5d] [%010x]", -42, -42, 255U);
	FORMAT("[  abc] [abc  ] [ab] []", "[%5s] [%-5s] [%.2s] [%.0s]", "abc", "abc", "abc", "abc");
	FORMAT("[  ab]", "[%*.*s]", 4, 2, "abc");
	FORMAT("0000000000001234", "%p", (void *)0x1234UL);
	FORMAT("123 7", "%zu %.1u", (size_t)123, 7U);
	expect(pv_snprintf(buf, 4, "%s", "abcdef") == 6 && !strcmp(buf, "abc"), "a cut text");
	expect(pv_snprintf(NULL, 0, "%d", 12345) == 5, "a length alone");
}

/* Formats that the compiler would refuse: what is unknown takes its own argument with it. */
static void unknown_formats(void)
{
	static const struct {
		const char *format, *wanted;
	} rows[] = {
		{ "%y|%s", "%y|text" },        { "%5.1Q|%s", "%5.1Q|text" },
		{ "%ly|%s", "%ly|text" },      { "%hhy|%s", "%hhy|text" },
		{ "%n|%s", "%n|text" },        { "%o|%s", "144|text" },
		{ "%jd|%s", "100|text" },      { "%tx|%s", "64|text" },
		{ "[% d]|%s", "[ 100]|text" }, { "%u|%%%", "100|%%" },
		{ "%u|%5", "100|%5" },
	};
	static const struct {
		const char *format, *wanted;
	} floats[] = {
		{ "%f|%s", "%f|text" },
		{ "%6.2Lg|%s", "%6.2Lg|text" },
	};
	char buf[64];

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++)
		text_check(buf, pv_snprintf(buf, sizeof(buf), rows[i].format, 100L, "text"),
			   rows[i].wanted);
	/* No floating-point argument is passed here: none may be taken from among the others. */
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(floats); i++)
		text_check(buf, pv_snprintf(buf, sizeof(buf), floats[i].format, "text"),
			   floats[i].wanted);
}

static void memory(void)
{
	char buf[16] = "0123456789";

	memmove(buf + 2, buf, 8);
	expect(!memcmp(buf, "0101234567", 10), "memmove upwards: %s", buf);
	memmove(buf, buf + 2, 8);
	expect(!memcmp(buf, "0123456767", 10), "memmove downwards: %s", buf);
	memset(buf, 'x', 3);
	expect(!memcmp(buf, "xxx34", 5), "memset: %s", buf);
	expect(memcmp("abc", "abd", 3) < 0 && memcmp("b", "a", 1) > 0 && !memcmp("a", "b", 0),
	       "memcmp");
	expect(memchr(buf, '3', 10) == buf + 3 && !memchr(buf, '3', 3), "memchr");
}

static void strings(void)
{
	char buf[4];

	expect(strlen("") == 0 && strlen("abc") == 3 && strnlen("abc", 2) == 2, "strlen");
	expect(!strcmp("a", "a") && strcmp("a", "b") < 0 && strcmp("ab", "a") > 0, "strcmp");
	expect(!strncmp("abc", "abd", 2) && strncmp("abc", "abd", 3) < 0, "strncmp");
	expect(*strchr("abc", 'c') == 'c' && !strchr("abc", 'd') && !*strchr("abc", 0), "strchr");
	expect(!strcmp(strstr("a needle here", "needle"), "needle here") && !strstr("ab", "abc"),
	       "strstr");
	expect(strlcpy(buf, "abcdef", sizeof(buf)) == 6 && !strcmp(buf, "abc"), "strlcpy");
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "42", 0, 42 },
		{ "0xFf", 0, 255 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -XEN_ERANGE, 7 },
		{ "0x10000000000000000", -XEN_ERANGE, 7 },
		{ "", -XEN_EINVAL, 7 },
		{ "0x", -XEN_EINVAL, 7 },
		{ "12a", -XEN_EINVAL, 7 },
		{ "-1", -XEN_EINVAL, 7 },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		uint64_t value = 7;

		expect_rc(rows[i].text, pv_parse_u64(rows[i].text, &value), rows[i].rc);
		expect_eq(rows[i].text, value, rows[i].value);
	}
}

static void dates(void)
{
	static const struct {
		uint64_t seconds;
		unsigned int year, month, day, hour, minute, second;
	} rows[] = {
		{ 0, 1970, 1, 1, 0, 0, 0 },          { 68169599, 1972, 2, 28, 23, 59, 59 },
		{ 68169600, 1972, 2, 29, 0, 0, 0 },  { 951868799, 2000, 2, 29, 23, 59, 59 },
		{ 951868800, 2000, 3, 1, 0, 0, 0 },  { 1704067199, 2023, 12, 31, 23, 59, 59 },
		{ 4107542400, 2100, 3, 1, 0, 0, 0 },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		struct pv_date d = pv_date_from_ns(rows[i].seconds * PV_SECOND + 5);

		expect(d.year == rows[i].year && d.month == rows[i].month && d.day == rows[i].day &&
			       d.hour == rows[i].hour && d.minute == rows[i].minute &&
			       d.second == rows[i].second,
		       "%lu s is %u-%u-%u %u:%u:%u", rows[i].seconds, d.year, d.month, d.day,
		       d.hour, d.minute, d.second);
	}
}

static void arguments(void)
{
	static const char line[] = "one two=2 three= onetwo two=second";
	char value[4];

	expect(pv_arg_present(line, "one") && pv_arg_present(line, "onetwo"), "a word");
	expect(!pv_arg_present(line, "on") && !pv_arg_present(line, "two"), "a part of a word");
	expect(pv_arg_value(line, "two", value, sizeof(value)) == 1 && value[0] == '2', "a value");
	expect_rc("an empty value", pv_arg_value(line, "three", value, sizeof(value)), 0);
	expect_rc("no value", pv_arg_value(line, "one", value, sizeof(value)), -XEN_ENOENT);
	expect_rc("no word", pv_arg_value(line, "four", value, sizeof(value)), -XEN_ENOENT);
	expect_rc("too long", pv_arg_value("a=12345", "a", value, sizeof(value)), -XEN_E2BIG);
	if (test_start.dom0) {
		const char *own = (const char *)test_start.info->cmd_line;

		expect(pv_arg_present(own, "flag"), "our own line is \"%s\"", own);
		expect(pv_arg_value(own, "a", value, sizeof(value)) == 1 && value[0] == 'b', "a");
	}
}

static void faults(void)
{
	uint64_t value = 0x1234;

	expect_fault("a read", pv_try_read64(&value, &value), FAULT_NONE);
	expect_fault("a read of nothing", pv_try_read64((void *)0x10000, &value), PF(0));
	expect_eq("the value", value, 0x1234);
	expect_fault("a write to nothing", pv_try_write64((void *)0x10000, 1), PF(PF_W));
	expect_fault("a write to a table",
		     pv_try_write64((void *)(uintptr_t)root_table(), ~0ULL << 52 | 1),
		     PF(PF_W | PF_P));
}

void test_main(void)
{
	formats();
	unknown_formats();
	memory();
	strings();
	numbers();
	dates();
	arguments();
	faults();
}
