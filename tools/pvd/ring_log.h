/* SPDX-License-Identifier: MIT */
/* ring_log.h - the last bytes that a console printed. Fixed size, no allocation. One thread. */
#ifndef TOOLS_PVD_RING_LOG_H
#define TOOLS_PVD_RING_LOG_H

#include <stddef.h>

#define RING_LOG_BYTES (64u << 10)

struct ring_log {
	size_t used; /* at most RING_LOG_BYTES */
	size_t next; /* where the next byte goes */
	char bytes[RING_LOG_BYTES];
};

void ring_log_add(struct ring_log *log, const char *data, size_t size);

/*
 * The last lines of the log, in up to two pieces. A last line without its newline counts as one.
 * Returns the number of bytes; pieces[i] / sizes[i] point into the log until the next addition.
 */
size_t ring_log_tail(const struct ring_log *log, unsigned int lines, const char *pieces[2],
		     size_t sizes[2]);

#endif
