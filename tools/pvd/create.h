/* SPDX-License-Identifier: MIT */
/*
 * create.h - from XML to a running domain: checks, the building job, store and console, first run.
 *
 * A domain's file says "building" before the hypervisor is asked for a domain with its UUID, so
 * that a daemon that dies in between leaves nothing behind: its successor destroys what has that
 * UUID. Event base's thread only; the building itself runs in a job.
 */
#ifndef TOOLS_PVD_CREATE_H
#define TOOLS_PVD_CREATE_H

#include <jansson.h>

#include "client.h"
#include "domain.h"

struct create_request {
	const char *xml;
	size_t xml_length;
	const char *file;     /* name for messages */
	const char *base_dir; /* NULL: none */
	const char *uuid;     /* for XML that has none; NULL: a random one */
	bool paused;
	bool dry_run; /* only the checks */
};

/* Starts a creation; the client is answered when it has ended. -errno with err filled: refused at
 * once. */
int create_start(struct client *client, json_t *id, const struct create_request *request,
		 struct error *err);

/* Builds a record again that has been live before; it ends as failed if that does not work. */
void create_again(struct domain *domain);

/* Enters a live domain into the store (again). */
int create_join_store(struct domain *domain, struct error *err);

/* Stops the building of a domain. */
void create_cancel(struct domain *domain);

#endif
