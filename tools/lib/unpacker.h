/* SPDX-License-Identifier: MIT */
/*
 * unpacker.h - takes kernels apart in processes of their own.
 *
 * Decoders read files of which nobody knows who made them, and a few bytes may become very many.
 * So the daemon forks a small server at its start, while it has no devices, no threads and no
 * clients yet; for each kernel that forks a child with limits of memory and time and with hardly
 * any system calls left, and hands back a memory file with the ELF file. A child that dies, of
 * whatever, is an error of that one kernel. The server gives up all capabilities.
 */
#ifndef TOOLS_LIB_UNPACKER_H
#define TOOLS_LIB_UNPACKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "extract.h"

/* Limits of a child: what its decoders may allocate, processor time, and time as such. */
#define UNPACKER_DATA_MAX    (UINT64_C(320) << 20)
#define UNPACKER_CPU_SECONDS 120
#define UNPACKER_SECONDS     600

struct unpacker;

/* How a child has ended: by a signal, or with a report. */
struct unpacker_end {
	int signal; /* 0: none */
	struct extract_report report;
};

/* Forks the server; the process must have one thread. NULL with errno. */
struct unpacker *unpacker_start(void);

/* Ends the server. */
void unpacker_stop(struct unpacker *unpacker);

/*
 * Unpacks the kernel in file descriptor `kernel`, one at a time. Returns a descriptor of the ELF
 * file, read-only for all and for good, or a negative errno: -ECANCELED after *cancelled (may be
 * NULL) became true, -EPIPE if the server is gone, -EINVAL when *end says what was wrong.
 */
int unpacker_run(struct unpacker *unpacker, int kernel, uint64_t domain_memory,
		 const atomic_bool *cancelled, struct unpacker_end *end);

#endif
