/* SPDX-License-Identifier: MIT */
/* A growing argument vector, and the quoting that QEMU's option syntax wants. */
#ifndef TOOLS_HOST_QEMU_ARGS_H
#define TOOLS_HOST_QEMU_ARGS_H

#include <stdbool.h>

#include "qemu.h"

#define QEMU_ARGS_MAX 96

/* A zeroed structure is empty. */
struct qemu_args {
	char *argv[QEMU_ARGS_MAX + 1];
	int count;
	bool failed; /* memory was short, or there were too many */
};

/* The whole command line of `setup`; `ends` are QEMU's descriptors of the streams. -ENOMEM. */
int qemu_args_build(struct qemu_args *args, const struct qemu_setup *setup,
		    const int ends[QEMU_STREAMS]);
void qemu_args_free(struct qemu_args *args);

#endif
