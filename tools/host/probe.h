/* SPDX-License-Identifier: MIT */
/*
 * Does KVM work here, for this hypervisor image? Asked by booting it with a guest of one line as
 * dom0: /dev/kvm may exist and open, and yet abort, stop the CPU in silence, or refuse. The verdict
 * is kept as long as this boot of the computer, QEMU's version and the image stay the same.
 */
#ifndef TOOLS_HOST_PROBE_H
#define TOOLS_HOST_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "../lib/error.h"
#include "hypervisor.h"
#include "paths.h"

#define PROBE_SECONDS 3

struct probe_verdict {
	bool works;
	char why[256]; /* one clause: "a test boot succeeded", "/dev/kvm: Permission denied" */
};

/* The verdict, kept or fresh. Errors (negative errno, `err` filled): the probe could not be made at
 * all. */
int probe_kvm(struct probe_verdict *verdict, const struct host_hypervisor *hypervisor,
	      const struct host_paths *paths, struct error *err);

#endif
