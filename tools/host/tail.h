/* SPDX-License-Identifier: MIT */
/*
 * The end of a console's output: its bytes cut into lines, the last of them kept, and what a line
 * means. Bytes that are not printable ASCII become '?', escape sequences too: lines go to terminals
 * and into JSON. Nothing here fails or takes a lock.
 */
#ifndef TOOLS_HOST_TAIL_H
#define TOOLS_HOST_TAIL_H

#include <stddef.h>

#include "state.h"

#define TAIL_LINE 256

enum tail_sign {
	TAIL_NOTHING,
	TAIL_FAILED, /* dom0's first process gives up; `text` is why */
	TAIL_PANIC,  /* the hypervisor's or dom0's last words */
	TAIL_OFF,    /* dom0's first process powers the machine off */
};

struct tail {
	char lines[HOST_TAIL_LINES][TAIL_LINE]; /* a ring */
	unsigned int next;
	char line[TAIL_LINE];
	size_t length;
};

/*
 * Takes bytes up to the first line end; returns how many it used. When they ended a line, *sign
 * says what it means and *text is it (valid until the next call), else *text is NULL.
 */
size_t tail_feed(struct tail *tail, const char *bytes, size_t count, enum tail_sign *sign,
		 const char **text);

/* The last lines, oldest first, an unfinished one too. */
void tail_copy(const struct tail *tail, char lines[HOST_TAIL_LINES][TAIL_LINE]);

#endif
