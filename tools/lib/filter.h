/* SPDX-License-Identifier: MIT */
/*
 * filter.h - confines a process to the system calls that it needs (seccomp, by libseccomp).
 *
 * What is not listed is not done: the process gets SIGSYS, or dies. No new executable memory is
 * given in any case: mapping it fails with EACCES, so that a library that would load a module goes
 * on without.
 */
#ifndef TOOLS_LIB_FILTER_H
#define TOOLS_LIB_FILTER_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

struct filter {
	const int *calls; /* SCMP_SYS(name)s, allowed whatever their arguments */
	size_t count;
	bool kill; /* a violation ends the process at once; else it is sent SIGSYS */
	/* Adds rules that look at arguments, NULL: none. 0 or a negative errno. */
	int (*more)(scmp_filter_ctx context);
};

/*
 * Puts all threads of the process under the filter, for good; it also gives up gaining privileges
 * by execution. What any C program needs (memory, locks, signals, its own end) is allowed
 * besides. 0 or a negative errno.
 */
int filter_apply(const struct filter *filter);

#endif
