/* SPDX-License-Identifier: MIT */
/*
 * trust.h - local sockets behind which only the user himself or root can stand.
 *
 * A socket in a folder that others can write to may be anybody's server, which would then be sent
 * requests and console input. So before anything is sent two things are looked at: that nobody but
 * this user and root can have put the folder in its place, and who the peer is. Whoever owns "/"
 * counts as root, since he could replace everything (inside a user namespace that is not user 0).
 *
 * Errors: 0 or a descriptor, else a negative errno with err filled (stage "connect"): what was
 * found, and what to do.
 */
#ifndef TOOLS_LIB_TRUST_H
#define TOOLS_LIB_TRUST_H

#include "error.h"

/*
 * Checks a folder and all above it, symbolic links by their owner and then by where they lead.
 * -ENOENT without err when it does not exist: what exists of the way there is good.
 */
int trust_folder(const char *path, struct error *err);

/* Connects to a stream socket that is trusted by its folder and its peer. ERROR_UNREACHABLE when
 * nobody listens there, ERROR_PERMISSION when it is not to be trusted. */
int trust_connect(const char *path, struct error *err);

#endif
