/* SPDX-License-Identifier: MIT */
/*
 * The kernel that dom0 runs: which file, which version, where its modules are.
 *
 * Chosen in this order: the file that the user names; the newest readable /boot/vmlinuz-6.1* that
 * has its modules; the newest fetched one in the build tree's cache. Nothing here takes a lock.
 */
#ifndef TOOLS_HOST_KERNEL_H
#define TOOLS_HOST_KERNEL_H

#include <limits.h>

#include "../lib/error.h"

struct host_kernel {
	char image[PATH_MAX];
	char version[128];      /* as uname -r says it */
	char modules[PATH_MAX]; /* the folder of modules.dep */
};

/* Where to look. Tests give their own. */
struct kernel_places {
	const char *boot;  /* "/boot" */
	const char *build; /* the build tree: cache/FOLDER/boot/vmlinuz-* in it; NULL: installed */
};

/*
 * Fills in a kernel from `wanted`, or from what `places` hold if it is NULL. Errors say what was
 * found and name the cures: --kernel, readable permissions, fetching into a build tree.
 */
int kernel_choose(struct host_kernel *kernel, const char *wanted,
		  const struct kernel_places *places, struct error *err);

#endif
