/* SPDX-License-Identifier: MIT */
/*
 * A link of framed channels driven by libevent: one descriptor towards the other side, one local
 * stream socket per channel. Both ends of the hosted wire are this, with other callbacks; the
 * protocol stands in frame_mux.h.
 *
 * Memory is bounded: a channel holds at most FRAME_WINDOW bytes for its local socket, and local
 * sockets are not read while more than MUX_BACKLOG bytes wait for the link. One slow client holds
 * up nobody else.
 *
 * Errors: int functions return 0 or a negative errno; constructors NULL with errno set. All of it
 * belongs to the thread that runs the event base.
 */
#ifndef TOOLS_LIB_MUX_LINK_H
#define TOOLS_LIB_MUX_LINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "mux_state.h"

#define MUX_BACKLOG (256u * 1024)

struct mux_link;

/* What the owner of a link hears. Any of them may be NULL. Freeing the link inside a callback is
 * not allowed. */
struct mux_ops {
	/* The other side announced a life (or answered ours) with this nonce. Channels are as they
	 * were. */
	void (*reset)(struct mux_link *link, uint64_t nonce, void *arg);
	/* Server's side: a client has come. A connected socket for it, which is taken over, or a
	 * negative errno: it is turned away. */
	int (*opened)(struct mux_link *link, void *arg);
};

/*
 * Takes over `fd` on success. On the server's side end of file is no loss but a pause: a virtio
 * port reads so while the other end is away. On the clients' side it takes the link down.
 */
struct mux_link *mux_link_new(struct event_base *base, int fd, enum mux_side side,
			      const struct mux_ops *ops, void *arg);
void mux_link_free(struct mux_link *link);

/*
 * Until the link is up every frame but RESET is ignored. Going up lets waiting clients in. Going
 * down ends all channels but those of clients that wait; what the server has said is still
 * delivered.
 */
void mux_link_set_up(struct mux_link *link, bool up);

/* Sends idle bytes and RESET(nonce). */
int mux_link_announce(struct mux_link *link, uint64_t nonce);

/*
 * Clients' side: joins `fd`, a client's stream socket, to a channel of its own, now or when the
 * link is up. Taken over on success. -ENFILE: CLIENTS_MAX are there; -ENOMEM.
 */
int mux_link_open(struct mux_link *link, int fd);

/* Clients' side: turns away those that wait. */
void mux_link_drop_waiting(struct mux_link *link);

/* Number of channels. */
unsigned int mux_link_count(const struct mux_link *link);

#endif
