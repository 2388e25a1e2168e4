/* SPDX-License-Identifier: MIT */
/*
 * Proves which kernel dom0 gets: the one named; the newest 6.1 of /boot by version, not by letters,
 * that is readable and has its modules; else the newest fetched one; and that each refusal names
 * the file and a cure.
 *
 * @limit: 60
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/kernel.h"

static char top[64], boot[80], cache[80];
static struct kernel_places places = { .boot = boot, .build = top };

static void run(const char *format, const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof(command), format, a, b);
	ck_assert_int_eq(system(command), 0);
}

static void setup(void)
{
	strcpy(top, "/tmp/test_kernel.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(boot, sizeof(boot), "%s/boot", top);
	snprintf(cache, sizeof(cache), "%s/cache", top);
	run("mkdir -p '%s' '%s'", boot, cache);
}

static void teardown(void)
{
	run("rm -rf '%s'%s", top, "");
}

/* A file whose header states `version`, as far as kernel_choose looks, with modules or without. */
static void make_kernel(const char *folder, const char *version, int modules)
{
	unsigned char head[0x300] = { 0 };
	char path[256];
	FILE *file;

	memcpy(head + 0x202, "HdrS", 4);
	head[0x20e] = 0x40;
	snprintf((char *)head + 0x240, 128, "%s (somebody@somewhere) #1 SMP", version);
	run("mkdir -p '%s'%s", folder, "");
	snprintf(path, sizeof(path), "%s/vmlinuz-%s", folder, version);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(head, sizeof(head), 1, file), 1);
	fclose(file);
	snprintf(path, sizeof(path), "%s/../lib/modules/%s", folder, version);
	if (modules)
		run("mkdir -p '%s' && touch '%s/modules.dep'", path, path);
}

START_TEST(newest_by_version)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;

	make_kernel(boot, "6.1.0-9-amd64", 1);
	make_kernel(boot, "6.1.0-50-amd64", 1);
	make_kernel(boot, "6.1.0-12-amd64", 1);
	make_kernel(boot, "6.12.1-amd64", 1);
	ck_assert_int_eq(kernel_choose(&kernel, NULL, &places, &err), 0);
	ck_assert_str_eq(kernel.version, "6.1.0-50-amd64");
	ck_assert_ptr_nonnull(strstr(kernel.modules, "/lib/modules/6.1.0-50-amd64"));
}
END_TEST

START_TEST(needs_modules)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;

	make_kernel(boot, "6.1.0-9-amd64", 1);
	make_kernel(boot, "6.1.0-50-amd64", 0);
	ck_assert_int_eq(kernel_choose(&kernel, NULL, &places, &err), 0);
	ck_assert_str_eq(kernel.version, "6.1.0-9-amd64");
}
END_TEST

START_TEST(cache_second)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/linux-6.1/boot", cache);
	make_kernel(folder, "6.1.0-3-amd64", 1);
	make_kernel(boot, "6.1.0-50-amd64", 0);
	ck_assert_int_eq(kernel_choose(&kernel, NULL, &places, &err), 0);
	ck_assert_str_eq(kernel.version, "6.1.0-3-amd64");
	make_kernel(boot, "6.1.0-2-amd64", 1);
	ck_assert_int_eq(kernel_choose(&kernel, NULL, &places, &err), 0);
	ck_assert_str_eq(kernel.version, "6.1.0-2-amd64");
}
END_TEST

START_TEST(named_wins)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char folder[128], path[192];

	snprintf(folder, sizeof(folder), "%s/a b/boot", top);
	make_kernel(folder, "6.12.117+deb12-amd64", 1);
	make_kernel(boot, "6.1.0-50-amd64", 1);
	snprintf(path, sizeof(path), "%s/vmlinuz-6.12.117+deb12-amd64", folder);
	ck_assert_int_eq(kernel_choose(&kernel, path, &places, &err), 0);
	ck_assert_str_eq(kernel.version, "6.12.117+deb12-amd64");
	ck_assert_str_eq(kernel.image, path);
}
END_TEST

