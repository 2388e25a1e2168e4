/* SPDX-License-Identifier: MIT */
/*
 * extract.h - finds the ELF file inside a kernel file. A file is peeled: a bzImage gives its
 * payload, a compressed stream what is in it, until an ELF file lies open. Two layers are the most
 * that real kernels have.
 *
 * This is what the unpacker runs on files that nobody has looked at: it only reads `from`, writes
 * `to`, and allocates. What comes out is bounded by what the domain can hold, what dom0 has, and
 * what the file itself says of its size.
 */
#ifndef TOOLS_LIB_EXTRACT_H
#define TOOLS_LIB_EXTRACT_H

#include <image/bzimage.h>
#include <stdint.h>

#define EXTRACT_FILE_MAX   (UINT64_C(256) << 20)
#define EXTRACT_KERNEL_MAX (UINT64_C(512) << 20)
#define EXTRACT_LAYERS     2

/* Below this a domain's size is no bound: what it then lacks is said better by the layout. */
#define EXTRACT_ROOM_MIN (UINT64_C(16) << 20)

enum extract_verdict {
	EXTRACT_OK,
	EXTRACT_NOT_REGULAR,
	EXTRACT_EMPTY,
	EXTRACT_FILE_TOO_LARGE,
	EXTRACT_READ,        /* errnum says why */
	EXTRACT_UNKNOWN,     /* neither ELF nor bzImage nor packed in a known way */
	EXTRACT_BAD_BZIMAGE, /* bzimage says how */
	EXTRACT_UNKNOWN_PAYLOAD,
	EXTRACT_NOT_UNPACKED, /* format is known by name only */
	EXTRACT_DAMAGED,
	EXTRACT_TRUNCATED,
	EXTRACT_TOO_LARGE,   /* over EXTRACT_KERNEL_MAX */
	EXTRACT_OVER_STATED, /* over the bzImage's own figure, in bytes */
	EXTRACT_OVER_DOMAIN, /* so many bytes, or more, are needed */
	EXTRACT_OVER_MEMORY, /* the same */
	EXTRACT_NO_MEMORY,
	EXTRACT_VERDICTS,
};

struct extract_limits {
	uint64_t domain; /* memory of the domain */
	uint64_t memory; /* of this machine that may be used */
};

/* Crosses from one process to another, so it has no pointers. */
struct extract_report {
	enum extract_verdict verdict;
	char format[8]; /* of the last stream met, "" or "ELF" without one */
	int errnum;
	enum bzimage_status bzimage;
	unsigned int result; /* which of `to` has the ELF file */
	uint64_t bytes;
};

/* from: the kernel. to: EXTRACT_LAYERS empty memory files. */
void extract(int from, const int *to, const struct extract_limits *limits,
	     struct extract_report *report);

#endif
