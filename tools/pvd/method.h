/* SPDX-License-Identifier: MIT */
/*
 * method.h - the methods of the wire (docs/json.md).
 *
 * A handler looks at call->params and either sets call->result (NULL stands for {}) and returns 0,
 * or fills call->err and returns a negative errno, or sees to it that the client is answered later
 * and returns METHOD_LATER. Everything is checked before anything is changed.
 */
#ifndef TOOLS_PVD_METHOD_H
#define TOOLS_PVD_METHOD_H

#include "client.h"
#include "domain.h"

#define METHOD_LATER 1

struct call {
	struct pvd *pvd;
	struct client *client;
	json_t *id;
	json_t *params;
	json_t *result;
	struct error err;
};

struct method {
	const char *name;
	int (*handle)(struct call *call);
};

/* Handles one request; the client may not exist any more afterwards. */
void method_call(struct client *client, const struct rpc_request *request);

/* The tables, each ended by a NULL name: method_domain.c, method_life.c, method_host.c. */
extern const struct method domain_methods[];
extern const struct method life_methods[];
extern const struct method host_methods[];

/* The domain that parameter "domain" names; NULL with call->err filled. */
struct domain *method_domain(struct call *call);

#endif
