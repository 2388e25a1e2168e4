/* SPDX-License-Identifier: MIT */
/* The link: reads frames and hands them to channels, gathers what the channels send. */
#include "mux_link.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct mux_link *mux_link_new(struct event_base *base, int fd, bool pause_at_eof,
			      const struct mux_ops *ops, void *arg)
{
	struct mux_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	*link = (struct mux_link){
		.base = base,
		.fd = fd,
		.pause_at_eof = pause_at_eof,
		.ops = ops,
		.arg = arg,
		.last = FRAME_LINK,
		.out = evbuffer_new(),
		.readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link),
		.writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, link),
		.pause = evtimer_new(base, on_pause_over, link),
	};
	if (!link->out || !link->readable || !link->writable || !link->pause ||
	    evutil_make_socket_nonblocking(fd) || event_add(link->readable, NULL)) {
		link->fd = -1;
		mux_link_free(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

static void drop_channels(struct mux_link *link)
{
	while (link->channels)
		mux_channel_free(link->channels);
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
	link->ops = &(const struct mux_ops){ 0 };
	drop_channels(link);
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
	link->up = up;
	if (!up)
		drop_channels(link);
}

unsigned int mux_link_count(const struct mux_link *link)
{
	return link->count;
}

static void lose(struct mux_link *link, int reason)
{
	event_del(link->readable);
	event_del(link->writable);
	mux_link_set_up(link, false);
	if (link->ops->lost)
		link->ops->lost(link, reason, link->arg);
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

int mux_link_add(struct mux_link *link, uint32_t number, int fd)
{
	if (mux_channel_find(link, number))
		return -EEXIST;
	if (link->count >= MUX_CHANNELS_MAX)
		return -ENFILE;
	return mux_channel_new(link, number, fd) ? 0 : -ENOMEM;
}

int mux_link_open(struct mux_link *link, int fd, const struct frame_open *who)
{
	uint8_t payload[16];
	int rc;

	if (!link->up)
		return -ENOTCONN;
	if (++link->last == FRAME_LINK)
		link->last++;
	rc = mux_link_add(link, link->last, fd);
	if (rc)
		return rc;
	return mux_link_send(link, link->last, FRAME_OPEN, payload,
			     (uint32_t)frame_put_open(payload, who));
}

void mux_link_refuse(struct mux_link *link, uint32_t channel)
{
	mux_link_send(link, channel, FRAME_RESET, NULL, 0);
}

/* A frame about a channel that this side has dropped already is no error: the two crossed. */
static void dispatch_channel(struct mux_link *link, const struct frame *frame)
{
	struct mux_channel *channel = mux_channel_find(link, frame->channel);
	struct frame_open who;

	if (frame->type == FRAME_OPEN) {
		if (channel || frame_get_open(frame, &who) || !link->ops->opened)
			mux_link_refuse(link, frame->channel);
		else
			link->ops->opened(link, frame->channel, &who, link->arg);
	} else if (channel) {
		mux_channel_frame(channel, frame);
	}
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
	} else if (!count && link->pause_at_eof) {
		event_del(link->readable);
		event_add(link->pause, &pause_time);
	} else if (!count || (errno != EAGAIN && errno != EINTR)) {
		lose(link, count ? -errno : 0);
	}
}

/* Local sockets that waited for room are read again once half of the backlog is gone. */
static void resume_channels(struct mux_link *link)
{
	if (evbuffer_get_length(link->out) > MUX_BACKLOG / 2)
		return;
	for (struct mux_channel *channel = link->channels; channel; channel = channel->next)
		mux_channel_watch(channel);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct mux_link *link = arg;
	int count;

	(void)what;
	count = evbuffer_write_atmost(link->out, fd, 32768);
	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		lose(link, -errno);
		return;
	}
	if (!evbuffer_get_length(link->out))
		event_del(link->writable);
	resume_channels(link);
}
