/* SPDX-License-Identifier: MIT */
/* filter.c - seccomp filters (see filter.h). */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filter.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static const int basic[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(newfstatat),
	SCMP_SYS(pread64),
	SCMP_SYS(read),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield),
	SCMP_SYS(write),
#ifdef SANITIZED
	/* What the sanitizers look up for a report and, of leaks, at the end. */
	SCMP_SYS(getrlimit),
	SCMP_SYS(openat),
	SCMP_SYS(prctl),
	SCMP_SYS(prlimit64),
	SCMP_SYS(readlink),
	SCMP_SYS(sigaltstack),
#endif
};

static int allow(scmp_filter_ctx context, const int *calls, size_t count)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = seccomp_rule_add(context, SCMP_ACT_ALLOW, calls[i], 0);
	return ret;
}

/* Memory, as long as it is not executable; signals to itself, as abort() sends. */
static int allow_with_arguments(scmp_filter_ctx context)
{
	const struct scmp_arg_cmp data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
	const uint32_t refuse = SCMP_ACT_ERRNO(EACCES);

	return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, data) ?:
	       seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, data) ?:
	       seccomp_rule_add(context, refuse, SCMP_SYS(mmap), 1, code) ?:
	       seccomp_rule_add(context, refuse, SCMP_SYS(mprotect), 1, code) ?:
	       seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

int filter_apply(const struct filter *filter)
{
	scmp_filter_ctx context =
		seccomp_init(filter->kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP);
	int ret;

	if (!context)
		return -ENOMEM;
	ret = seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1) ?:
	      allow(context, basic, sizeof(basic) / sizeof(basic[0])) ?:
	      allow(context, filter->calls, filter->count) ?:
	      allow_with_arguments(context);
	if (!ret && filter->more)
		ret = filter->more(context);
	if (!ret)
		ret = seccomp_load(context);
	seccomp_release(context);
	return ret;
}
