/* SPDX-License-Identifier: MIT */
/* Why an instance does not answer, in words for its user. No locks. */
#ifndef TOOLS_HOST_EXPLAIN_H
#define TOOLS_HOST_EXPLAIN_H

#include <stdio.h>

#include "../lib/error.h"
#include "paths.h"
#include "state.h"

/*
 * Fills `err` (ERROR_UNREACHABLE): never started, still starting, its pvd given up, ended and why,
 * supervisor killed; and how to start it. Returns the negative errno that goes with it.
 */
int host_explain(const struct host_paths *paths, struct error *err);

/* How the last life ended; true when something is known. A supervisor that was killed has left no
 * word: that too. */
bool host_last_end(const struct host_paths *paths, struct host_ended *ended);

/* "pvctl host start", with --name where it is needed. */
const char *host_start_command(const struct host_paths *paths);
const char *host_stop_command(const struct host_paths *paths);
const char *host_restart_command(const struct host_paths *paths);

/* The console's last lines of an instance that ended by itself, under a heading, to `out`. */
void host_print_tail(const struct host_ended *ended, FILE *out);

#endif
