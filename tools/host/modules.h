/* SPDX-License-Identifier: MIT */
/* The kernel modules that dom0's first process loads, resolved with libkmod and put into its
 * initial file system. */
#ifndef TOOLS_HOST_MODULES_H
#define TOOLS_HOST_MODULES_H

#include "../lib/error.h"
#include "cpio.h"
#include "kernel.h"

/*
 * Adds to `cpio`, in the folder "modules", every module that hosted mode needs and all that they
 * need, unpacked, and the file "modules/order" with their names in the order of loading. What is
 * built into the kernel is left out; a module that is neither is an error that names it.
 */
int modules_add(struct cpio *cpio, const struct host_kernel *kernel, struct error *err);

#endif
