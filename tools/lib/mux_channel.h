/* SPDX-License-Identifier: MIT */
/*
 * One channel of a mux_link: a local stream socket, its credit, and its state (mux_state.h).
 * Private to mux_link.c and mux_channel.c. Memory that runs short ends the channel, never the link.
 */
#ifndef TOOLS_LIB_MUX_CHANNEL_H
#define TOOLS_LIB_MUX_CHANNEL_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "hangup.h"
#include "mux_link.h"
#include "mux_state.h"

TAILQ_HEAD(mux_channel_list, mux_channel);

struct mux_link {
	struct event_base *base;
	int fd;
	enum mux_side side;
	bool up;
	const struct mux_ops *ops;
	void *arg;
	struct event *readable, *writable, *pause;
	struct evbuffer *out;
	struct hangup_set *hangups;       /* of clients */
	struct mux_channel_list channels; /* oldest first */
	unsigned int count;
	uint32_t last; /* number of the channel opened last by this side */
	struct frame_parser in;
	uint8_t scratch[FRAME_MAX];
};

struct mux_channel {
	TAILQ_ENTRY(mux_channel) entry;
	struct mux_link *link;
	uint32_t number;
	enum mux_state state;
	int fd;
	struct event *readable, *writable;
	struct hangup hangup;
	struct evbuffer *to_local;
	struct frame_credit credit;
};

/* Joins `number` to `fd`, which is taken over on success; NULL when memory is short. */
struct mux_channel *mux_channel_new(struct mux_link *link, uint32_t number, int fd);

/* Closes the local socket and forgets the channel, telling the other side nothing. */
void mux_channel_free(struct mux_channel *channel);

struct mux_channel *mux_channel_find(struct mux_link *link, uint32_t number);

/* A frame of the other side, or the link coming up or going down. May free the channel. */
void mux_channel_frame(struct mux_channel *channel, const struct frame *frame);
void mux_channel_link(struct mux_channel *channel, enum mux_event event);

/* The client is gone. Frees the channel. */
void mux_channel_hung_up(struct mux_channel *channel);

/* Reads the local socket again if its state, credit and the backlog allow it. */
void mux_channel_watch(struct mux_channel *channel);

/* Queues a frame; `payload` may be what mux_link_scratch returned. -ENOMEM. */
int mux_link_send(struct mux_link *link, uint32_t channel, enum frame_type type,
		  const void *payload, uint32_t length);

/* FRAME_PAYLOAD_MAX bytes to read a payload into. */
uint8_t *mux_link_scratch(struct mux_link *link);

/* True while local sockets should not be read. */
bool mux_link_is_full(const struct mux_link *link);

#endif
