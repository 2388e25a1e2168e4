/* SPDX-License-Identifier: MIT */
/*
 * Every handler of the tables, weakly, as one that answers -ENOSYS: a test links the rooms that it
 * tests, and dispatch wants them all.
 */
#include <core/errno.h>

long fake_handler(void);

long fake_handler(void)
{
	return -ENOSYS;
}

#define WEAK_HANDLER(name) __asm__(".weak " #name "\n\t.set " #name ", fake_handler\n");
#define HYPERCALL_ABSENT(...)
#define HYPERCALL(nr, name, class, nargs, types) WEAK_HANDLER(hc_##name)
#include <hypercalls.def>
#define SUBOP_ABSENT(...)
#define SUBOP(call, cmd, name, type, dir, class, subject) WEAK_HANDLER(hc_##call##_##name)
#include <subops.def>
