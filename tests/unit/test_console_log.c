/* SPDX-License-Identifier: MIT */
/*
 * Proves that a console's log in memory keeps exactly its last bytes and gives back exactly the
 * last lines, and that its file turns over at its limit and loses nothing but what is older; that a
 * file which could not be written for a while goes on, and says how much is missing.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/pvd/ring_log.h"
#include "../../tools/pvd/rotate.h"

static struct ring_log log_;

static char *tail(unsigned int lines)
{
	const char *pieces[2];
	size_t sizes[2], size = ring_log_tail(&log_, lines, pieces, sizes);
	char *text = calloc(1, size + 1);

	ck_assert_uint_eq(size, sizes[0] + sizes[1]);
	memcpy(text, pieces[0], sizes[0]);
	memcpy(text + sizes[0], pieces[1], sizes[1]);
	return text;
}

static void expect(unsigned int lines, const char *text)
{
	char *got = tail(lines);

	ck_assert_str_eq(got, text);
	free(got);
}

static void add(const char *text)
{
	ring_log_add(&log_, text, strlen(text));
}

START_TEST(lines)
{
	memset(&log_, 0, sizeof(log_));
	expect(5, "");
	add("one\ntwo\nthree");
	expect(0, "");
	expect(1, "three");
	expect(2, "two\nthree");
	expect(9, "one\ntwo\nthree");
	add("\n");
	expect(1, "three\n");
	expect(2, "two\nthree\n");
	add("\n");
	expect(1, "\n");
	expect(2, "three\n\n");
}
END_TEST

/* Added in pieces of every awkward size, the log is the end of the stream. */
START_TEST(wraps)
{
	static char stream[3 * RING_LOG_BYTES];
	size_t at, piece = (size_t)_i;
	char *got;

	for (at = 0; at < sizeof(stream); at++)
		stream[at] = at % 61 == 60 ? '\n' : (char)('a' + at % 23);
	memset(&log_, 0, sizeof(log_));
	for (at = 0; at + piece <= sizeof(stream); at += piece)
		ring_log_add(&log_, stream + at, piece);
	got = tail(1u << 20);
	ck_assert_uint_eq(strlen(got), RING_LOG_BYTES);
	ck_assert_mem_eq(got, stream + at - RING_LOG_BYTES, RING_LOG_BYTES);
	free(got);
}
END_TEST

static uint64_t size_of(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, 0) ? 0 : (uint64_t)st.st_size;
}

START_TEST(file_turns_over)
{
	char path[] = "/tmp/test_console_log.XXXXXX";
	static char block[65536];
	struct rotate file;
	char end[8] = "";
	int folder, i;

	ck_assert_ptr_nonnull(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(rotate_open(&file, folder, "a.log"), 0);
	for (i = 0; i < 64; i++)
		ck_assert_int_eq(rotate_write(&file, block, sizeof(block)), 0);
	ck_assert_uint_eq(size_of(folder, "a.log"), ROTATE_BYTES);
	ck_assert_int_eq(rotate_write(&file, "x", 1), 0);
	ck_assert_uint_eq(size_of(folder, "a.log"), 1);
	ck_assert_uint_eq(size_of(folder, "a.log.1"), ROTATE_BYTES);
	rotate_close(&file);

	/* Opened again it goes on behind its end. */
	ck_assert_int_eq(rotate_open(&file, folder, "a.log"), 0);
	ck_assert_int_eq(rotate_write(&file, "yz", 2), 0);
	ck_assert_int_eq(rotate_tail(&file, end, 2), 2);
	ck_assert_str_eq(end, "yz");
	ck_assert_int_eq(rotate_tail(&file, end, sizeof(end)), 3);
	rotate_close(&file);
	unlinkat(folder, "a.log", 0);
	unlinkat(folder, "a.log.1", 0);
	close(folder);
	rmdir(path);
}
END_TEST

static void read_file(int folder, const char *name, char *text, size_t size)
{
	int fd = openat(folder, name, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
}

/* No file of this process may become larger: as on a full disk, writes are cut short, then fail. */
static void allow_bytes(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(goes_on_when_there_is_room)
{
	char path[] = "/tmp/test_console_log.XXXXXX", text[256];
	struct rotate file;
	int folder;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_ptr_nonnull(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(rotate_open(&file, folder, "a.log"), 0);
	ck_assert_int_eq(rotate_write(&file, "before\n", 7), 0);
	allow_bytes(10);
	ck_assert_int_eq(rotate_write(&file, "0123456789", 10), -EFBIG);
	ck_assert_int_eq(rotate_write(&file, "lost", 4), -EFBIG);
	/* Room for a part of the note only: none of it is left behind. */
	allow_bytes(20);
	ck_assert_int_eq(rotate_write(&file, "lost", 4), -EFBIG);
	ck_assert_int_eq(rotate_write(&file, NULL, 0), -EFBIG);
	ck_assert_uint_eq(size_of(folder, "a.log"), 10);
	allow_bytes(RLIM_INFINITY);
	ck_assert_int_eq(rotate_write(&file, "after\n", 6), 0);
	read_file(folder, "a.log", text, sizeof(text));
	ck_assert_str_eq(text, "before\n012\n[15 bytes are missing here: File too large]\nafter\n");
	/* Said once. */
	ck_assert_int_eq(rotate_write(&file, NULL, 0), 0);
	ck_assert_uint_eq(size_of(folder, "a.log"), strlen(text));
	rotate_close(&file);
	unlinkat(folder, "a.log", 0);
	close(folder);
	rmdir(path);
}
END_TEST

/* What could not even be opened is tried again, too. */
START_TEST(opens_later)
{
	char path[] = "/tmp/test_console_log.XXXXXX", text[256];
	struct rotate file;
	int folder;

	ck_assert_ptr_nonnull(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(rotate_init(&file, folder, "console/a.log"), 0);
	ck_assert_int_eq(rotate_write(&file, "lost", 4), -ENOENT);
	ck_assert_int_eq(mkdirat(folder, "console", 0700), 0);
	/* What was lost is told of at the end at the latest. */
	rotate_close(&file);
	read_file(folder, "console/a.log", text, sizeof(text));
	ck_assert_str_eq(text, "\n[4 bytes are missing here: No such file or directory]\n");
	unlinkat(folder, "console/a.log", 0);
	unlinkat(folder, "console", AT_REMOVEDIR);
	close(folder);
	rmdir(path);
}
END_TEST

int main(void)
{
	static const int pieces[] = { 1, 7, 4096, 65535, 65536, 65537, 100000 };
	Suite *suite = suite_create("console_log");
	TCase *cases = tcase_create("console_log");
	SRunner *runner;
	size_t i;
	int failed;

	tcase_set_timeout(cases, 30);
	tcase_add_test(cases, lines);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		tcase_add_loop_test(cases, wraps, pieces[i], pieces[i] + 1);
	tcase_add_test(cases, file_turns_over);
	tcase_add_test(cases, goes_on_when_there_is_room);
	tcase_add_test(cases, opens_later);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
