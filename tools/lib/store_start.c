/* SPDX-License-Identifier: MIT */
/*
 * store_start.c - finds xenstored, or starts Debian's C xenstored and waits for it.
 *
 * The program of the release that the hypervisor speaks is preferred. It must not be killed when
 * memory runs out, since its content dies with it: so oom_score_adj -1000. It daemonizes itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_part.h"

#define START_TIMEOUT_MS 20000
#define POLL_STEP_MS     5

int store_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = STORE_SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -errno;
}

/* Finds the program; path receives it. */
static int find_program(char *path, size_t size)
{
	glob_t found;
	size_t i;
	int ret = -ENOENT;

	if (glob("/usr/lib/xen-*/bin/xenstored", 0, NULL, &found))
		return -ENOENT;
	/* glob sorts, so the last is the newest. */
	for (i = found.gl_pathc; i-- && ret;) {
		if (!access(found.gl_pathv[i], X_OK)) {
			snprintf(path, size, "%s", found.gl_pathv[i]);
			ret = 0;
		}
	}
	globfree(&found);
	return ret;
}

static void protect_from_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "-1000", 5) < 0)
		fprintf(stderr, "xenstored: cannot set oom_score_adj: %s\n", strerror(errno));
	close(fd);
}

static void run_program(const char *path)
{
	static const char *const name = "xenstored";
	char *const args[] = { (char *)name, (char *)"--pid-file", (char *)"/run/xenstored.pid",
			       NULL };
	char *const no_environment[] = { NULL };
	int null;

	setsid();
	protect_from_oom();
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	execve(path, args, no_environment);
	_exit(127);
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Waits until the socket answers. The child is the program's first process, which ends early. */
static int wait_until_up(pid_t child)
{
	int waited, status, fd;

	for (waited = 0; waited < START_TIMEOUT_MS; waited += POLL_STEP_MS) {
		fd = store_connect();
		if (fd >= 0)
			return fd;
		if (child > 0 && waitpid(child, &status, WNOHANG) == child) {
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				return -ECHILD;
			child = 0;
		}
		sleep_ms(POLL_STEP_MS);
	}
	return -ETIMEDOUT;
}

static int start(struct error *err)
{
	char path[256];
	pid_t child;
	int fd;

	if (find_program(path, sizeof(path))) {
		error_set(err, ERROR_FAILED, "start",
			  "no xenstored answers at %s, and none is installed", STORE_SOCKET);
		return error_hint(err, "install the Debian package xen-utils-4.17");
	}
	mkdir("/run/xenstored", 0755);
	child = fork();
	if (!child)
		run_program(path);
	if (child < 0)
		return error_set(err, ERROR_FAILED, "start", "cannot fork: %s", strerror(errno));
	fd = wait_until_up(child);
	if (fd >= 0)
		return fd;
	return error_set(err, ERROR_FAILED, "start", "%s %s", path,
			 fd == -ETIMEDOUT ? "did not open its socket in 20 s" : "ended at once");
}

/* What xen-init-dom0 would write; without it others' tools show dom0 as (null). */
static int describe_dom0(struct store *store)
{
	char *name = store_read(store, "/local/domain/0/name");
	int ret;

	free(name);
	if (name)
		return 0;
	ret = store_write(store, "/local/domain/0/domid", "0");
	if (!ret)
		ret = store_write(store, "/local/domain/0/name", "Domain-0");
	if (!ret)
		ret = store_write(store, "/local/pool/0/name", "Pool-0");
	return ret;
}

struct store *store_open(struct error *err)
{
	struct store *store;
	int fd = store_connect(), ret;

	if (fd < 0)
		fd = start(err);
	if (fd < 0)
		return NULL;
	store = store_attach(fd);
	if (!store) {
		error_set(err, ERROR_FAILED, "start", "out of memory");
		return NULL;
	}
	ret = describe_dom0(store);
	if (!ret)
		return store;
	error_set(err, ERROR_FAILED, "start", "xenstored does not answer: %s", strerror(-ret));
	store_close(store);
	return NULL;
}
