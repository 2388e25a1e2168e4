/* SPDX-License-Identifier: MIT */
/* Listening UNIX sockets of an instance. The caller holds the instance's lock, so an old socket
 * file is a stale one. */
#ifndef TOOLS_HOST_LISTEN_H
#define TOOLS_HOST_LISTEN_H

#include "../lib/error.h"

/* A non-blocking, close-on-exec listening socket at `path`, mode 0600, or a negative errno with
 * `err` filled. */
int listen_at(const char *path, struct error *err);

/* A non-blocking, close-on-exec connection from it, or a negative errno. */
int listen_accept(int fd);

#endif
