/* SPDX-License-Identifier: MIT */
/* The hypervisor image that QEMU loads: our own, or a file that the user names, packed or not. No
 * locks. */
#ifndef TOOLS_HOST_HYPERVISOR_H
#define TOOLS_HOST_HYPERVISOR_H

#include <limits.h>
#include <stdbool.h>

#include "../lib/error.h"
#include "paths.h"

struct host_hypervisor {
	char named[PATH_MAX]; /* what the user named, or our own */
	char image[PATH_MAX]; /* what QEMU loads: the same, or unpacked in the cache */
	bool is_xen;          /* Xen itself, which needs -cpu max,-smap on QEMU 7.2 */
};

/* `file` NULL: our own. A packed image (Debian's xen.gz) is unpacked into the cache, once. */
int hypervisor_choose(struct host_hypervisor *hypervisor, const char *file,
		      const struct host_paths *paths, struct error *err);

#endif
