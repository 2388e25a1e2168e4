/* SPDX-License-Identifier: MIT */
/*
 * One channel of a mux_link: a local stream socket, its credit, and how far each direction has
 * come. Private to mux_link.c and mux_channel.c. Memory that runs short ends the channel, never the
 * link.
 */
#ifndef TOOLS_LIB_MUX_CHANNEL_H
#define TOOLS_LIB_MUX_CHANNEL_H

#include <event2/event.h>
#include <stdbool.h>

#include "mux_link.h"

struct mux_link {
	struct event_base *base;
	int fd;
	bool up;
	bool pause_at_eof;
	const struct mux_ops *ops;
	void *arg;
	struct event *readable, *writable, *pause;
	struct evbuffer *out;
	struct mux_channel *channels;
	unsigned int count;
	uint32_t last; /* number of the channel opened last by this side */
	struct frame_parser in;
	uint8_t scratch[FRAME_MAX];
};

struct mux_channel {
	struct mux_channel *next;
	struct mux_link *link;
	uint32_t number;
	int fd;
	struct event *readable, *writable;
	struct evbuffer *to_local;
	struct frame_credit credit;
	bool sent_close; /* the local socket is at its end */
	bool got_close;  /* the other side sends no more */
	bool told_local; /* and the local socket was told so */
};

/* Joins `number` to `fd`, which is taken over on success; NULL when memory is short. */
struct mux_channel *mux_channel_new(struct mux_link *link, uint32_t number, int fd);

/* Closes the local socket and forgets the channel, telling the other side nothing. */
void mux_channel_free(struct mux_channel *channel);

struct mux_channel *mux_channel_find(struct mux_link *link, uint32_t number);

/* A frame of the other side. May free the channel. */
void mux_channel_frame(struct mux_channel *channel, const struct frame *frame);

/* Reads the local socket again if credit and backlog allow it. */
void mux_channel_watch(struct mux_channel *channel);

/* Queues a frame; `payload` may be what mux_link_scratch returned. -ENOMEM. */
int mux_link_send(struct mux_link *link, uint32_t channel, enum frame_type type,
		  const void *payload, uint32_t length);

/* FRAME_PAYLOAD_MAX bytes to read a payload into. */
uint8_t *mux_link_scratch(struct mux_link *link);

/* True while local sockets should not be read. */
bool mux_link_is_full(const struct mux_link *link);

#endif
