/* SPDX-License-Identifier: MIT */
/*
 * What g++ and clang++ expect of a C++ library even without exceptions. Weak: a kernel that has a
 * real one keeps it.
 */
#include <pv/sched.h>

#define WEAK __attribute__((weak))

int __cxa_atexit(void (*destroy)(void *), void *object, void *dso);
void __cxa_pure_virtual(void);
extern void *__dso_handle;

/* The library of an object with a destructor: here is but one. */
WEAK void *__dso_handle;

/* A kernel does not end before its domain, so nothing is ever destroyed. */
WEAK int __cxa_atexit(void (*destroy)(void *), void *object, void *dso)
{
	(void)destroy;
	(void)object;
	(void)dso;
	return 0;
}

WEAK void __cxa_pure_virtual(void)
{
	pv_shutdown(SHUTDOWN_crash);
}
