/* SPDX-License-Identifier: MIT */
/* The supervisor's process: forked off the command, a daemon that keeps nothing of its terminal or
 * its files. */
#ifndef TOOLS_HOST_SPAWN_H
#define TOOLS_HOST_SPAWN_H

#include "../lib/error.h"
#include "paths.h"
#include "plan.h"

/*
 * Binds the instance's sockets and forks the supervisor, which keeps `locks`. *starter is our end
 * of the socket of its reports (supervise.h). The caller closes its own `locks` in every case.
 * Errors: negative errno with `err` filled.
 */
int spawn_supervisor(const struct plan *plan, const struct host_paths *paths,
		     const int locks[HOST_LOCKS], int *starter, struct error *err);

#endif
