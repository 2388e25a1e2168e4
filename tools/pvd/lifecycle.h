/* SPDX-License-Identifier: MIT */
/*
 * lifecycle.h - how domains end: by a user, by themselves, by a crash; and what follows.
 *
 * Tearing down frees the domain's memory in the hypervisor, which takes long for large ones, so it
 * runs in a job; store and console let go before, since their mappings would keep the memory.
 * Event base's thread only.
 */
#ifndef TOOLS_PVD_LIFECYCLE_H
#define TOOLS_PVD_LIFECYCLE_H

#include <jansson.h>

#include "domain.h"

/* Destroys a domain; request id of client is answered when it is gone. client may be NULL. */
int lifecycle_destroy(struct domain *domain, struct client *client, json_t *id, struct error *err);

/* The guest has stopped with a SHUTDOWN_* code: does what on_poweroff, on_reboot or on_crash says.
 */
void lifecycle_guest_stopped(struct domain *domain, unsigned int code);

/* The hypervisor's domain has vanished without us. */
void lifecycle_vanished(struct domain *domain);

/* Continues what a daemon before us had begun: a teardown, or the building for a restart. */
void lifecycle_resume(struct domain *domain);

/* Asks the guest for "poweroff" or "reboot" through the store. */
int lifecycle_ask(struct domain *domain, const char *what, struct error *err);

int lifecycle_suspend(struct domain *domain, struct error *err);
int lifecycle_unsuspend(struct domain *domain, struct error *err);

#endif
