/* SPDX-License-Identifier: MIT */
/*
 * Who has gone? A stream socket whose peer has closed its own direction reads as ended, and so does
 * one whose peer has vanished; only the hang-up tells them apart, and no read tells of it after the
 * end of input or while nobody reads. So each socket is watched for its hang-up alone, by one epoll
 * instance for all: it needs no timer, and no descriptor per socket.
 *
 * Belongs to the thread that runs the event base.
 */
#ifndef TOOLS_LIB_HANGUP_H
#define TOOLS_LIB_HANGUP_H

#include <event2/event.h>
#include <stdbool.h>

struct hangup_set;

/* NULL with errno set. */
struct hangup_set *hangup_set_new(struct event_base *base);

/* Nothing may be watched any more. NULL is allowed. */
void hangup_set_free(struct hangup_set *set);

/* A zeroed structure watches nothing. */
struct hangup {
	struct hangup_set *set;
	int fd;
	void (*gone)(void *arg);
	void *arg;
};

/*
 * Calls gone(arg) once, from the event base's loop, when both directions of `fd` are closed; what
 * the peer wrote before may still be unread. `hangup` must stay where it is until hangup_ignore.
 * Negative errno.
 */
int hangup_watch(struct hangup_set *set, struct hangup *hangup, int fd, void (*gone)(void *arg),
		 void *arg);

/* Before `fd` is closed. Allowed at any time, also inside gone(). */
void hangup_ignore(struct hangup *hangup);

/* True if both directions of `fd` are closed now. */
bool hangup_is(int fd);

#endif
