/* SPDX-License-Identifier: MIT */
/*
 * Carries the clients of the user's socket to pvd in dom0, each on a channel of its own.
 *
 * Clients that come while pvd does not answer (dom0 boots, pvd restarts) are kept, unread, and
 * joined when it does; those joined to a pvd that died see end of file. More than CLIENTS_MAX are
 * told that they are too many. All of it belongs to the thread of the event base.
 */
#ifndef TOOLS_HOST_RELAY_H
#define TOOLS_HOST_RELAY_H

#include <event2/event.h>

#include "../lib/error.h"

struct relay;

/*
 * Serves the listening socket `listener` and the link `link`; both are taken over in every case.
 * NULL with `err` filled.
 */
struct relay *relay_new(struct event_base *base, int listener, int link, struct error *err);
void relay_free(struct relay *relay);

/* A client of our own: the other end of the returned socket. Negative errno. */
int relay_client(struct relay *relay);

/* pvd ended: its clients are told now, not when the next pvd announces itself. */
void relay_down(struct relay *relay);

/* No pvd will come: clients that wait, and those that come, are turned away. One that comes after
 * all is welcome. */
void relay_refuse(struct relay *relay);

#endif
