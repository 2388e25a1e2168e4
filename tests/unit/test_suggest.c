/* SPDX-License-Identifier: MIT */
/*
 * Proves that "Did you mean" is said for slips of the fingers and not for other words.
 *
 * @limit: 30
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "suggest.h"

static const char *const known[] = {
	"name", "memory", "os", "kernel", "destroy", "create", "list"
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *typed, *meant; /* NULL: nothing */
} words[] = {
	{ "nmae", "name" },
	{ "destory", "destroy" },
	{ "memry", "memory" },
	{ "kernal", "kernel" },
	{ "oss", "os" },
	{ "lst", "list" },
	{ "creat", "create" },
	{ "kernnels", "kernel" },
	{ "memoyr", "memory" },
	{ "name", "name" },
	{ "foo", NULL },
	{ "o", NULL },
	{ "ls", NULL },
	{ "nam3s", NULL },
	{ "", NULL },
	{ "destruction", NULL },
	{ "mem", NULL },
	{ "nonsense", NULL },
	{ "a-word-that-is-longer-than-any-name-known", NULL },
};

START_TEST(near_words)
{
	struct suggestion suggestion = { .word = words[_i].typed };
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		suggestion_try(&suggestion, known[i]);
	if (words[_i].meant)
		ck_assert_pstr_eq(suggestion.best, words[_i].meant);
	else
		ck_assert_ptr_null(suggestion.best);
}
END_TEST

/* Of two that are near, the nearer; of two as near, the first. */
START_TEST(nearest)
{
	struct suggestion suggestion = { .word = "domnam" };

	suggestion_try(&suggestion, "dominam");
	suggestion_try(&suggestion, "domname");
	ck_assert_str_eq(suggestion.best, "dominam");
	suggestion_try(&suggestion, "domnam");
	ck_assert_str_eq(suggestion.best, "domnam");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suggest");
	SRunner *runner = srunner_create(suite);
	TCase *tests = tcase_create("suggest");
	int failed;

	tcase_add_loop_test(tests, near_words, 0, COUNT(words));
	tcase_add_test(tests, nearest);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
