/* SPDX-License-Identifier: MIT */
/*
 * notify.h - who is told of changes: clients that subscribed to events, and requests that wait for
 * a domain's state. Event base's thread only.
 */
#ifndef TOOLS_PVD_NOTIFY_H
#define TOOLS_PVD_NOTIFY_H

#include <jansson.h>

#include "domain.h"

/* Tells subscribers and looks at the waiting requests. event may be NULL: nothing to announce. */
void notify_changed(struct domain *domain, const char *event, const char *detail);

/* The record goes away: requests that wait for it are answered. */
void notify_removed(struct domain *domain);

/*
 * Answers request id (a new reference is taken) of client once the domain is in one of the states
 * (bit per enum domain_state) or, with gone, has ended or is no longer the hypervisor's domain_id
 * (DOMAIN_NO_ID: any) or, with settled, has come to rest after a request to that domain_id: it has
 * ended, is kept stopped, or is there with another id; or when timeout_ns is over (0: no limit).
 */
struct wait_for {
	unsigned int states;
	bool gone;
	bool settled;
	int domain_id;
	int64_t timeout_ns;
};
int notify_wait(struct client *client, json_t *id, struct domain *domain,
		const struct wait_for *what);

/* The client has gone: its requests do not wait any more. */
void notify_forget_client(struct client *client);

#endif
