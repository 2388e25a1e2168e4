/* SPDX-License-Identifier: MIT */
/*
 * Something that prints at us: serial port, pvd's log, QEMU's messages. Its bytes go to a log file
 * that is rotated, and to a tail; its owner hears of bytes and of lines. All of it belongs to the
 * thread of the event base.
 */
#ifndef TOOLS_HOST_STREAM_H
#define TOOLS_HOST_STREAM_H

#include <event2/event.h>

#include "../lib/error.h"
#include "../pvd/rotate.h"
#include "tail.h"

/* What the owner hears; either may be NULL. */
struct stream_ops {
	void (*bytes)(const char *bytes, size_t count, void *arg);
	void (*line)(enum tail_sign sign, const char *text, void *arg);
};

struct stream {
	int fd; /* -1: not open */
	struct event *readable;
	struct rotate log;
	struct tail tail;
	const struct stream_ops *ops;
	void *arg;
};

#define STREAM_INIT                          \
	{                                    \
		.fd = -1, .log = ROTATE_INIT \
	}

/*
 * Reads `fd`, which is taken over in every case, into the log `name` in `folder` (an open
 * descriptor that stays the caller's and open; `name` NULL: no log). Negative errno with `err`
 * filled; stream_close is right after that too.
 */
int stream_open(struct stream *stream, struct event_base *base, int fd, int folder,
		const char *name, const struct stream_ops *ops, void *arg, struct error *err);
void stream_close(struct stream *stream);

/* Reads what was printed and nobody has read yet: after the other side's death. */
void stream_drain(struct stream *stream);

/* The last line, or "". */
const char *stream_last_line(const struct stream *stream);

#endif
