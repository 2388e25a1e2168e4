/* SPDX-License-Identifier: MIT */
/*
 * pvd's end of the hosted wire: one virtio port that carries every client of the laptop.
 *
 * The port is found by name under /sys/class/virtio-ports (there is no udev in that dom0), opened
 * once, and kept until port_close. Every client that the supervisor lets in becomes a connected,
 * non-blocking stream socket, handed to the accept function as if accept(2) had returned it; that
 * function owns it from then on. The supervisor's door has counted it (clients.h).
 *
 * Errors: NULL with errno set. All of it belongs to the thread that runs the event base.
 */
#ifndef TOOLS_PVD_PORT_H
#define TOOLS_PVD_PORT_H

#include <event2/event.h>

struct port;

/* Takes over `fd`, a new client. Called from inside event callbacks of the port. */
typedef void port_accept_fn(int fd, void *arg);

/*
 * Opens the port called `name`, e.g. "org.paravane.pvd", and announces this life of pvd to the
 * supervisor. ENOENT: no port of that name; EBUSY: another process has it open.
 */
struct port *port_open(struct event_base *base, const char *name, port_accept_fn *accept,
		       void *arg);

/* The same over a descriptor that is open already (tests), which is taken over in every case. */
struct port *port_attach(struct event_base *base, int fd, port_accept_fn *accept, void *arg);

/* Closes the port and its channels; sockets already handed out see end of file. NULL is allowed. */
void port_close(struct port *port);

#endif
