/* SPDX-License-Identifier: MIT */
/*
 * Proves that tables are laid out as virsh does it, also with wide characters, and that no text
 * reaches the terminal as a control sequence. test_pvctl compares whole outputs with virsh itself.
 *
 * @limit: 30
 */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "text.h"

#define COLUMNS      4

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *rows[4][COLUMNS];
	size_t columns, count;
	bool quiet;
	const char *text;
} tables[] = {
	{ { { "1", "test", "running" } },
	  3,
	  1,
	  false,
	  " Id   Name   State\n----------------------\n 1    test   running\n" },
	{ { { "1", "test", "running" } }, 3, 1, true, " 1   test   running\n" },
	{ { { 0 } }, 3, 0, false, " Id   Name   State\n--------------------\n" },
	{ { { 0 } }, 3, 0, true, "" },
	{ { { "1", "test", "running", "" }, { "-", "日本語 x", "shut off", "tée" } },
	  4,
	  2,
	  false,
	  " Id   Name       State      Title\n"
	  "-----------------------------------\n"
	  " 1    test       running    \n"
	  " -    日本語 x   shut off   tée\n" },
	{ { { "1", "a\033[2Jb\n", "running" } }, 3, 1, true, " 1   a\\x1b[2Jb\\x0a   running\n" },
	{ { { "1", "\xff\xc3", "running" } }, 3, 1, true, " 1   \\xff\\xc3   running\n" },
};

START_TEST(layout)
{
	static const char *const head[COLUMNS] = { "Id", "Name", "State", "Title" };
	struct table table;
	char *text = NULL;
	size_t length, row;
	FILE *out = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(table_init(&table, tables[_i].columns, head), 0);
	for (row = 0; row < tables[_i].count; row++)
		ck_assert_int_eq(table_row(&table, tables[_i].rows[row]), 0);
	table_print(&table, out, tables[_i].quiet);
	fclose(out);
	ck_assert_str_eq(text, tables[_i].text);
	table_free(&table);
	free(text);
}
END_TEST

static const struct {
	const char *text, *safe;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "grün", "grün" },
	{ "a\tb", "a\\x09b" },
	{ "\x7f", "\\x7f" },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b"
	  "31m" },
	{ "cut \xe6\x97", "cut \\xe6\\x97" },
};

START_TEST(safe)
{
	char *text = print_escape(texts[_i].text, PRINT_LINE);

	ck_assert_str_eq(text, texts[_i].safe);
	free(text);
}
END_TEST

/* U+1F600, which JSON writes as two; the right-to-left override; C1's CSI; ESC; a byte alone. */
#define MIXED "\xf0\x9f\x98\x80 \xe2\x80\xae \xc2\x9b \x1b \xff\n\t\r"

static const struct {
	const char *locale;
	enum print_style style;
	const char *safe;
} styles[] = {
	{ "C.UTF-8", PRINT_LINE,
	  "\xf0\x9f\x98\x80 \\xe2\\x80\\xae \\xc2\\x9b \\x1b \\xff\\x0a\\x09\\x0d" },
	{ "C.UTF-8", PRINT_LINES,
	  "\xf0\x9f\x98\x80 \\xe2\\x80\\xae \\xc2\\x9b \\x1b \\xff\n\t\\x0d" },
	{ "C.UTF-8", PRINT_JSON, "\xf0\x9f\x98\x80 \\u202e \\u009b \\u001b \\ufffd\n\t\\u000d" },
	{ "C.UTF-8", PRINT_XML, "\xf0\x9f\x98\x80 &#x202E; &#x9B; &#xFFFD; &#xFFFD;\n\t&#xD;" },
	{ "C", PRINT_LINES,
	  "\\xf0\\x9f\\x98\\x80 \\xe2\\x80\\xae \\xc2\\x9b \\x1b \\xff\n\t\\x0d" },
	{ "C", PRINT_JSON, "\\ud83d\\ude00 \\u202e \\u009b \\u001b \\ufffd\n\t\\u000d" },
	{ "C", PRINT_XML, "\xf0\x9f\x98\x80 &#x202E; &#x9B; &#xFFFD; &#xFFFD;\n\t&#xD;" },
};

START_TEST(style)
{
	char *text;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, styles[_i].locale));
	text = print_escape(MIXED, styles[_i].style);
	ck_assert_str_eq(text, styles[_i].safe);
	free(text);
}
END_TEST

/* Everything that acts, and what stands beside it and does not. */
START_TEST(acting)
{
	static const uint32_t acts[] = { 0,      7,      0x1b,   0x1f,   0x7f,        0x80,
					 0x9f,   0x61c,  0x200e, 0x200f, 0x2028,      0x2029,
					 0x202a, 0x202e, 0x2066, 0x2069, TEXT_INVALID };
	static const uint32_t shown[] = { 0x20,   0x7e,   0xa0,   0x61b,  0x61d,  0x200d,
					  0x2010, 0x2027, 0x202f, 0x2065, 0x206a, 0x10ffff };
	size_t i;

	for (i = 0; i < COUNT(acts); i++)
		ck_assert_msg(text_acts(acts[i]), "%x", acts[i]);
	for (i = 0; i < COUNT(shown); i++)
		ck_assert_msg(!text_acts(shown[i]), "%x", shown[i]);
}
END_TEST

/* Bytes that look like UTF-8 and are none: overlong forms, surrogates, beyond the last, cut. */
START_TEST(no_utf8)
{
	static const char *const texts_wrong[] = {
		"\xc0\x8a",         "\xe0\x80\x8a", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80", "\xe2\x80",     "\x80",         "\xc1\xbf"
	};
	uint32_t character;
	size_t i;

	for (i = 0; i < COUNT(texts_wrong); i++) {
		ck_assert_uint_eq(text_next(texts_wrong[i], &character), 1);
		ck_assert_uint_eq(character, TEXT_INVALID);
		ck_assert(!text_is_plain(texts_wrong[i]));
	}
	ck_assert_uint_eq(text_next("\xf4\x8f\xbf\xbf", &character), 4);
	ck_assert_uint_eq(character, 0x10ffff);
}
END_TEST

/* A format's result is one line, whatever it was given. */
START_TEST(line)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	print_line(out, "a %s", "b\nc\x1b");
	fclose(out);
	ck_assert_str_eq(text, "a b\\x0ac\\x1b\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("print");
	SRunner *runner = srunner_create(suite);
	TCase *tests = tcase_create("print");
	int failed;

	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		puts("no locale C.UTF-8");
		return 77;
	}
	tcase_add_loop_test(tests, layout, 0, COUNT(tables));
	tcase_add_loop_test(tests, safe, 0, COUNT(texts));
	tcase_add_loop_test(tests, style, 0, COUNT(styles));
	tcase_add_test(tests, acting);
	tcase_add_test(tests, no_utf8);
	tcase_add_test(tests, line);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
