/* SPDX-License-Identifier: MIT */
/* What a start of hosted mode was asked for: defaults, and checks that need no other file. No
 * locks. */
#ifndef TOOLS_HOST_OPTIONS_H
#define TOOLS_HOST_OPTIONS_H

#include "../lib/error.h"

#define HOST_MEMORY_DEFAULT      1536 /* MiB */
#define HOST_MEMORY_LEAST        768
#define HOST_DOM0_MEMORY_DEFAULT 512
#define HOST_DOM0_MEMORY_LEAST   256
#define HOST_TIMEOUT_DEFAULT     120 /* seconds */

enum host_accel {
	HOST_ACCEL_AUTO,
	HOST_ACCEL_KVM,
	HOST_ACCEL_TCG,
};

/* Texts are the caller's and stay valid during the start; NULL where nothing was said. */
struct host_options {
	const char *name;
	const char *hypervisor;      /* file; NULL: our own */
	const char *kernel;          /* file; NULL: chosen */
	const char *root;            /* folder that becomes dom0's root; NULL: "/" */
	const char *hypervisor_args; /* appended to its command line */
	const char *dom0_args;       /* appended to the kernel's */
	enum host_accel accel;
	unsigned int memory;      /* MiB */
	unsigned int dom0_memory; /* MiB */
	unsigned int timeout;     /* seconds until pvd has to answer */
};

void host_options_default(struct host_options *options);

/* "1536", "1536M", "2G" as MiB. ERROR_USAGE names `option`. */
int host_parse_memory(const char *text, const char *option, unsigned int *mib, struct error *err);

/* "auto", "kvm", "tcg". */
int host_parse_accel(const char *text, enum host_accel *accel, struct error *err);
const char *host_accel_name(enum host_accel accel);

/* Sizes that fit each other; texts that fit on a command line. */
int host_options_check(const struct host_options *options, struct error *err);

#endif
