/* SPDX-License-Identifier: MIT */
/*
 * One channel: moves bytes between its local socket and frames, and does what the table of its
 * states says.
 *
 * Towards the link: read at most the credit, send DATA. Towards the local socket: DATA waits in
 * `to_local` (never more than a window), is written as the socket takes it, and comes back as
 * credit.
 */
#include "mux_channel.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_hangup(void *arg);

/* Whoever is behind a socket of the server's side ends its input when it goes, and is always read.
 */
static int watch_hangup(struct mux_channel *channel)
{
	struct hangup_set *set = channel->link->hangups;

	return set ? hangup_watch(set, &channel->hangup, channel->fd, on_hangup, channel) : 0;
}

struct mux_channel *mux_channel_new(struct mux_link *link, uint32_t number, int fd)
{
	struct mux_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	*channel = (struct mux_channel){
		.link = link,
		.number = number,
		.state = link->side == MUX_CLIENTS ? MUX_WAITING : MUX_OPEN,
		.fd = fd,
		.readable = event_new(link->base, fd, EV_READ | EV_PERSIST, on_readable, channel),
		.writable = event_new(link->base, fd, EV_WRITE | EV_PERSIST, on_writable, channel),
		.to_local = evbuffer_new(),
	};
	TAILQ_INSERT_TAIL(&link->channels, channel, entry);
	link->count++;
	credit_init(&channel->credit);
	if (!channel->readable || !channel->writable || !channel->to_local ||
	    evutil_make_socket_nonblocking(fd) || watch_hangup(channel)) {
		channel->fd = -1;
		mux_channel_free(channel);
		return NULL;
	}
	mux_channel_watch(channel);
	return channel;
}

/* What nobody will read any more is taken out first: else the client, after the last words for it,
 * would see a reset connection instead of its end. */
static void close_local(int fd)
{
	char bytes[4096];

	shutdown(fd, SHUT_RDWR);
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

void mux_channel_free(struct mux_channel *channel)
{
	TAILQ_REMOVE(&channel->link->channels, channel, entry);
	channel->link->count--;
	hangup_ignore(&channel->hangup);
	if (channel->readable)
		event_free(channel->readable);
	if (channel->writable)
		event_free(channel->writable);
	if (channel->to_local)
		evbuffer_free(channel->to_local);
	if (channel->fd >= 0)
		close_local(channel->fd);
	free(channel);
}

struct mux_channel *mux_channel_find(struct mux_link *link, uint32_t number)
{
	struct mux_channel *channel;

	TAILQ_FOREACH(channel, &link->channels, entry)
		if (channel->number == number)
			return channel;
	return NULL;
}

void mux_channel_watch(struct mux_channel *channel)
{
	if (mux_reads(channel->link->side, channel->state) && channel->credit.send &&
	    !mux_link_is_full(channel->link))
		event_add(channel->readable, NULL);
	else
		event_del(channel->readable);
}

/* Goes on by the table. False when the channel was freed. */
static bool step(struct mux_channel *channel, enum mux_event event)
{
	struct mux_link *link = channel->link;
	const struct mux_rule *rule = mux_rule(link->side, channel->state, event);
	int rc = 0;

	if (!rule)
		return true;
	if (rule->tell)
		rc = mux_link_send(link, channel->number, rule->tell, NULL, 0);
	channel->state = rc ? MUX_GONE : rule->next;
	if (channel->state != MUX_GONE)
		return true;
	mux_channel_free(channel);
	return false;
}

/* Sends a piece of what the local socket has, as far as the credit goes: its size, 0 at the end of
 * input, or a negative errno; -EAGAIN: nothing now, or no credit. */
static ssize_t carry(struct mux_channel *channel)
{
	uint8_t *space = mux_link_scratch(channel->link);
	uint32_t most = credit_sendable(&channel->credit, FRAME_PAYLOAD_MAX);
	ssize_t count = most ? read(channel->fd, space, most) : -1;
	int rc;

	if (count < 0)
		return !most || errno == EINTR ? -EAGAIN : -errno;
	if (!count)
		return 0;
	credit_spend(&channel->credit, (uint32_t)count);
	rc = mux_link_send(channel->link, channel->number, FRAME_DATA, space, (uint32_t)count);
	return rc ? rc : count;
}

/* The local socket is at its end: who is gone, or what is closed? */
static enum mux_event end_of_input(const struct mux_channel *channel, ssize_t count)
{
	if (channel->link->side == MUX_SERVER || count < 0 || hangup_is(channel->fd))
		return MUX_LOCAL_GONE;
	return MUX_LOCAL_SHUT;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct mux_channel *channel = arg;
	ssize_t count = carry(channel);

	(void)fd, (void)what;
	if (count > 0 || count == -EAGAIN || step(channel, end_of_input(channel, count)))
		mux_channel_watch(channel);
}

/* What a client wrote before it went is sent as far as its credit goes: more would have to wait for
 * somebody who may never take it. */
void mux_channel_hung_up(struct mux_channel *channel)
{
	if (mux_reads(channel->link->side, channel->state))
		while (carry(channel) > 0)
			;
	step(channel, MUX_LOCAL_GONE);
}

static void on_hangup(void *arg)
{
	mux_channel_hung_up(arg);
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

/* A local socket that takes no more: a client of which that is true has gone; a server that has may
 * have said something before, which is still to be read. False when the channel was freed. */
static bool write_failed(struct mux_channel *channel)
{
	if (channel->link->side == MUX_CLIENTS)
		return step(channel, MUX_LOCAL_GONE);
	evbuffer_drain(channel->to_local, evbuffer_get_length(channel->to_local));
	return true;
}

/* Writes what the local socket takes now. False when the channel was freed. */
static bool flush(struct mux_channel *channel)
{
	int count = 0;

	if (evbuffer_get_length(channel->to_local))
		count = evbuffer_write(channel->to_local, channel->fd);
	if (count < 0 && errno != EAGAIN && errno != EINTR && !write_failed(channel))
		return false;
	if (count > 0 && give_credit(channel, (uint32_t)count))
		return step(channel, MUX_BROKEN);
	if (evbuffer_get_length(channel->to_local)) {
		event_add(channel->writable, NULL);
		return true;
	}
	event_del(channel->writable);
	if (channel->link->side == MUX_SERVER && channel->state == MUX_SHUT)
		shutdown(channel->fd, SHUT_WR);
	return step(channel, MUX_DELIVERED);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	flush(arg);
}

static int take_data(struct mux_channel *channel, const struct frame *frame)
{
	int rc = credit_receive(&channel->credit, frame->length);

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

/* Takes what the frame carries, and says what it is for the table. */
static enum mux_event take(struct mux_channel *channel, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_DATA: return take_data(channel, frame) ? MUX_BROKEN : MUX_GOT_DATA;
	case FRAME_CREDIT: return take_credit(channel, frame) ? MUX_BROKEN : MUX_GOT_CREDIT;
	case FRAME_SHUT: return MUX_GOT_SHUT;
	case FRAME_END: return MUX_GOT_END;
	default: return MUX_BROKEN;
	}
}

void mux_channel_frame(struct mux_channel *channel, const struct frame *frame)
{
	enum mux_event event = take(channel, frame);

	if (!mux_rule(channel->link->side, channel->state, event))
		event = MUX_BROKEN;
	if (step(channel, event) && flush(channel))
		mux_channel_watch(channel);
}

void mux_channel_link(struct mux_channel *channel, enum mux_event event)
{
	if (step(channel, event) && flush(channel))
		mux_channel_watch(channel);
}
