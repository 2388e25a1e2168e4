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

#define COLUMNS 4

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
	char *text = print_safe(texts[_i].text);

	ck_assert_str_eq(text, texts[_i].safe);
	free(text);
}
END_TEST

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
