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

#include "frame_mux.h"

#define MUX_CHANNELS_MAX 256u
#define MUX_BACKLOG      (256u * 1024)

struct mux_link;

/* What the owner of a link hears. Any of them may be NULL. Freeing the link inside a callback is
 * not allowed. */
struct mux_ops {
	/* The other side announced a life (or answered ours) with this nonce. Channels are as they
	 * were. */
	void (*reset)(struct mux_link *link, uint64_t nonce, void *arg);
	/* The other side opened `channel`: answer with mux_link_add, or mux_link_refuse. */
	void (*opened)(struct mux_link *link, uint32_t channel, const struct frame_open *who,
		       void *arg);
	/* A channel is gone: there is room for another. */
	void (*closed)(struct mux_link *link, void *arg);
	/* The link's descriptor is at its end: `reason` 0 for end of file, else a negative errno.
	 * All channels are dropped. */
	void (*lost)(struct mux_link *link, int reason, void *arg);
};

/*
 * Takes over `fd`. With `pause_at_eof`, end of file is no loss but a pause: a virtio port reads so
 * while the other end is away.
 */
struct mux_link *mux_link_new(struct event_base *base, int fd, bool pause_at_eof,
			      const struct mux_ops *ops, void *arg);
void mux_link_free(struct mux_link *link);

/* Until the link is up every frame but the link's RESET is ignored. Going down drops all channels.
 */
void mux_link_set_up(struct mux_link *link, bool up);

/* Sends idle bytes and RESET(nonce). */
int mux_link_announce(struct mux_link *link, uint64_t nonce);

/*
 * Opens a channel towards the other side and joins it with `fd`, a stream socket, which is taken
 * over on success. -ENFILE: MUX_CHANNELS_MAX are open; -ENOTCONN: the link is not up.
 */
int mux_link_open(struct mux_link *link, int fd, const struct frame_open *who);

/* Joins a channel that the other side opened with `fd`, taken over on success. -ENFILE as above,
 * -EEXIST: joined already. */
int mux_link_add(struct mux_link *link, uint32_t channel, int fd);

/* Tells the other side that `channel` will not be. */
void mux_link_refuse(struct mux_link *link, uint32_t channel);

/* Number of channels. */
unsigned int mux_link_count(const struct mux_link *link);

#endif
