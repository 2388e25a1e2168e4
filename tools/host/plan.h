/* SPDX-License-Identifier: MIT */
/*
 * What a start comes to: the options turned into files that exist, and those into what QEMU is
 * given. plan_make only looks; plan_prepare, under the instance's lock, writes what the machine
 * will load.
 */
#ifndef TOOLS_HOST_PLAN_H
#define TOOLS_HOST_PLAN_H

#include "hypervisor.h"
#include "kernel.h"
#include "options.h"
#include "paths.h"
#include "qemu.h"
#include "state.h"

struct plan {
	struct host_hypervisor hypervisor;
	struct host_kernel kernel;
	enum host_accel accel; /* as asked */
	unsigned int timeout;
	char modules[PATH_MAX]; /* as initramfs.h has it */
	char root[PATH_MAX];
	char pvd[PATH_MAX];            /* below dom0's root */
	char dom0_state[PATH_MAX + 8]; /* what dom0 sees as /var/lib/paravane */
	char hypervisor_args[1024], kernel_args[1024];
	struct host_state state; /* for state.json */
	struct qemu_setup qemu;  /* points into the others */
};

/* Errors: negative errno with `err` filled. */
int plan_make(struct plan *plan, const struct host_paths *paths, const struct host_options *options,
	      struct error *err);
int plan_prepare(struct plan *plan, const struct host_paths *paths, void (*stage)(const char *text),
		 struct error *err);

#endif
