/* SPDX-License-Identifier: MIT */
/*
 * client.h - one connection: lines in, lines out, until it becomes a console or goes away.
 *
 * Nothing a client sends can do more than end its own connection: lines are bounded by rpc.h, what
 * it does not read is bounded here, the number of clients by its door (clients.h). Answers may come
 * in any order, each with its request's id. Event base's thread only.
 */
#ifndef TOOLS_PVD_CLIENT_H
#define TOOLS_PVD_CLIENT_H

#include "pvd.h"
#include "rpc.h"

#define CLIENT_OUTPUT_MAX ((size_t)4 << 20)
/* Requests of one client that wait for something at the same time. */
#define CLIENT_PENDING_MAX 64

/* Takes over a connected, non-blocking stream socket, and counts it in its door's `count` until the
 * connection ends. */
void client_accept(struct pvd *pvd, int fd, unsigned int *count);

/* Ends the connections of those that have gone, of which only the end is still to be told. */
void clients_drop_gone(struct pvd *pvd);

/* Ends all connections. */
void clients_free(struct pvd *pvd);

struct pvd *client_pvd(const struct client *client);

/* True if it has gone already and will hear no answer. */
bool client_is_gone(const struct client *client);

/* Answers request id; result is taken, NULL stands for {}. id NULL: a notification, nothing is
 * sent. */
void client_answer(struct client *client, json_t *id, json_t *result);
void client_refuse(struct client *client, json_t *id, const struct error *err);

/* From now on the client gets every event; its requests go on being answered. */
void client_subscribe(struct client *client);

/* Sends a line to every subscriber. */
void client_broadcast(struct pvd *pvd, const json_t *message);

/*
 * Answers with the console's name and turns the connection into a console's. The client does not
 * exist any more afterwards.
 */
struct domain;
void client_become_console(struct client *client, json_t *id, struct domain *domain,
			   unsigned int lines);

#endif