START_TEST(none)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;

	ck_assert_int_lt(kernel_choose(&kernel, NULL, &places, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, boot));
	ck_assert_ptr_nonnull(strstr(err.hint, "--kernel"));
	ck_assert_ptr_nonnull(strstr(err.hint, top));
	ck_assert_ptr_nonnull(strstr(err.hint, "make -C"));
}
END_TEST

/* An installed pvctl names no build tree, and looks into none. */
START_TEST(none_installed)
{
	const struct kernel_places installed = { .boot = boot };
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/linux-6.1/boot", cache);
	make_kernel(folder, "6.1.0-3-amd64", 1);
	ck_assert_int_lt(kernel_choose(&kernel, NULL, &installed, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.hint, "linux-image-amd64"));
	ck_assert_ptr_null(strstr(err.hint, "make"));
	ck_assert_ptr_null(strstr(err.hint, "cache"));
}
END_TEST

START_TEST(no_modules_said)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char path[128];

	make_kernel(boot, "6.1.0-50-pv.test", 0);
	snprintf(path, sizeof(path), "%s/vmlinuz-6.1.0-50-pv.test", boot);
	ck_assert_int_lt(kernel_choose(&kernel, path, &places, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, "modules"));
	ck_assert_ptr_nonnull(strstr(err.hint, "depmod"));
}
END_TEST

START_TEST(no_kernel_said)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char path[128];

	snprintf(path, sizeof(path), "%s/text", boot);
	run("echo this is no kernel, but a text > '%s'%s", path, "");
	ck_assert_int_lt(kernel_choose(&kernel, path, &places, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, "no bzImage"));
	error_clear(&err);
	run("rm '%s'%s", path, "");
	ck_assert_int_lt(kernel_choose(&kernel, path, &places, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, "No such file"));
}
END_TEST

/* Ubuntu's kernels are root's alone. Root reads everything, so this is tried as another user only.
 */
START_TEST(unreadable_said)
{
	struct host_kernel kernel;
	struct error err = ERROR_INIT;

	make_kernel(boot, "6.1.0-50-amd64", 1);
	run("chmod 0 '%s'/vmlinuz-*%s", boot, "");
	if (!geteuid()) {
		ck_assert_int_eq(chmod(top, 0755), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	ck_assert_int_lt(kernel_choose(&kernel, NULL, &places, &err), 0);
	if (!getuid())
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(err.code, ERROR_PERMISSION);
	ck_assert_ptr_nonnull(strstr(err.hint, "chmod a+r"));
	ck_assert_ptr_nonnull(strstr(err.hint, "--kernel"));
}
END_TEST

/* Writes `size` bytes of header over a made kernel: the version's offset at `offset`, the text
 * `version` at 0x240. */
static void spoil(const char *path, unsigned int offset, const char *version)
{
	unsigned char head[0x300] = { 0 };
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	memcpy(head + 0x202, "HdrS", 4);
	head[0x20e] = (unsigned char)offset;
	head[0x20f] = (unsigned char)(offset >> 8);
	strcpy((char *)head + 0x240, version);
	ck_assert_uint_eq(fwrite(head, sizeof(head), 1, file), 1);
	fclose(file);
}

/* A header that points outside the file, states nothing, or names a folder is no kernel's. */
START_TEST(hostile_header)
{
	static const struct {
		unsigned int offset;
		const char *version;
	} cases[] = {
		{ 0xffff, "6.1.0" }, { 0x100, "6.1.0" },      { 0, "6.1.0" },
		{ 0x40, "" },        { 0x40, "../../etc x" },
	};
	struct host_kernel kernel;
	struct error err = ERROR_INIT;
	char path[128];

	snprintf(path, sizeof(path), "%s/vmlinuz", boot);
	spoil(path, cases[_i].offset, cases[_i].version);
	ck_assert_int_lt(kernel_choose(&kernel, path, &places, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, "no bzImage"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_choice");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_test(all, newest_by_version);
	tcase_add_test(all, needs_modules);
	tcase_add_test(all, cache_second);
	tcase_add_test(all, named_wins);
	tcase_add_test(all, none);
	tcase_add_test(all, none_installed);
	tcase_add_test(all, no_modules_said);
	tcase_add_test(all, no_kernel_said);
	tcase_add_test(all, unreadable_said);
	tcase_add_loop_test(all, hostile_header, 0, 5);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
