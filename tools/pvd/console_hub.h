/* SPDX-License-Identifier: MIT */
/*
 * console_hub.h - event channels of consoles: one descriptor for all, shared fairly.
 *
 * A port stays masked from the moment its event is read until console_hub_rearm(). A console that
 * had more than its share of events in a slice of time is rearmed only when the next slice begins.
 */
#ifndef TOOLS_PVD_CONSOLE_HUB_H
#define TOOLS_PVD_CONSOLE_HUB_H

#include "console.h"

struct hub_port {
	int port;            /* local, -1: none */
	unsigned int events; /* in this slice */
	bool waits;          /* for the next slice */
	struct console *console;
	LIST_ENTRY(hub_port) entry;
};

/* Binds to the guest's port. Its events are delivered by console_event(). */
int console_hub_bind(struct console_hub *hub, struct hub_port *port, uint32_t domid,
		     uint32_t remote);
void console_hub_unbind(struct console_hub *hub, struct hub_port *port);

/* Tells the guest that the ring has changed. */
void console_hub_notify(struct console_hub *hub, const struct hub_port *port);

struct pvd *console_hub_pvd(struct console_hub *hub);

/* console.c: the guest has sent an event. */
void console_event(struct console *console);

#endif
