/* SPDX-License-Identifier: MIT */
/*
 * Proves the small parts of hosted mode: sizes and names as users write them, folders by
 * environment, QEMU's quoting, the last lines of a console and what they mean, the verdict on an
 * ended machine, and the lock that says who lives.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/ending.h"
#include "host/options.h"
#include "host/paths.h"
#include "host/qemu_args.h"
#include "host/state.h"
#include "host/tail.h"

START_TEST(memory_texts)
{
	static const struct {
		const char *text;
		unsigned int mib; /* 0: refused */
	} cases[] = {
		{ "1536", 1536 }, { "1536M", 1536 },
		{ "2G", 2048 },   { "2g", 2048 },
		{ "", 0 },        { "M", 0 },
		{ "-5", 0 },      { "1.5G", 0 },
		{ "12K", 0 },     { "99999999999999999999", 0 },
		{ "1025G", 0 },   { "5MM", 0 },
	};
	struct error err = ERROR_INIT;
	unsigned int mib = 0;
	int rc = host_parse_memory(cases[_i].text, "memory", &mib, &err);

	ck_assert_int_eq(!rc, cases[_i].mib != 0);
	ck_assert_uint_eq(mib, cases[_i].mib);
	if (rc)
		ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(option_limits)
{
	struct host_options options;
	struct error err = ERROR_INIT;

	host_options_default(&options);
	ck_assert_int_eq(host_options_check(&options, &err), 0);
	options.memory = 767;
	ck_assert_int_lt(host_options_check(&options, &err), 0);
	error_clear(&err);
	options.memory = 768;
	options.dom0_memory = 700;
	ck_assert_int_lt(host_options_check(&options, &err), 0);
	error_clear(&err);
	options.dom0_memory = 512;
	options.root = "relative";
	ck_assert_int_lt(host_options_check(&options, &err), 0);
}
END_TEST

START_TEST(folders)
{
	struct host_paths paths;
	struct error err = ERROR_INIT;

	setenv("XDG_RUNTIME_DIR", "/r", 1);
	setenv("XDG_STATE_HOME", "/s", 1);
	ck_assert_int_eq(host_paths(&paths, NULL, &err), 0);
	ck_assert_str_eq(paths.socket, "/r/paravane/default/pvd.sock");
	ck_assert_str_eq(paths.state, "/s/paravane/default");
	ck_assert_str_eq(paths.cache, "/s/paravane/cache");
	/* XDG says: what is not absolute is ignored. */
	setenv("XDG_STATE_HOME", "s", 1);
	setenv("HOME", "/h", 1);
	ck_assert_int_eq(host_paths(&paths, "a.b-c_9", &err), 0);
	ck_assert_str_eq(paths.state, geteuid() ? "/h/.local/state/paravane/a.b-c_9"
						: "/var/lib/paravane/a.b-c_9");
}
END_TEST

