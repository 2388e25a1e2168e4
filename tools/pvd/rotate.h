/* SPDX-License-Identifier: MIT */
/*
 * rotate.h - a log file that is only appended to and renamed to NAME.1 when it reaches 4 MiB.
 *
 * Contract: 0 or a negative errno. One thread per file.
 */
#ifndef TOOLS_PVD_ROTATE_H
#define TOOLS_PVD_ROTATE_H

#include <stddef.h>
#include <stdint.h>

#define ROTATE_BYTES ((uint64_t)4 << 20)

struct rotate {
	int folder; /* not owned */
	int fd;     /* -1: closed */
	uint64_t size;
	char *name;
};

#define ROTATE_INIT                    \
	{                              \
		.folder = -1, .fd = -1 \
	}

/* Opens name below the folder for appending, mode 0600. */
int rotate_open(struct rotate *file, int folder, const char *name);
void rotate_close(struct rotate *file);

/* Appends; rotates first if the file is full. What cannot be written is lost. */
int rotate_write(struct rotate *file, const void *data, size_t size);

/* The last bytes of the file, at most size. Returns their number or a negative errno. */
long rotate_tail(const struct rotate *file, void *data, size_t size);

#endif
