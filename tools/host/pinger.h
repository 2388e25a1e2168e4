/* SPDX-License-Identifier: MIT */
/* Asks pvd one ping and says when it has answered: that is what "ready" means. Belongs to the event
 * base's thread. */
#ifndef TOOLS_HOST_PINGER_H
#define TOOLS_HOST_PINGER_H

#include <event2/event.h>

struct pinger;

/*
 * Writes the request to `fd`, a connected non-blocking socket that is taken over in every case
 * (negative: NULL is returned), and calls `pong` once when an answer has come. The answer waits for
 * dom0 to boot. NULL: no memory.
 */
struct pinger *pinger_new(struct event_base *base, int fd, void (*pong)(void *arg), void *arg);
void pinger_free(struct pinger *pinger);

#endif
