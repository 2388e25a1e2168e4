/* SPDX-License-Identifier: MIT */
/*
 * Why a machine ended. Causes are noted as they are met and the first counts: what follows (QEMU's
 * death of our SIGTERM) is its consequence. No locks, nothing fails.
 */
#ifndef TOOLS_HOST_ENDING_H
#define TOOLS_HOST_ENDING_H

#include <stdbool.h>

#include "state.h"

enum ending_cause {
	ENDING_UNKNOWN,
	ENDING_STOPPED,    /* we were told to */
	ENDING_TIMEOUT,    /* pvd did not answer in time */
	ENDING_PANIC,      /* during the start */
	ENDING_DOM0,       /* dom0's first process gave up */
	ENDING_SUPERVISOR, /* we could not go on */
	ENDING_EXIT,       /* QEMU ended by itself */
};

/* A zeroed structure: nothing is known yet. */
struct ending {
	enum ending_cause cause;
	char text[400];
	char suspect[256]; /* a panic's line seen while guests ran: perhaps a guest's */
	bool starting;     /* QEMU ended before pvd had answered, */
	bool failed;       /* with an exit status or a signal */
};

void ending_note(struct ending *ending, enum ending_cause cause, const char *text);
void ending_suspect(struct ending *ending, const char *line);

/* QEMU ended with this wait status; `message` is its last one, or "". */
void ending_note_exit(struct ending *ending, int status, bool starting, const char *message);

/* The verdict for ended.json (why and detail), and the exit status of a start that failed so. */
int ending_result(const struct ending *ending, struct host_ended *ended);

#endif
