/* SPDX-License-Identifier: MIT */
/*
 * Proves that a client connects to no socket that somebody else may have put in its place: folders
 * that others own or may write to, links of others, servers of others; and that it does connect
 * where only the user and root can have been. What needs two users needs root.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/paths.h"
#include "trust.h"

#define OTHER 65534

static char base[64], folder[96], path[108];

static void set_up(void)
{
	strcpy(base, "/tmp/test_trust.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(folder, sizeof(folder), "%s/folder", base);
	snprintf(path, sizeof(path), "%s/s", folder);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	ck_assert_int_eq(system(command), 0);
}

static int listen_here(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* Connects; true if it was allowed. */
static bool connects(struct error *err)
{
	int fd;

	error_clear(err);
	fd = trust_connect(path, err);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void refused(const char *words)
{
	struct error err = ERROR_INIT;

	ck_assert(!connects(&err));
	ck_assert_msg(strstr(err.detail, words), "%s", err.detail);
	ck_assert_int_eq(err.code, ERROR_PERMISSION);
	ck_assert_msg(strstr(err.hint, "XDG_RUNTIME_DIR"), "%s", err.hint);
}

START_TEST(own_server)
{
	struct error err = ERROR_INIT;
	int fd = listen_here();

	ck_assert_msg(connects(&err), "%s", err.detail);
	/* A group of the user's own may write. */
	ck_assert_int_eq(chmod(folder, 0775), 0);
	ck_assert_msg(connects(&err), "%s", err.detail);
	close(fd);
	ck_assert(!connects(&err));
	ck_assert_int_eq(err.code, ERROR_UNREACHABLE);
	unlink(path);
	ck_assert_int_eq(trust_connect(path, &err), -ENOENT);
}
END_TEST

START_TEST(others_may_write)
{
	listen_here();
	ck_assert_int_eq(chmod(folder, 0707), 0);
	refused("others can write to the folder");
	/* Above it too, unless it is sticky, as /tmp is. */
	ck_assert_int_eq(chmod(folder, 0700) | chmod(base, 0777), 0);
	refused("others can write to the folder");
}
END_TEST

START_TEST(no_folder_is_no_fault)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(trust_folder("/tmp/test_trust.none/x", &err), -ENOENT);
	ck_assert(!error_is_set(&err));
	ck_assert_int_lt(trust_folder("/dev/null", &err), 0);
	ck_assert_int_eq(err.code, ERROR_UNREACHABLE);
}
END_TEST

START_TEST(folder_of_another)
{
	listen_here();
	ck_assert_int_eq(chown(folder, OTHER, 0), 0);
	refused("belongs to user");
	ck_assert_int_eq(chown(folder, 0, 0) | chown(base, OTHER, 0), 0);
	refused("belongs to user");
}
END_TEST

/* The folder is good, the way to it is not. */
START_TEST(link_of_another)
{
	struct error err = ERROR_INIT;
	char link[96];

	listen_here();
	snprintf(link, sizeof(link), "%s/link", base);
	ck_assert_int_eq(symlink(folder, link), 0);
	snprintf(path, sizeof(path), "%s/s", link);
	ck_assert_msg(connects(&err), "%s", err.detail);
	ck_assert_int_eq(lchown(link, OTHER, 0), 0);
	refused("the link");
}
END_TEST

/* An own link leads to another's folder. */
START_TEST(link_to_another)
{
	char link[96];

	listen_here();
	snprintf(link, sizeof(link), "%s/link", base);
	ck_assert_int_eq(symlink(folder, link), 0);
	ck_assert_int_eq(chown(folder, OTHER, 0), 0);
	snprintf(path, sizeof(path), "%s/s", link);
	refused("belongs to user");
}
END_TEST

/* The name is ours, but another made it listen. */
START_TEST(server_of_another)
{
	int ends[2];
	pid_t server;
	char byte;

	ck_assert_int_eq(chmod(base, 01777) | chmod(folder, 01777) | pipe(ends), 0);
	server = fork();
	if (!server) {
		if (setgid(OTHER) || setuid(OTHER))
			_exit(1);
		listen_here();
		if (write(ends[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	refused("is run by user");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}
END_TEST

/* What pvctl host looks up lies there too: a lock of another's says nothing. */
START_TEST(instances_of_another)
{
	struct error err = ERROR_INIT;
	struct host_paths paths;
	char root[128];

	setenv("XDG_RUNTIME_DIR", base, 1);
	snprintf(root, sizeof(root), "%s/paravane", base);
	ck_assert_int_eq(host_paths(&paths, NULL, &err), 0);
	ck_assert_int_eq(mkdir(root, 0755) | chown(root, OTHER, 0), 0);
	ck_assert_int_lt(host_paths(&paths, NULL, &err), 0);
	ck_assert_int_eq(err.code, ERROR_PERMISSION);
	ck_assert_msg(strstr(err.detail, "belongs to user"), "%s", err.detail);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust");
	TCase *one = tcase_create("one user"), *two;
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(one, set_up, tear_down);
	tcase_add_test(one, own_server);
	tcase_add_test(one, others_may_write);
	tcase_add_test(one, no_folder_is_no_fault);
	suite_add_tcase(suite, one);
	if (!geteuid()) {
		two = tcase_create("two users");
		tcase_add_checked_fixture(two, set_up, tear_down);
		tcase_add_test(two, folder_of_another);
		tcase_add_test(two, link_of_another);
		tcase_add_test(two, link_to_another);
		tcase_add_test(two, server_of_another);
		tcase_add_test(two, instances_of_another);
		suite_add_tcase(suite, two);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed)
		return EXIT_FAILURE;
	if (!geteuid())
		return EXIT_SUCCESS;
	puts("what needs two users was not tried: not root");
	return 77;
}
