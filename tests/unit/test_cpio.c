/* SPDX-License-Identifier: MIT */
/*
 * Proves that the archives we write are what others read as newc: field by field, and by cpio
 * itself if it is there.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cpio.h"

static unsigned int field(const uint8_t *header, int index)
{
	char text[9] = "";

	memcpy(text, header + 6 + 8 * index, 8);
	return (unsigned int)strtoul(text, NULL, 16);
}

START_TEST(header_fields)
{
	struct cpio cpio = { .size = 0 };

	ck_assert_int_eq(cpio_file(&cpio, "a/file", 0640, "hello", 5), 0);
	ck_assert_mem_eq(cpio.data, "070701", 6);
	ck_assert_uint_eq(field(cpio.data, 1), S_IFREG | 0640);
	ck_assert_uint_eq(field(cpio.data, 4), 1);
	ck_assert_uint_eq(field(cpio.data, 6), 5);
	ck_assert_uint_eq(field(cpio.data, 11), 7);
	ck_assert_str_eq((char *)cpio.data + 110, "a/file");
	/* Name and data each begin at a multiple of four. */
	ck_assert_mem_eq(cpio.data + 120, "hello\0\0\0", 8);
	ck_assert_uint_eq(cpio.size, 128);
	free(cpio.data);
}
END_TEST

START_TEST(device_fields)
{
	struct cpio cpio = { .size = 0 };

	ck_assert_int_eq(cpio_char_device(&cpio, "dev/console", 0600, 5, 1), 0);
	ck_assert_uint_eq(field(cpio.data, 1), S_IFCHR | 0600);
	ck_assert_uint_eq(field(cpio.data, 9), 5);
	ck_assert_uint_eq(field(cpio.data, 10), 1);
	free(cpio.data);
}
END_TEST

/* Every name length and data length up to eight keeps the alignment. */
START_TEST(alignment)
{
	struct cpio cpio = { .size = 0 };
	char name[9] = "";

	for (int length = 1; length <= 8; length++) {
		name[length - 1] = 'n';
		for (size_t size = 0; size < 8; size++) {
			ck_assert_int_eq(cpio_file(&cpio, name, 0600, "12345678", size), 0);
			ck_assert_uint_eq(cpio.size % 4, 0);
		}
	}
	ck_assert_int_eq(cpio_finish(&cpio), 0);
	ck_assert_uint_eq(cpio.size % 512, 0);
	free(cpio.data);
}
END_TEST

START_TEST(errors_stay)
{
	struct cpio cpio = { .size = 0 };
	char *name = malloc(5001);

	memset(name, 'n', 5000);
	name[5000] = '\0';
	ck_assert_int_eq(cpio_folder(&cpio, name, 0700), -ENAMETOOLONG);
	ck_assert_int_eq(cpio_file(&cpio, "good", 0600, NULL, 0), -ENAMETOOLONG);
	ck_assert_int_eq(cpio_finish(&cpio), -ENAMETOOLONG);
	free(name);
	free(cpio.data);
}
END_TEST

/* What cpio(1) lists of `path`, in `text`. */
static void list(const char *path, char *text, size_t size)
{
	char command[512];
	FILE *pipe;
	size_t count;

	snprintf(command, sizeof(command),
		 "cpio -itv --quiet < '%s' 2>&1 | tr -s ' ' | cut -d' ' -f1,5,9", path);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	count = fread(text, 1, size - 1, pipe);
	text[count] = '\0';
	pclose(pipe);
}

START_TEST(others_read_it)
{
	char path[] = "/tmp/test_cpio.XXXXXX", text[1024];
	struct cpio cpio = { .size = 0 };
	int fd = mkstemp(path);

	if (system("command -v cpio >/dev/null 2>&1")) {
		close(fd);
		unlink(path);
		return;
	}
	cpio_folder(&cpio, "etc", 0755);
	cpio_file(&cpio, "etc/empty", 0600, NULL, 0);
	cpio_file(&cpio, "init", 0500, "#!", 2);
	cpio_finish(&cpio);
	ck_assert_int_eq(write(fd, cpio.data, cpio.size), (ssize_t)cpio.size);
	list(path, text, sizeof(text));
	close(fd);
	unlink(path);
	ck_assert_str_eq(text, "drwxr-xr-x 0 etc\n-rw------- 0 etc/empty\n-r-x------ 2 init\n");
	free(cpio.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpio");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(all, header_fields);
	tcase_add_test(all, device_fields);
	tcase_add_test(all, alignment);
	tcase_add_test(all, errors_stay);
	tcase_add_test(all, others_read_it);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
