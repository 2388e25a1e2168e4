/* SPDX-License-Identifier: MIT */
/* From the user's socket to the link and back. */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/mux_link.h"
#include "listen.h"

struct held {
	int fd;
	struct frame_open who;
};

struct relay {
	struct event *listener;
	struct mux_link *link;
	bool refuse; /* there is no pvd to wait for */
	unsigned int held_count;
	struct held held[MUX_CHANNELS_MAX]; /* not joined yet, oldest first */
};

static bool is_full(const struct relay *relay)
{
	return relay->held_count + mux_link_count(relay->link) >= MUX_CHANNELS_MAX;
}

/* Joins what is held as far as the link takes it. A client that cannot be joined for lack of memory
 * is closed. */
static void join_held(struct relay *relay)
{
	unsigned int done = 0;
	int rc = 0;

	for (; done < relay->held_count; done++) {
		rc = mux_link_open(relay->link, relay->held[done].fd, &relay->held[done].who);
		if (rc == -ENOTCONN || rc == -ENFILE)
			break;
		if (rc)
			close(relay->held[done].fd);
	}
	relay->held_count -= done;
	memmove(relay->held, relay->held + done, relay->held_count * sizeof(relay->held[0]));
}

static void hold(struct relay *relay, int fd)
{
	struct held *held = &relay->held[relay->held_count++];
	struct ucred cred = { .pid = 0 };
	socklen_t size = sizeof(cred);

	held->fd = fd;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size);
	held->who =
		(struct frame_open){ .pid = (uint32_t)cred.pid, .uid = cred.uid, .gid = cred.gid };
	join_held(relay);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct relay *relay = arg;
	int client;

	(void)what;
	if (is_full(relay)) {
		event_del(relay->listener);
		return;
	}
	client = listen_accept(fd);
	if (client >= 0 && relay->refuse)
		close(client);
	else if (client >= 0)
		hold(relay, client);
}

/* pvd lives (again): nothing of an earlier life may reach it, so all that is known is dropped
 * first. */
static void on_reset(struct mux_link *link, uint64_t nonce, void *arg)
{
	struct relay *relay = arg;

	mux_link_set_up(link, false);
	if (mux_link_announce(link, nonce))
		return;
	mux_link_set_up(link, true);
	relay->refuse = false;
	join_held(relay);
}

static void on_closed(struct mux_link *link, void *arg)
{
	struct relay *relay = arg;

	(void)link;
	if (!event_pending(relay->listener, EV_READ, NULL))
		event_add(relay->listener, NULL);
}

static const struct mux_ops relay_ops = {
	.reset = on_reset,
	.closed = on_closed,
};

struct relay *relay_new(struct event_base *base, int listener, int link, struct error *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (relay) {
		relay->listener = event_new(base, listener, EV_READ | EV_PERSIST, on_client, relay);
		relay->link = mux_link_new(base, link, false, &relay_ops, relay);
	}
	if (relay && relay->listener && relay->link && !event_add(relay->listener, NULL))
		return relay;
	error_set(err, ERROR_FAILED, "host", "no memory for clients");
	if (!relay || !relay->link)
		close(link);
	if (!relay || !relay->listener)
		close(listener);
	relay_free(relay);
	return NULL;
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	if (relay->listener) {
		close(event_get_fd(relay->listener));
		event_free(relay->listener);
	}
	mux_link_free(relay->link);
	for (unsigned int i = 0; i < relay->held_count; i++)
		close(relay->held[i].fd);
	free(relay);
}

int relay_client(struct relay *relay)
{
	int ends[2];

	if (is_full(relay))
		return -ENFILE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	hold(relay, ends[0]);
	return ends[1];
}

void relay_down(struct relay *relay)
{
	mux_link_set_up(relay->link, false);
}

void relay_refuse(struct relay *relay)
{
	relay_down(relay);
	relay->refuse = true;
	while (relay->held_count)
		close(relay->held[--relay->held_count].fd);
}
