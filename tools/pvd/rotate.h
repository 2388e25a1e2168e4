/* SPDX-License-Identifier: MIT */
/*
 * rotate.h - a log file that is only appended to and renamed to NAME.1 when it reaches 4 MiB.
 *
 * What cannot be written (a full disk) is lost, but counted: the next write that succeeds is
 * preceded by a line that says how many bytes are missing. So a log is never silently incomplete,
 * and goes on as soon as there is room.
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
	char *name;    /* NULL: nothing is written */
	uint64_t lost; /* bytes that could not be written and nobody was told of yet */
	int why;       /* a negative errno: why the last of them */
};

#define ROTATE_INIT                    \
	{                              \
		.folder = -1, .fd = -1 \
	}

/* Names the file below the folder; the first write opens it, with mode 0600. */
int rotate_init(struct rotate *file, int folder, const char *name);

/* The same, and opens it now. */
int rotate_open(struct rotate *file, int folder, const char *name);

/* Closes the file until the next write. */
void rotate_pause(struct rotate *file);

/* Tells of what was lost, if that is possible now, and closes for good. */
void rotate_close(struct rotate *file);

/* Appends; rotates first if the file is full. Of size 0: only tells of what was lost. */
int rotate_write(struct rotate *file, const void *data, size_t size);

/* The last bytes of the open file, at most size. Returns their number or a negative errno. */
long rotate_tail(const struct rotate *file, void *data, size_t size);

#endif
