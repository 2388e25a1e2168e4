/* SPDX-License-Identifier: MIT */
/*
 * Proves that every option of pvd's help and manual page is taken, each into its own place.
 *
 * @limit: 30
 */
#include <check.h>
#include <getopt.h>
#include <stdio.h>

#include "pvd/options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int read_words(struct options *options, const char *name, const char *value)
{
	char *argv[] = { (char *)"pvd", (char *)name, (char *)value, NULL };

	optind = 0; /* to getopt: begin anew */
	return options_read(options, value ? 3 : name ? 2 : 1, argv);
}

START_TEST(with_value)
{
	struct options options;
	const struct {
		const char *name;
		const char *const *place;
	} rows[] = {
		{ "--socket", &options.socket }, { "--state", &options.state },
		{ "--run", &options.run },       { "--files", &options.files },
		{ "--port", &options.port },     { "--log", &options.log },
	};
	size_t i, other;

	for (i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(read_words(&options, rows[i].name, "/x/y") == -1, "%s", rows[i].name);
		ck_assert_str_eq(*rows[i].place, "/x/y");
		for (other = 0; other < COUNT(rows); other++)
			ck_assert_msg(other == i || !*rows[other].place ||
					      **rows[other].place != 'x',
				      "%s", rows[other].name);
		ck_assert_msg(read_words(&options, rows[i].name, NULL) == ERROR_USAGE, "%s",
			      rows[i].name);
	}
}
END_TEST

START_TEST(others)
{
	struct options options;

	ck_assert_int_eq(read_words(&options, NULL, NULL), -1);
	ck_assert(!options.foreground);
	ck_assert_ptr_nonnull(options.log);
	ck_assert_int_eq(read_words(&options, "--foreground", NULL), -1);
	ck_assert(options.foreground);
	ck_assert_ptr_null(options.log);
	ck_assert_int_eq(read_words(&options, "--version", NULL), 0);
	ck_assert_int_eq(read_words(&options, "--nosuch", NULL), ERROR_USAGE);
	ck_assert_int_eq(read_words(&options, "word", NULL), ERROR_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pvd options");
	SRunner *runner = srunner_create(suite);
	TCase *tests = tcase_create("options");
	int failed;

	tcase_add_test(tests, with_value);
	tcase_add_test(tests, others);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
