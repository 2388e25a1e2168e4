/* SPDX-License-Identifier: MIT */
/* listen.h - the UNIX socket that clients connect to. Event base's thread only. */
#ifndef TOOLS_PVD_LISTEN_H
#define TOOLS_PVD_LISTEN_H

#include "pvd.h"

struct listener;

/*
 * Listens on options.socket, mode 0660. A lock beside it (PATH.lock) says whether another daemon
 * lives there; a stale socket is removed under that lock. NULL with err filled.
 */
struct listener *listener_open(struct pvd *pvd, struct error *err);

/* Closes and removes the socket. */
void listener_close(struct listener *listener);

#endif
