/* SPDX-License-Identifier: MIT */
/* The link: reads frames and hands them to channels, gathers what the channels send. */
#include "mux_link.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clients.h"
#include "mux_channel.h"

/* How often a paused port is asked again. It is paused for an instant at dom0's start only. */
static const struct timeval pause_time = { .tv_usec = 50 * 1000 };

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct mux_link *link = arg;

	(void)fd, (void)what;
	event_add(link->readable, NULL);
}

struct mux_link *mux_link_new(struct event_base *base, int fd, enum mux_side side,
			      const struct mux_ops *ops, void *arg)
{
	struct mux_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	*link = (struct mux_link){
		.base = base,
		.fd = fd,
		.side = side,
		.ops = ops,
		.arg = arg,
		.last = FRAME_LINK,
		.out = evbuffer_new(),
		.readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link),
		.writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, link),
		.pause = evtimer_new(base, on_pause_over, link),
		.hangups = side == MUX_CLIENTS ? hangup_set_new(base) : NULL,
		.channels = TAILQ_HEAD_INITIALIZER(link->channels),
	};
	if (!link->out || !link->readable || !link->writable || !link->pause ||
	    (side == MUX_CLIENTS && !link->hangups) || evutil_make_socket_nonblocking(fd) ||
	    event_add(link->readable, NULL)) {
		link->fd = -1;
		mux_link_free(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

void mux_link_free(struct mux_link *link)
{
	if (!link)
		return;
	while (!TAILQ_EMPTY(&link->channels))
		mux_channel_free(TAILQ_FIRST(&link->channels));
	hangup_set_free(link->hangups);
	free_event(link->readable);
	free_event(link->writable);
	free_event(link->pause);
	if (link->out)
		evbuffer_free(link->out);
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}

void mux_link_set_up(struct mux_link *link, bool up)
{
	struct mux_channel *channel, *next;

	link->up = up;
	for (channel = TAILQ_FIRST(&link->channels); channel; channel = next) {
		next = TAILQ_NEXT(channel, entry);
		mux_channel_link(channel, up ? MUX_LINK_UP : MUX_LINK_DOWN);
	}
}

void mux_link_drop_waiting(struct mux_link *link)
{
	struct mux_channel *channel, *next;

	for (channel = TAILQ_FIRST(&link->channels); channel; channel = next) {
		next = TAILQ_NEXT(channel, entry);
		if (channel->state == MUX_WAITING)
			mux_channel_free(channel);
	}
}

unsigned int mux_link_count(const struct mux_link *link)
{
	return link->count;
}

static void lose(struct mux_link *link)
{
	event_del(link->readable);
	event_del(link->writable);
	mux_link_set_up(link, false);
}

static int queue(struct mux_link *link, const void *bytes, size_t length)
{
	if (evbuffer_add(link->out, bytes, length) || event_add(link->writable, NULL))
		return -ENOMEM;
	return 0;
}

int mux_link_send(struct mux_link *link, uint32_t channel, enum frame_type type,
		  const void *payload, uint32_t length)
{
	size_t size = frame_encode(link->scratch, channel, type, payload, length);

	return queue(link, link->scratch, size);
}

uint8_t *mux_link_scratch(struct mux_link *link)
{
	return link->scratch + FRAME_HEADER;
}

bool mux_link_is_full(const struct mux_link *link)
{
	return evbuffer_get_length(link->out) >= MUX_BACKLOG;
}

int mux_link_announce(struct mux_link *link, uint64_t nonce)
{
	uint8_t payload[8];
	int rc;

	memset(link->scratch, 0, FRAME_MAX);
	rc = queue(link, link->scratch, FRAME_MAX);
	if (rc)
		return rc;
	return mux_link_send(link, FRAME_LINK, FRAME_RESET, payload,
			     (uint32_t)frame_put_nonce(payload, nonce));
}

/* Who has gone, and whose hang-up is only still to be told, needs no room. */
static void drop_gone(struct mux_link *link)
{
	struct mux_channel *channel, *next;

	for (channel = TAILQ_FIRST(&link->channels); channel; channel = next) {
		next = TAILQ_NEXT(channel, entry);
		if (hangup_is(channel->fd))
			mux_channel_hung_up(channel);
	}
}

static struct mux_channel *add(struct mux_link *link, uint32_t number, int fd)
{
	if (link->count >= CLIENTS_MAX && link->side == MUX_CLIENTS)
		drop_gone(link);
	if (link->count >= CLIENTS_MAX) {
		errno = ENFILE;
		return NULL;
	}
	errno = ENOMEM;
	return mux_channel_new(link, number, fd);
}

int mux_link_open(struct mux_link *link, int fd)
{
	struct mux_channel *channel;

	if (++link->last == FRAME_LINK)
		link->last++;
	channel = add(link, link->last, fd);
	if (!channel)
		return -errno;
	if (link->up)
		mux_channel_link(channel, MUX_LINK_UP);
	return 0;
}

/* A client has come to the clients' side. */
static void let_in(struct mux_link *link, uint32_t number)
{
	int fd = link->ops->opened ? link->ops->opened(link, link->arg) : -EPROTO;

	if (fd >= 0 && add(link, number, fd))
		return;
	if (fd >= 0)
		close(fd);
	mux_link_send(link, number, FRAME_END, NULL, 0);
}

/* A frame about a channel that this side has dropped already is no error: the two crossed. */
static void dispatch_channel(struct mux_link *link, const struct frame *frame)
{
	struct mux_channel *channel = mux_channel_find(link, frame->channel);

	if (channel)
		mux_channel_frame(channel, frame);
	else if (frame->type == FRAME_OPEN)
		let_in(link, frame->channel);
}

static void dispatch(struct mux_link *link, const struct frame *frame)
{
	uint64_t nonce;

	if (frame->channel != FRAME_LINK) {
		if (link->up)
			dispatch_channel(link, frame);
	} else if (frame->type == FRAME_RESET && !frame_get_nonce(frame, &nonce) &&
		   link->ops->reset) {
		link->ops->reset(link, nonce, link->arg);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct mux_link *link = arg;
	struct frame frame;
	size_t room;
	uint8_t *space = frame_space(&link->in, &room);
	ssize_t count = read(fd, space, room);

	(void)what;
	if (count > 0) {
		frame_filled(&link->in, (size_t)count);
		while (frame_next(&link->in, &frame))
			dispatch(link, &frame);
	} else if (!count && link->side == MUX_SERVER) {
		event_del(link->readable);
		event_add(link->pause, &pause_time);
	} else if (!count || (errno != EAGAIN && errno != EINTR)) {
		lose(link);
	}
}

/* Local sockets that waited for room are read again once half of the backlog is gone. */
static void resume_channels(struct mux_link *link)
{
	struct mux_channel *channel;

	if (evbuffer_get_length(link->out) > MUX_BACKLOG / 2)
		return;
	TAILQ_FOREACH(channel, &link->channels, entry)
		mux_channel_watch(channel);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct mux_link *link = arg;
	int count = evbuffer_write_atmost(link->out, fd, 32768);

	(void)what;
	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		lose(link);
		return;
	}
	if (!evbuffer_get_length(link->out))
		event_del(link->writable);
	resume_channels(link);
}
