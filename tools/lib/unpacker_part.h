/* SPDX-License-Identifier: MIT */
/* unpacker_part.h - between the two sides of the unpacker; for unpacker*.c alone. */
#ifndef TOOLS_LIB_UNPACKER_PART_H
#define TOOLS_LIB_UNPACKER_PART_H

#include <stddef.h>

#include "unpack.h"
#include "unpacker.h"

/* One message each, with the kernel's descriptor or, back, that of the ELF file. */
enum unpacker_kind { UNPACKER_KERNEL, UNPACKER_CANCEL };

struct unpacker_request {
	enum unpacker_kind kind;
	struct extract_limits limits;
};

/* The server: never returns. */
void unpacker_serve(int fd) __attribute__((noreturn));

/* Sends a message with a descriptor, -1: none. 0 or a negative errno. */
int unpacker_send(int fd, const void *message, size_t size, int passed);

/* Receives one; *passed is -1 where none came with it. Its size, 0 at the end, or a negative errno.
 */
int unpacker_receive(int fd, void *message, size_t size, int *passed);

#endif
