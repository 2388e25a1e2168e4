/* SPDX-License-Identifier: MIT */
/* unpacker_serve.c - the unpacker's server and its children (see unpacker.h). */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "unpacker_part.h"

int unpacker_send(int fd, const void *message, size_t size, int passed)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec part = { (void *)message, size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed >= 0) {
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS,
						   .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(int));
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -errno;
}

int unpacker_receive(int fd, void *message, size_t size, int *passed)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { message, size };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	const struct cmsghdr *got;
	ssize_t n;

	*passed = -1;
	do {
		n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	got = n < 0 ? NULL : CMSG_FIRSTHDR(&header);
	if (got && got->cmsg_type == SCM_RIGHTS && got->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(got), sizeof(int));
	return n < 0 ? -errno : (int)n;
}

/* ---- The child ------------------------------------------------------------------------------- */

/* It is the first to go when memory runs out. */
static void offer_to_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1000", 4) < 0)
		errno = 0; /* it is then as likely to go as others */
	if (fd >= 0)
		close(fd);
}

/* The limit counts what the process has anyway, so that is asked for first. In bytes. */
static uint64_t data_in_use(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file && fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool limit(int what, uint64_t value, uint64_t hard)
{
	const struct rlimit both = { value, hard };

	return !setrlimit(what, &both);
}

static bool confine_child(void)
{
	static const int calls[] = { SCMP_SYS(ftruncate) };
	const struct filter filter = { .calls = calls, .count = 1, .kill = true };

	const uint64_t data = data_in_use() + UNPACKER_DATA_MAX;

	offer_to_oom();
	alarm(UNPACKER_SECONDS);
	/* At the soft limit of time SIGXCPU says what it was, which SIGKILL at the hard one does
	 * not. */
	return limit(RLIMIT_DATA, data, data) &&
	       limit(RLIMIT_CPU, UNPACKER_CPU_SECONDS, UNPACKER_CPU_SECONDS + 5) &&
	       limit(RLIMIT_CORE, 0, 0) && !filter_apply(&filter);
}

static void work(int fd, int kernel, const int *to, const struct extract_limits *limits,
		 struct extract_report *report)
{
	close(fd);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!confine_child())
		_exit(EXIT_FAILURE);
	extract(kernel, to, limits, report);
	_exit(EXIT_SUCCESS);
}

/* ---- The server ------------------------------------------------------------------------------ */

/* Ends the child when the daemon cancels or goes. False: the daemon has gone. */
static bool watch(int fd, pid_t child)
{
	int process = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd p[2] = { { .fd = process, .events = POLLIN },
			       { .fd = fd, .events = POLLIN } };
	struct unpacker_request request;
	bool there = true;
	int passed;

	if (process < 0)
		kill(child, SIGKILL);
	while (process >= 0 && (poll(p, 2, -1) < 0 || !p[0].revents)) {
		if (!p[1].revents)
			continue;
		there = unpacker_receive(fd, &request, sizeof(request), &passed) > 0;
		kill(child, SIGKILL);
		if (!there)
			break;
	}
	if (process >= 0)
		close(process);
	return there;
}

static bool open_files(int *to)
{
	unsigned int i;

	for (i = 0; i < EXTRACT_LAYERS; i++) {
		to[i] = memfd_create("kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (to[i] < 0)
			return false;
	}
	return true;
}

static void close_files(const int *to)
{
	unsigned int i;

	for (i = 0; i < EXTRACT_LAYERS; i++)
		if (to[i] >= 0)
			close(to[i]);
}

/* Runs a child for one kernel. False: the daemon has gone. */
static bool run_child(int fd, int kernel, const int *to, const struct extract_limits *limits,
		      struct extract_report *report, struct unpacker_end *end)
{
	pid_t child = fork();
	bool there;
	int status;

	if (!child)
		work(fd, kernel, to, limits, report);
	if (child < 0)
		return true;
	there = watch(fd, child);
	if (waitpid(child, &status, 0) != child)
		return there;
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		end->report = *report;
	return there;
}

/* The file of the result, which nobody can change any more, or -1. */
static int result_of(const struct unpacker_end *end, const int *to)
{
	const struct extract_report *report = &end->report;
	int fd;

	if (end->signal || report->verdict != EXTRACT_OK || report->result >= EXTRACT_LAYERS)
		return -1;
	fd = to[report->result];
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ? -1 : fd;
}

/* One kernel: unpacked, answered. False: the daemon has gone. */
static bool serve_kernel(int fd, int kernel, const struct extract_limits *limits,
			 struct extract_report *report)
{
	struct unpacker_end end = { .report = { .verdict = EXTRACT_NO_MEMORY } };
	int to[EXTRACT_LAYERS] = { -1, -1 };
	bool there = true;

	if (open_files(to))
		there = run_child(fd, kernel, to, limits, report, &end);
	there = there && !unpacker_send(fd, &end, sizeof(end), result_of(&end, to));
	close_files(to);
	return there;
}

static bool give_up_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	return !syscall(SYS_capset, &header, none);
}

/* What it needs itself, and what a child does before its own filter. */
static bool confine_server(void)
{
	static const int calls[] = {
		SCMP_SYS(alarm),     SCMP_SYS(clone),      SCMP_SYS(fcntl),
		SCMP_SYS(ftruncate), SCMP_SYS(kill),       SCMP_SYS(memfd_create),
		SCMP_SYS(openat),    SCMP_SYS(pidfd_open), SCMP_SYS(poll),
		SCMP_SYS(prctl),     SCMP_SYS(prlimit64),  SCMP_SYS(recvmsg),
		SCMP_SYS(seccomp),   SCMP_SYS(sendmsg),    SCMP_SYS(set_robust_list),
		SCMP_SYS(wait4),
	};
	const struct filter filter = {
		.calls = calls,
		.count = sizeof(calls) / sizeof(calls[0]),
		.kill = true,
	};

	return give_up_capabilities() && !filter_apply(&filter);
}

void unpacker_serve(int fd)
{
	struct extract_report *report;
	struct unpacker_request request;
	int kernel;

	prctl(PR_SET_NAME, "pvd-unpacker");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Nothing of the daemon's, or of whoever started that, is kept open but standard error. */
	dup2(fd, STDERR_FILENO + 1);
	fd = STDERR_FILENO + 1;
	close_range((unsigned int)fd + 1, ~0u, 0);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (report == MAP_FAILED || !confine_server())
		_exit(EXIT_FAILURE);
	while (unpacker_receive(fd, &request, sizeof(request), &kernel) == (int)sizeof(request)) {
		if (request.kind != UNPACKER_KERNEL || kernel < 0)
			continue;
		if (!serve_kernel(fd, kernel, &request.limits, report))
			break;
		close(kernel);
	}
	_exit(EXIT_SUCCESS);
}
