/* SPDX-License-Identifier: MIT */
/*
 * One channel: moves bytes between its local socket and frames.
 *
 * Towards the link: read at most the credit, send DATA; end of file sends CLOSE. Towards the local
 * socket: DATA waits in `to_local` (never more than a window), is written as the socket takes it,
 * and comes back as credit; CLOSE shuts the socket's writing side once all is written. Both
 * directions closed: the channel is gone. Any error: RESET.
 */
#include "mux_channel.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct mux_channel *mux_channel_new(struct mux_link *link, uint32_t number, int fd)
{
	struct mux_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	*channel = (struct mux_channel){
		.link = link,
		.number = number,
		.fd = fd,
		.next = link->channels,
		.readable = event_new(link->base, fd, EV_READ | EV_PERSIST, on_readable, channel),
		.writable = event_new(link->base, fd, EV_WRITE | EV_PERSIST, on_writable, channel),
		.to_local = evbuffer_new(),
	};
	link->channels = channel;
	link->count++;
	credit_init(&channel->credit);
	if (!channel->readable || !channel->writable || !channel->to_local ||
	    evutil_make_socket_nonblocking(fd)) {
		channel->fd = -1;
		mux_channel_free(channel);
		return NULL;
	}
	mux_channel_watch(channel);
	return channel;
}

static void unlink_channel(struct mux_channel *channel)
{
	struct mux_channel **at = &channel->link->channels;

	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	channel->link->count--;
}

void mux_channel_free(struct mux_channel *channel)
{
	struct mux_link *link = channel->link;

	unlink_channel(channel);
	if (channel->readable)
		event_free(channel->readable);
	if (channel->writable)
		event_free(channel->writable);
	if (channel->to_local)
		evbuffer_free(channel->to_local);
	if (channel->fd >= 0)
		close(channel->fd);
	free(channel);
	if (link->ops->closed)
		link->ops->closed(link, link->arg);
}

struct mux_channel *mux_channel_find(struct mux_link *link, uint32_t number)
{
	for (struct mux_channel *channel = link->channels; channel; channel = channel->next)
		if (channel->number == number)
			return channel;
	return NULL;
}

/* Gives the channel up and tells the other side. */
static void abort_channel(struct mux_channel *channel)
{
	mux_link_send(channel->link, channel->number, FRAME_RESET, NULL, 0);
	mux_channel_free(channel);
}

void mux_channel_watch(struct mux_channel *channel)
{
	if (!channel->sent_close && channel->credit.send && !mux_link_is_full(channel->link))
		event_add(channel->readable, NULL);
	else
		event_del(channel->readable);
}

/* True when the channel was freed. */
static bool finish_if_done(struct mux_channel *channel)
{
	if (!channel->sent_close || !channel->told_local)
		return false;
	mux_channel_free(channel);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct mux_channel *channel = arg;
	uint8_t *space = mux_link_scratch(channel->link);
	uint32_t most = credit_sendable(&channel->credit, FRAME_PAYLOAD_MAX);
	ssize_t count;
	int rc = 0;

	(void)what;
	if (!most) {
		event_del(channel->readable);
		return;
	}
	count = read(fd, space, most);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count > 0) {
		credit_spend(&channel->credit, (uint32_t)count);
		rc = mux_link_send(channel->link, channel->number, FRAME_DATA, space,
				   (uint32_t)count);
	} else if (!count) {
		channel->sent_close = true;
		rc = mux_link_send(channel->link, channel->number, FRAME_CLOSE, NULL, 0);
	}
	if (count < 0 || rc)
		abort_channel(channel);
	else if (!finish_if_done(channel))
		mux_channel_watch(channel);
}

static int give_credit(struct mux_channel *channel, uint32_t delivered)
{
	uint32_t give = credit_delivered(&channel->credit, delivered);
	uint8_t payload[4];

	if (!give)
		return 0;
	return mux_link_send(channel->link, channel->number, FRAME_CREDIT, payload,
			     (uint32_t)frame_put_credit(payload, give));
}

/* Writes what the local socket takes now. True when the channel was freed. */
static bool flush(struct mux_channel *channel)
{
	if (evbuffer_get_length(channel->to_local)) {
		int count = evbuffer_write(channel->to_local, channel->fd);

		if (count < 0 && errno != EAGAIN && errno != EINTR) {
			abort_channel(channel);
			return true;
		}
		if (count > 0 && give_credit(channel, (uint32_t)count)) {
			abort_channel(channel);
			return true;
		}
	}
	if (evbuffer_get_length(channel->to_local)) {
		event_add(channel->writable, NULL);
		return false;
	}
	event_del(channel->writable);
	if (channel->got_close && !channel->told_local) {
		channel->told_local = true;
		shutdown(channel->fd, SHUT_WR);
	}
	return finish_if_done(channel);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	flush(arg);
}

static int take_data(struct mux_channel *channel, const struct frame *frame)
{
	int rc = channel->got_close ? -EPROTO : credit_receive(&channel->credit, frame->length);

	if (rc)
		return rc;
	return evbuffer_add(channel->to_local, frame->payload, frame->length) ? -ENOMEM : 0;
}

static int take_credit(struct mux_channel *channel, const struct frame *frame)
{
	uint32_t bytes;
	int rc = frame_get_credit(frame, &bytes);

	return rc ? rc : credit_grant(&channel->credit, bytes);
}

void mux_channel_frame(struct mux_channel *channel, const struct frame *frame)
{
	int rc = 0;

	switch (frame->type) {
	case FRAME_DATA: rc = take_data(channel, frame); break;
	case FRAME_CREDIT: rc = take_credit(channel, frame); break;
	case FRAME_CLOSE: channel->got_close = true; break;
	case FRAME_RESET: mux_channel_free(channel); return;
	case FRAME_OPEN: rc = -EPROTO; break;
	}
	if (rc)
		abort_channel(channel);
	else if (!flush(channel))
		mux_channel_watch(channel);
}
