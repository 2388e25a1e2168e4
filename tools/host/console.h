/* SPDX-License-Identifier: MIT */
/*
 * Who is attached to the machine's serial console. Each gets what the machine prints, beginning
 * with the last CONSOLE_REPLAY bytes, and what they type goes to the machine. One who has not read
 * CONSOLE_BACKLOG bytes loses what comes next, the others nothing. All of it belongs to the thread
 * of the event base.
 */
#ifndef TOOLS_HOST_CONSOLE_H
#define TOOLS_HOST_CONSOLE_H

#include <event2/event.h>
#include <stddef.h>

#include "../lib/error.h"

#define CONSOLE_REPLAY  8192
#define CONSOLE_BACKLOG (1u << 20)
#define CONSOLE_CLIENTS 8

struct console;

/*
 * Serves the socket `listener`, which is taken over in every case; `serial` takes what is typed, is
 * non-blocking and stays the caller's. NULL with `err` filled.
 */
struct console *console_new(struct event_base *base, int listener, int serial, struct error *err);
void console_free(struct console *console);

/* The machine printed this. */
void console_print(struct console *console, const char *bytes, size_t count);

#endif
