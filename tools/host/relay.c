/* SPDX-License-Identifier: MIT */
/* From the user's socket to the link and back. */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clients.h"
#include "../lib/mux_link.h"
#include "listen.h"

struct relay {
	struct event *listener;
	struct mux_link *link;
	bool refuse; /* there is no pvd to wait for */
};

/* Takes `fd` over. */
static void take(struct relay *relay, int fd)
{
	int rc = relay->refuse ? -ENOTCONN : mux_link_open(relay->link, fd);

	if (rc == -ENFILE)
		clients_refuse(fd);
	else if (rc)
		close(fd);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	int client = listen_accept(fd);

	(void)what;
	if (client >= 0)
		take(arg, client);
}

/* pvd lives (again): nothing of an earlier life may reach it, so all that it is not to know is
 * dropped first. */
static void on_reset(struct mux_link *link, uint64_t nonce, void *arg)
{
	struct relay *relay = arg;

	mux_link_set_up(link, false);
	if (mux_link_announce(link, nonce))
		return;
	mux_link_set_up(link, true);
	relay->refuse = false;
}

static const struct mux_ops relay_ops = {
	.reset = on_reset,
};

struct relay *relay_new(struct event_base *base, int listener, int link, struct error *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (relay) {
		relay->listener = event_new(base, listener, EV_READ | EV_PERSIST, on_client, relay);
		relay->link = mux_link_new(base, link, MUX_CLIENTS, &relay_ops, relay);
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
	free(relay);
}

int relay_client(struct relay *relay)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	take(relay, ends[0]);
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
	mux_link_drop_waiting(relay->link);
}
