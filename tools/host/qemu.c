/* SPDX-License-Identifier: MIT */
/* The QEMU process. */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qemu_args.h"

#define STAGE "host"

static void close_ends(int ends[QEMU_STREAMS])
{
	for (int i = 0; i < QEMU_STREAMS; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* Everything is close-on-exec; the child takes that off its own ends. */
static int make_streams(struct qemu *qemu, int ends[QEMU_STREAMS], bool probe)
{
	int pair[2];

	for (int i = 0; i < QEMU_STREAMS; i++)
		qemu->streams[i] = ends[i] = -1;
	for (int i = 0; i < (probe ? 1 : QEMU_STREAMS); i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -errno;
		qemu->streams[i] = pair[0];
		ends[i] = pair[1];
	}
	return 0;
}

/* In the child. What goes wrong is written to the pipe as an errno, which a successful exec closes.
 */
static void run(const struct qemu_setup *setup, char **argv, const int ends[QEMU_STREAMS],
		int messages, int report, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), errnum;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int i = 0; i < QEMU_STREAMS; i++)
		if (ends[i] >= 0)
			fcntl(ends[i], F_SETFD, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(messages, STDOUT_FILENO) < 0 ||
	    dup2(messages, STDERR_FILENO) < 0 || chdir(setup->folder) || execvp(argv[0], argv)) {
		errnum = errno;
		if (write(report, &errnum, sizeof(errnum)) < 0)
			_exit(2);
	}
	_exit(127);
}

static int explain(int errnum, struct error *err)
{
	if (errnum != ENOENT)
		return error_set(err, ERROR_FAILED, STAGE, "cannot run " QEMU_PROGRAM ": %s",
				 strerror(errnum));
	error_set(err, ERROR_FAILED, STAGE, QEMU_PROGRAM " is not installed");
	return error_hint(err, "Debian's package is qemu-system-x86");
}

static int spawn(struct qemu *qemu, const struct qemu_setup *setup, char **argv,
		 const int ends[QEMU_STREAMS], struct error *err)
{
	int report[2], messages[2], errnum = 0;
	pid_t parent = getpid();

	if (pipe2(report, O_CLOEXEC))
		return explain(errno, err);
	if (pipe2(messages, O_CLOEXEC)) {
		close(report[0]);
		close(report[1]);
		return explain(errno, err);
	}
	qemu->messages = messages[0];
	qemu->pid = fork();
	if (!qemu->pid)
		run(setup, argv, ends, messages[1], report[1], parent);
	if (qemu->pid < 0)
		errnum = errno;
	close(report[1]);
	close(messages[1]);
	if (qemu->pid > 0 && read(report[0], &errnum, sizeof(errnum)) == sizeof(errnum))
		waitpid(qemu->pid, NULL, 0);
	close(report[0]);
	return errnum ? explain(errnum, err) : 0;
}

int qemu_start(struct qemu *qemu, const struct qemu_setup *setup, struct error *err)
{
	struct qemu_args args = { .count = 0 };
	int ends[QEMU_STREAMS], rc;

	qemu->pid = qemu->messages = -1;
	rc = make_streams(qemu, ends, setup->probe);
	if (!rc)
		rc = qemu_args_build(&args, setup, ends);
	if (rc)
		error_set(err, ERROR_FAILED, STAGE, "cannot prepare QEMU: %s", strerror(-rc));
	else
		rc = spawn(qemu, setup, args.argv, ends, err);
	close_ends(ends);
	qemu_args_free(&args);
	if (rc)
		qemu_close(qemu);
	return rc;
}

void qemu_close(struct qemu *qemu)
{
	close_ends(qemu->streams);
	if (qemu->messages >= 0)
		close(qemu->messages);
	qemu->messages = -1;
	for (int i = 0; i < QEMU_STREAMS; i++)
		qemu->streams[i] = -1;
}

int qemu_version(char *text, size_t size, struct error *err)
{
	FILE *pipe = popen(QEMU_PROGRAM " --version 2>/dev/null", "re");
	bool got = pipe && fgets(text, (int)size, pipe);

	if (pipe && pclose(pipe))
		got = false;
	if (!got)
		return explain(ENOENT, err);
	text[strcspn(text, "\n")] = '\0';
	return 0;
}
