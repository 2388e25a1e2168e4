/* SPDX-License-Identifier: MIT */
/*
 * pvd.h - the daemon: what its parts share.
 *
 * One thread runs the event base and owns everything here; long work (unpacking a kernel, building,
 * tearing down) runs in jobs on threads of their own, which see only what they were given and the
 * hypervisor handle. So nothing in pvd takes a lock but job.c.
 */
#ifndef TOOLS_PVD_PVD_H
#define TOOLS_PVD_PVD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "error.h"
#include "hangup.h"
#include "store.h"
#include "unpacker.h"
#include "xen.h"

struct client;
struct console_hub;
struct domain;
struct jobs;
struct port;

TAILQ_HEAD(client_list, client);
TAILQ_HEAD(domain_list, domain);
TAILQ_HEAD(waiter_list, waiter);

struct options {
	const char *socket; /* where clients connect */
	const char *state;  /* folder for console logs and unpacked kernels */
	const char *run;    /* folder for state files: they are of this boot of dom0 */
	const char *files;  /* paths in the XML are opened below it */
	const char *port;   /* name of the virtio port of hosted mode, NULL: none */
	const char *log;    /* file, NULL: standard error */
	bool foreground;
};

struct pvd {
	struct options options;
	struct event_base *base;
	struct xen *xen;
	struct xen_version version;
	struct store *store;
	struct event *store_event;
	struct event *sweep_timer;
	struct jobs *jobs;
	struct unpacker *unpacker;
	struct hangup_set *hangups;
	struct console_hub *consoles;
	struct port *port;
	int files_fd;     /* O_PATH of options.files */
	int state_fd;     /* of options.state */
	int run_fd;       /* of options.run */
	char boot_id[40]; /* of this dom0: state files of another one are stale */
	int64_t started;  /* ns since 1970 */

	struct domain_list domains;
	unsigned int ended_count;
	struct client_list clients;
	unsigned int socket_clients; /* by their doors, consoles included */
	unsigned int port_clients;
	struct waiter_list waiters;
};

/* ns since 1970, for people and JSON; ns of a clock that never steps, for durations. */
int64_t time_now(void);
int64_t time_monotonic(void);

/* "2026-01-31T12:00:00.000000Z" */
#define TIME_TEXT 32
void time_format(int64_t ns, char text[TIME_TEXT]);

#endif
