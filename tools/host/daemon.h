/* SPDX-License-Identifier: MIT */
/* The pvd of a hosted machine, started anew. No locks. */
#ifndef TOOLS_HOST_DAEMON_H
#define TOOLS_HOST_DAEMON_H

#include "../lib/error.h"
#include "paths.h"

/*
 * Has dom0 end its pvd, if one runs, and start another, and waits up to `timeout` seconds until
 * that has answered. Guests go on meanwhile. Negative errno with `err` filled: the machine does not
 * run, is only starting, or the new pvd ends as the one before.
 */
int host_restart_daemon(const struct host_paths *paths, unsigned int timeout, struct error *err);

#endif
