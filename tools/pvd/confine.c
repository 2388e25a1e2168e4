/* SPDX-License-Identifier: MIT */
/* confine.c - the daemon's filter of system calls (see confine.h). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"
#include "filter.h"
#include "log.h"

static const int calls[] = {
	/* Clients, store, unpacker: sockets that are there. */
	SCMP_SYS(accept4),
	SCMP_SYS(connect),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown),
	/* The event loop. */
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(timerfd_settime),
	/* Files: kernels, logs, state, the cache; by the names that C libraries have for the calls.
	 */
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(fsync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(getdents64),
	SCMP_SYS(lstat),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readv),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(utimensat),
	SCMP_SYS(writev),
	/* The hypervisor's devices; CAP_IPC_LOCK is kept for the buffers. */
	SCMP_SYS(ioctl),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	/* Threads of jobs; clone has an argument to look at. */
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(set_robust_list),
	/* What libraries ask about themselves and the machine. */
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getuid),
	SCMP_SYS(prlimit64),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
};

/*
 * clone makes threads only. clone3, whose arguments no filter can see, is said not to exist, and
 * the C library takes clone. A library that tries another kind of socket hears that there is none.
 */
static int add_arguments(scmp_filter_ctx context)
{
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
	const struct scmp_arg_cmp local = SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0);
	const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0);

	return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, thread) ?:
	       seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ?:
	       seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, local) ?:
	       seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, local) ?:
	       seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, other);
}

/* Only what is safe wherever the call was made from; the signal is then sent once more and ends the
 * process. */
static void violation(int number, siginfo_t *info, void *context)
{
	char line[128];
	int length = snprintf(line, sizeof(line),
			      "pvd: forbidden system call %d: pvd ends, guests go on\n",
			      info->si_syscall);

	(void)context;
	log_raw(line, (size_t)length);
	raise(number);
}

int confine(void)
{
	const struct filter filter = {
		.calls = calls,
		.count = sizeof(calls) / sizeof(calls[0]),
		.more = add_arguments,
	};
	struct sigaction action = {
		.sa_sigaction = violation,
		.sa_flags = SA_SIGINFO | (int)SA_RESETHAND | SA_NODEFER,
	};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL))
		return -errno;
	return filter_apply(&filter);
}
