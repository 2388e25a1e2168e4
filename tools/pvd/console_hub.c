/* SPDX-License-Identifier: MIT */
/* console_hub.c - event channels of consoles (see console_hub.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "console_hub.h" /* first: __XEN_TOOLS__ counts at the first inclusion */
#include "log.h"

#include <xenevtchn.h>

/* An honest guest that prints a lot stays below this; 100 slices of 2 KiB in 100 ms is 2 MB/s. */
#define EVENTS_PER_SLICE 100
#define SLICE_USEC       100000
/* Events taken before others' descriptors get their turn. */
#define EVENTS_PER_WAKE 64

LIST_HEAD(port_list, hub_port);

struct console_hub {
	struct pvd *pvd;
	xenevtchn_handle *channels;
	struct event *event, *slice;
	struct port_list ports;
};

static struct hub_port *find_port(struct console_hub *hub, int number)
{
	struct hub_port *port;

	LIST_FOREACH(port, &hub->ports, entry) {
		if (port->port == number)
			return port;
	}
	return NULL;
}

static void begin_slice(evutil_socket_t fd, short what, void *arg)
{
	struct console_hub *hub = arg;
	struct hub_port *port;

	(void)fd;
	(void)what;
	LIST_FOREACH(port, &hub->ports, entry) {
		port->events = 0;
		if (port->waits)
			xenevtchn_unmask(hub->channels, (evtchn_port_t)port->port);
		port->waits = false;
	}
}

static void handle_port(struct console_hub *hub, struct hub_port *port)
{
	static const struct timeval slice = { .tv_usec = SLICE_USEC };

	/* The slice's timer runs only while there are events to count. */
	if (!evtimer_pending(hub->slice, NULL))
		evtimer_add(hub->slice, &slice);
	console_event(port->console);
	if (port->port < 0)
		return;
	port->waits = ++port->events >= EVENTS_PER_SLICE;
	if (!port->waits)
		xenevtchn_unmask(hub->channels, (evtchn_port_t)port->port);
}

static void channels_ready(evutil_socket_t fd, short what, void *arg)
{
	struct console_hub *hub = arg;
	struct hub_port *port;
	int i, number;

	(void)fd;
	(void)what;
	for (i = 0; i < EVENTS_PER_WAKE; i++) {
		number = xenevtchn_pending(hub->channels);
		if (number < 0)
			return;
		port = find_port(hub, number);
		if (port)
			handle_port(hub, port);
	}
}

struct console_hub *console_hub_new(struct pvd *pvd, struct error *err)
{
	struct console_hub *hub = calloc(1, sizeof(*hub));
	int fd;

	if (!hub) {
		error_set(err, ERROR_FAILED, "start", "out of memory");
		return NULL;
	}
	LIST_INIT(&hub->ports);
	hub->pvd = pvd;
	hub->channels = xenevtchn_open(NULL, 0);
	if (!hub->channels) {
		error_set(err, error_from_errno(errno), "start", "cannot open /dev/xen/evtchn: %s",
			  strerror(errno));
		error_hint(err, "load the module xen-evtchn");
		free(hub);
		return NULL;
	}
	fd = xenevtchn_fd(hub->channels);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	hub->event = event_new(pvd->base, fd, EV_READ | EV_PERSIST, channels_ready, hub);
	hub->slice = evtimer_new(pvd->base, begin_slice, hub);
	if (!hub->event || !hub->slice || event_add(hub->event, NULL)) {
		error_set(err, ERROR_FAILED, "start", "out of memory");
		console_hub_free(hub);
		return NULL;
	}
	return hub;
}

void console_hub_free(struct console_hub *hub)
{
	if (!hub)
		return;
	if (hub->event)
		event_free(hub->event);
	if (hub->slice)
		event_free(hub->slice);
	xenevtchn_close(hub->channels);
	free(hub);
}

int console_hub_bind(struct console_hub *hub, struct hub_port *port, uint32_t domid,
		     uint32_t remote)
{
	int number = xenevtchn_bind_interdomain(hub->channels, domid, remote);

	if (number < 0)
		return -errno;
	port->port = number;
	port->events = 0;
	port->waits = false;
	LIST_INSERT_HEAD(&hub->ports, port, entry);
	return 0;
}

void console_hub_unbind(struct console_hub *hub, struct hub_port *port)
{
	if (port->port < 0)
		return;
	xenevtchn_unbind(hub->channels, (evtchn_port_t)port->port);
	LIST_REMOVE(port, entry);
	port->port = -1;
}

void console_hub_notify(struct console_hub *hub, const struct hub_port *port)
{
	xenevtchn_notify(hub->channels, (evtchn_port_t)port->port);
}

struct pvd *console_hub_pvd(struct console_hub *hub)
{
	return hub->pvd;
}