START_TEST(bad_names)
{
	static const char *const names[] = {
		"",      "..",
		".x",    "-x",
		"a/b",   "a b",
		"cache", "dom0",
		"\n",    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg"
	};
	struct host_paths paths;
	struct error err = ERROR_INIT;

	setenv("XDG_RUNTIME_DIR", "/r", 1);
	ck_assert_int_lt(host_paths(&paths, names[_i], &err), 0);
	ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(long_socket)
{
	char folder[128];
	struct host_paths paths;
	struct error err = ERROR_INIT;

	memset(folder, 'd', sizeof(folder));
	folder[0] = '/';
	folder[107 - (int)strlen("/paravane/default/console.sock")] = '\0';
	setenv("XDG_RUNTIME_DIR", folder, 1);
	ck_assert_int_eq(host_paths(&paths, NULL, &err), 0);
	strcat(folder, "d");
	setenv("XDG_RUNTIME_DIR", folder, 1);
	ck_assert_int_lt(host_paths(&paths, NULL, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.detail, "too long for a socket"));
	ck_assert_ptr_nonnull(strstr(err.detail, folder));
}
END_TEST

static const char *value_of(const struct qemu_args *args, const char *option, int nth)
{
	for (int i = 0; i + 1 < args->count; i++)
		if (!strcmp(args->argv[i], option) && !nth--)
			return args->argv[i + 1];
	return NULL;
}

START_TEST(qemu_quoting)
{
	static const int ends[QEMU_STREAMS] = { 3, 4, 5, 6 };
	struct qemu_setup setup = { .folder = "/f",
				    .accel = "tcg",
				    .memory = 768,
				    .hypervisor_args = "a,b",
				    .kernel_args = "x=1,2",
				    .root = "/a, b",
				    .state = "/s" };
	struct qemu_args args = { .count = 0 };

	ck_assert_int_eq(qemu_args_build(&args, &setup, ends), 0);
	ck_assert_str_eq(value_of(&args, "-append", 0), "a,b");
	ck_assert_str_eq(value_of(&args, "-initrd", 0), "kernel x=1,,2,initramfs");
	ck_assert_ptr_nonnull(strstr(value_of(&args, "-virtfs", 0), "path=/a,, b,"));
	ck_assert_ptr_nonnull(strstr(value_of(&args, "-virtfs", 0), "readonly=on"));
	ck_assert_ptr_nonnull(strstr(value_of(&args, "-virtfs", 1), "readonly=on"));
	ck_assert_ptr_null(strstr(value_of(&args, "-virtfs", 2), "readonly"));
	ck_assert_ptr_null(value_of(&args, "-virtfs", 3));
	ck_assert_str_eq(value_of(&args, "-cpu", 0), "max");
	ck_assert_ptr_null(args.argv[args.count]);
	qemu_args_free(&args);
}
END_TEST

static enum tail_sign feed(struct tail *tail, const char *text)
{
	enum tail_sign sign = TAIL_NOTHING, last = TAIL_NOTHING;
	size_t count = strlen(text);
	const char *line;

	while (count) {
		size_t used = tail_feed(tail, text, count, &sign, &line);

		if (line)
			last = sign;
		text += used;
		count -= used;
	}
	return last;
}

START_TEST(tail_lines)
{
	static char lines[HOST_TAIL_LINES][TAIL_LINE];
	static struct tail tail;
	char text[32];

	memset(&tail, 0, sizeof(tail));
	for (int i = 0; i < 33; i++) {
		snprintf(text, sizeof(text), "line %d\r\n\n", i);
		feed(&tail, text);
	}
	tail_copy(&tail, lines);
	ck_assert_str_eq(lines[0], "line 13");
	ck_assert_str_eq(lines[HOST_TAIL_LINES - 1], "line 32");
	feed(&tail, "unfinished \x1b[1m\xff");
	tail_copy(&tail, lines);
	ck_assert_str_eq(lines[0], "line 14");
	ck_assert_str_eq(lines[HOST_TAIL_LINES - 1], "unfinished ?[1m?");
}
END_TEST

START_TEST(tail_long_line)
{
	static char lines[HOST_TAIL_LINES][TAIL_LINE];
	static struct tail tail;

	memset(&tail, 0, sizeof(tail));
	for (int i = 0; i < 1000; i++)
		feed(&tail, "0123456789");
	feed(&tail, "\nnext\n");
	tail_copy(&tail, lines);
	ck_assert_uint_eq(strlen(lines[0]), TAIL_LINE - 1);
	ck_assert_str_eq(lines[1], "next");
	ck_assert_str_eq(lines[2], "");
}
END_TEST

START_TEST(tail_signs)
{
	static const struct {
		const char *line;
		enum tail_sign sign;
	} cases[] = {
		{ "paravane: failed: no root\n", TAIL_FAILED },
		{ "paravane: power off\n", TAIL_OFF },
		{ "[    1.25] Kernel panic - not syncing: VFS\n", TAIL_PANIC },
		{ "(XEN) Panic on CPU 0:\n", TAIL_PANIC },
		{ "(XEN) Hardware Dom0 crashed: rebooting machine in 5 seconds.\n", TAIL_PANIC },
		{ "(PV) panic: out of memory\n", TAIL_PANIC },
		{ "(PV) d1: panic: mine\n", TAIL_NOTHING },
		/* A guest's words stand behind a prefix of the hypervisor's and mean nothing. */
		{ "(d1) Kernel panic - not syncing\n", TAIL_NOTHING },
		{ "(d1) paravane: failed: me\n", TAIL_NOTHING },
		{ "he said: paravane: failed: x\n", TAIL_NOTHING },
	};
	static struct tail tail;

	memset(&tail, 0, sizeof(tail));
	ck_assert_int_eq(feed(&tail, cases[_i].line), cases[_i].sign);
}
END_TEST

#define EXITED(code) ((code) << 8)

START_TEST(verdicts)
{
	struct ending ending = { .cause = ENDING_UNKNOWN };
	struct host_ended ended = { .why = HOST_END_NONE };

	ending_note_exit(&ending, EXITED(0), false, "");
	ck_assert_int_eq(ending_result(&ending, &ended), ERROR_FAILED);
	ck_assert_int_eq(ended.why, HOST_END_POWER_OFF);
	ending = (struct ending){ .cause = ENDING_UNKNOWN };
	ending_suspect(&ending, "Kernel panic - not syncing");
	ending_note_exit(&ending, EXITED(0), false, "");
	ending_result(&ending, &ended);
	ck_assert_int_eq(ended.why, HOST_END_PANIC);
	ck_assert_str_eq(ended.detail, "Kernel panic - not syncing");
	ending = (struct ending){ .cause = ENDING_UNKNOWN };
	ending_note_exit(&ending, SIGKILL, false, "");
	ending_result(&ending, &ended);
	ck_assert_int_eq(ended.why, HOST_END_QEMU);
	ck_assert_ptr_nonnull(strstr(ended.detail, "signal 9"));
	/* The first cause counts: QEMU's death of our own signal is a consequence. */
	ending = (struct ending){ .cause = ENDING_UNKNOWN };
	ending_note(&ending, ENDING_TIMEOUT, "too slow");
	ending_note_exit(&ending, SIGTERM, true, "terminating on signal 15");
	ck_assert_int_eq(ending_result(&ending, &ended), ERROR_TIMEOUT);
	ck_assert_int_eq(ended.why, HOST_END_START);
	ck_assert_str_eq(ended.detail, "too slow");
}
END_TEST

/* Asking does not take the lock; it is gone with the process that held it, however that died. */
START_TEST(lock_tells_life)
{
	char top[] = "/tmp/test_host.XXXXXX", command[128];
	struct host_paths paths;
	struct error err = ERROR_INIT;
	int fds[HOST_LOCKS], other[HOST_LOCKS], ready[2];
	pid_t pid;
	char byte;

	ck_assert_ptr_nonnull(mkdtemp(top));
	setenv("XDG_RUNTIME_DIR", top, 1);
	setenv("XDG_STATE_HOME", top, 1);
	ck_assert_int_eq(host_paths(&paths, "x", &err), 0);
	ck_assert_int_eq(host_paths_make(&paths, &err), 0);
	ck_assert(!host_is_alive(&paths));
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (host_lock(&paths, fds, &err) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert(host_is_alive(&paths));
	ck_assert_int_eq(host_lock(&paths, other, &err), -EWOULDBLOCK);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert(!host_is_alive(&paths));
	ck_assert_int_eq(host_lock(&paths, other, &err), 0);
	close(other[0]);
	close(other[1]);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Started with another XDG_RUNTIME_DIR, it would share its state folder with this one. */
START_TEST(state_is_not_shared)
{
	char top[] = "/tmp/test_host.XXXXXX", command[128], other_run[64];
	struct host_paths here, there;
	struct error err = ERROR_INIT;
	int fds[HOST_LOCKS], other[HOST_LOCKS];

	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(other_run, sizeof(other_run), "%s/run", top);
	setenv("XDG_STATE_HOME", top, 1);
	setenv("XDG_RUNTIME_DIR", top, 1);
	ck_assert_int_eq(host_paths(&here, "x", &err), 0);
	ck_assert_int_eq(host_paths_make(&here, &err), 0);
	setenv("XDG_RUNTIME_DIR", other_run, 1);
	ck_assert_int_eq(host_paths(&there, "x", &err), 0);
	ck_assert_int_eq(host_paths_make(&there, &err), 0);
	ck_assert(!host_is_elsewhere(&there));
	ck_assert_int_eq(host_lock(&here, fds, &err), 0);
	ck_assert(!host_is_elsewhere(&here) && host_is_elsewhere(&there));
	ck_assert_int_lt(host_lock(&there, other, &err), 0);
	ck_assert_int_eq(err.code, ERROR_WRONG_STATE);
	/* What failed holds nothing. */
	ck_assert(!host_is_alive(&there));
	close(fds[0]);
	close(fds[1]);
	ck_assert_int_eq(host_lock(&there, other, &err), 0);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(records)
{
	char top[] = "/tmp/test_host.XXXXXX", command[128];
	struct host_paths paths;
	struct host_state state = { .pid = 5, .ready = true, .memory = 768, .accelerator = "tcg" },
			  got;
	struct host_ended ended = { .why = HOST_END_PANIC,
				    .when = 1700000000,
				    .detail = "x \"y\"" },
			  end;
	struct error err = ERROR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(top));
	setenv("XDG_RUNTIME_DIR", top, 1);
	setenv("XDG_STATE_HOME", top, 1);
	ck_assert_int_eq(host_paths(&paths, "x", &err), 0);
	ck_assert_int_eq(host_paths_make(&paths, &err), 0);
	ck_assert_int_eq(host_state_read(&paths, &got), -ENOENT);
	strcpy(ended.lines[0], "first");
	ck_assert_int_eq(host_state_write(&paths, &state, &err), 0);
	ck_assert_int_eq(host_ended_write(&paths, &ended, &err), 0);
	ck_assert_int_eq(host_state_read(&paths, &got), 0);
	ck_assert_mem_eq(&got, &state, sizeof(state));
	ck_assert_int_eq(host_ended_read(&paths, &end), 0);
	ck_assert_mem_eq(&end, &ended, sizeof(end));
	host_ended_remove(&paths);
	ck_assert_int_eq(host_ended_read(&paths, &end), -ENOENT);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(all, memory_texts, 0, 12);
	tcase_add_test(all, option_limits);
	tcase_add_test(all, folders);
	tcase_add_loop_test(all, bad_names, 0, 10);
	tcase_add_test(all, long_socket);
	tcase_add_test(all, qemu_quoting);
	tcase_add_test(all, tail_lines);
	tcase_add_test(all, tail_long_line);
	tcase_add_loop_test(all, tail_signs, 0, 10);
	tcase_add_test(all, verdicts);
	tcase_add_test(all, lock_tells_life);
	tcase_add_test(all, state_is_not_shared);
	tcase_add_test(all, records);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
