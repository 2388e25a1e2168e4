/* SPDX-License-Identifier: MIT */
/* Child processes of dom0's first process. */
#include "dom0.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"LANG=C.UTF-8",
	"TERM=vt100",
	"PS1=dom0# ",
	NULL,
};

static void redirect(int fd, int as, int flags)
{
	if (fd < 0)
		fd = open("/dev/null", flags);
	if (fd != as)
		dup2(fd, as);
}

static void run(const struct service *service)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (service->terminal)
		ioctl(service->input, TIOCSCTTY, 1);
	redirect(service->input, STDIN_FILENO, O_RDONLY);
	redirect(service->output, STDOUT_FILENO, O_WRONLY);
	redirect(service->output, STDERR_FILENO, O_WRONLY);
	close_range(3, ~0u, 0);
	execve(service->argv[0], (char *const *)service->argv, (char *const *)environment);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", service->argv[0], strerror(errno));
	_exit(127);
}

void service_start(struct service *service)
{
	service->pid = fork();
	if (service->pid < 0)
		fail("cannot start %s: %m", service->name);
	if (!service->pid)
		run(service);
	report("%s started, process %d", service->name, (int)service->pid);
}

/* SIGCHLD is blocked and waited for; a signal of another child only costs a look. */
static bool wait_until(pid_t pid, time_t deadline)
{
	sigset_t child;
	struct timespec now, left;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		if (waitpid(pid, NULL, WNOHANG))
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= deadline)
			return false;
		left = (struct timespec){ .tv_sec = deadline - now.tv_sec };
		sigtimedwait(&child, NULL, &left);
	}
}

void service_stop(struct service *service, unsigned int seconds)
{
	struct timespec now;

	if (!service->pid)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	kill(service->pid, SIGTERM);
	if (!wait_until(service->pid, now.tv_sec + (time_t)seconds)) {
		report("%s does not end, killed", service->name);
		kill(service->pid, SIGKILL);
		waitpid(service->pid, NULL, 0);
	}
	service->pid = 0;
}

const char *service_verdict(int status)
{
	static char text[64];

	if (WIFEXITED(status))
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
	else
		snprintf(text, sizeof(text), "signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	return text;
}
