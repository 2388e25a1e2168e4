/* SPDX-License-Identifier: MIT */
/* The supervisor's process. */
#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listen.h"
#include "supervise.h"

enum { LOCKS, STARTER = LOCKS + HOST_LOCKS, PVD, CONSOLE, KEPT };

static bool is_kept(const int kept[KEPT], int fd)
{
	for (int i = 0; i < KEPT; i++)
		if (kept[i] == fd)
			return true;
	return false;
}

/* A descriptor of the caller's shell (a pipe, a lock file) must not live as long as the machine. */
static void close_others(const int kept[KEPT])
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd != dirfd(dir) && !is_kept(kept, fd))
			close(fd);
	}
	if (dir)
		closedir(dir);
}

/* No terminal, no working folder, no signal dispositions of the caller. */
static void become_daemon(const int kept[KEPT])
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setsid();
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close_others(kept);
	if (chdir("/"))
		_exit(1);
	umask(077);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	prctl(PR_SET_NAME, "pvctl-host");
}

static void run(const struct plan *plan, const struct host_paths *paths, const int kept[KEPT])
{
	static struct supervise_setup setup;

	setup = (struct supervise_setup){
		.paths = paths,
		.qemu = &plan->qemu,
		.state = plan->state,
		.timeout = plan->timeout,
		.starter = kept[STARTER],
		.pvd_listener = kept[PVD],
		.console_listener = kept[CONSOLE],
	};
	become_daemon(kept);
	_exit(supervise(&setup));
}

static int open_sockets(const struct host_paths *paths, int kept[KEPT], int *starter,
			struct error *err)
{
	int pair[2];

	kept[PVD] = listen_at(paths->socket, err);
	if (kept[PVD] >= 0)
		kept[CONSOLE] = listen_at(paths->console, err);
	if (kept[PVD] < 0 || kept[CONSOLE] < 0)
		return error_errno(err->code);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return error_set(err, ERROR_FAILED, "host", "socketpair: %s", strerror(errno));
	*starter = pair[0];
	kept[STARTER] = pair[1];
	return 0;
}

int spawn_supervisor(const struct plan *plan, const struct host_paths *paths,
		     const int locks[HOST_LOCKS], int *starter, struct error *err)
{
	int kept[KEPT] = { [STARTER] = -1, [PVD] = -1, [CONSOLE] = -1 };
	int rc = open_sockets(paths, kept, starter, err);
	pid_t pid = rc ? -1 : fork();

	memcpy(&kept[LOCKS], locks, HOST_LOCKS * sizeof(*locks));
	if (!pid)
		run(plan, paths, kept);
	if (!rc && pid < 0) {
		rc = error_set(err, ERROR_FAILED, "host", "cannot fork: %s", strerror(errno));
		close(*starter);
	}
	for (int i = STARTER; i < KEPT; i++)
		if (kept[i] >= 0)
			close(kept[i]);
	return rc;
}
