/* SPDX-License-Identifier: MIT */
/* Starting and stopping an instance, from the command's side. Errors: negative errno with `err`
 * filled. No locks. */
#ifndef TOOLS_HOST_START_H
#define TOOLS_HOST_START_H

#include <stdbool.h>

#include "../lib/error.h"
#include "options.h"
#include "paths.h"
#include "state.h"

struct start_result {
	struct host_state state;
	bool already; /* it ran before, healthy and alike */
	int signal;   /* the start was interrupted by it, or 0 */
	bool tried;   /* the machine was started and has ended: its last words can be had */
};

/*
 * Starts the instance and waits until pvd answers. `stage` (may be NULL) hears what is going on, a
 * clause each. An interrupted or failed start leaves nothing running. ERROR_WRONG_STATE: it runs,
 * but is not what was asked for.
 */
int host_start(const struct host_paths *paths, const struct host_options *options,
	       void (*stage)(const char *text), struct start_result *result, struct error *err);

/*
 * Asks the supervisor to end the machine and waits until it has, at most `timeout` seconds.
 * ERROR_UNREACHABLE: it does not run; ERROR_TIMEOUT: it still does.
 */
int host_stop(const struct host_paths *paths, unsigned int timeout, struct error *err);

/* One ping to pvd through the instance's socket. */
int host_ping(const struct host_paths *paths, unsigned int timeout, struct error *err);

#endif
