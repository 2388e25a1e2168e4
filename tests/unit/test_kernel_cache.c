/* SPDX-License-Identifier: MIT */
/*
 * Proves that the cache of unpacked kernels finds what was put into it and is bounded in number and
 * in bytes, with the entries that were used last kept.
 *
 * @limit: 60
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/pvd/kernel_cache.h"

#define MIB ((size_t)1 << 20)

static char path[] = "/tmp/test_kernel_cache.XXXXXX";
static int folder;
static const char *const names[] = { "kernel-a", "kernel-b", "kernel-c", "kernel-d" };

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
}

static void tear_down(void)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char entry[32];

		snprintf(entry, sizeof(entry), "cache/%s", names[i]);
		unlinkat(folder, entry, 0);
	}
	ck_assert_int_eq(unlinkat(folder, "cache", AT_REMOVEDIR), 0);
	close(folder);
	rmdir(path);
}

/* A mapping that nobody writes to takes no memory. */
static void keep(const char *name, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	kernel_cache_keep(folder, name, data, size);
	munmap(data, size);
}

/* The size of an entry, 0: it is not there. Looking makes it the one used last. */
static size_t kept(const char *name)
{
	int fd = kernel_cache_open(folder, name);
	struct stat st;

	if (fd < 0)
		return 0;
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	return (size_t)st.st_size;
}

START_TEST(bounded_in_number)
{
	keep("kernel-a", 1);
	keep("kernel-b", 2);
	keep("kernel-c", 3);
	ck_assert_uint_eq(kept("kernel-a"), 1);
	keep("kernel-d", 4);
	ck_assert_uint_eq(kept("kernel-b"), 0);
	ck_assert_uint_eq(kept("kernel-a"), 1);
	ck_assert_uint_eq(kept("kernel-c"), 3);
	ck_assert_uint_eq(kept("kernel-d"), 4);
}
END_TEST

START_TEST(bounded_in_bytes)
{
	keep("kernel-a", 100 * MIB);
	keep("kernel-b", 100 * MIB);
	ck_assert_uint_eq(kept("kernel-a"), 100 * MIB);
	keep("kernel-c", 57 * MIB);
	ck_assert_uint_eq(kept("kernel-b"), 0);
	ck_assert_uint_eq(kept("kernel-a"), 100 * MIB);
	ck_assert_uint_eq(kept("kernel-c"), 57 * MIB);
	/* What is too large alone is not kept, and drives nobody out. */
	keep("kernel-d", KERNEL_CACHE_BYTES + 1);
	ck_assert_uint_eq(kept("kernel-d"), 0);
	ck_assert_uint_eq(kept("kernel-a"), 100 * MIB);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_cache");
	TCase *cases = tcase_create("kernel_cache");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 50);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, bounded_in_number);
	tcase_add_test(cases, bounded_in_bytes);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
