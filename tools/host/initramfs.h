/* SPDX-License-Identifier: MIT */
/*
 * dom0's initial file system: our first process and the modules it loads, built once per kernel and
 * kept, and a small second archive with what this start decides, appended for each start.
 */
#ifndef TOOLS_HOST_INITRAMFS_H
#define TOOLS_HOST_INITRAMFS_H

#include "../lib/error.h"
#include "kernel.h"
#include "paths.h"

/* The modules are not below dom0's root: they come by a share of their own. */
#define MODULES_SHARE "share"

/* What dom0's first process is told: lines of KEY=VALUE in /start.conf. */
struct initramfs_config {
	const char *pvd; /* path of the daemon in dom0 */
	const char *kernel_version;
	const char *modules; /* what goes to /lib/modules/VERSION: a folder of dom0, MODULES_SHARE,
				or "" */
	const char *files_below; /* where the share "files" lies on the laptop: "/" or --root DIR */
	const char *hostname;
};

/* Makes (or finds) the archive of `kernel` and writes it, the configuration behind it, to `path`.
 */
int initramfs_make(const char *path, const struct host_paths *paths,
		   const struct host_kernel *kernel, const struct initramfs_config *config,
		   struct error *err);

#endif
