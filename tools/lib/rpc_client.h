/* SPDX-License-Identifier: MIT */
/*
 * The blocking client of a JSON-RPC socket, as pvctl and the host supervisor use it.
 * Errors: as in rpc.h. One thread per client; one request at a time.
 */
#ifndef TOOLS_LIB_RPC_CLIENT_H
#define TOOLS_LIB_RPC_CLIENT_H

#include "rpc.h"

struct rpc_client {
	int fd;
	struct rpc_buffer in;
	json_int_t last_id;
};

#define RPC_CLIENT_INIT  \
	{                \
		.fd = -1 \
	}
#define RPC_WAIT_FOREVER (-1)

/*
 * Connects to the UNIX socket `path`. Fails with ERROR_UNREACHABLE (nobody listens, no such
 * socket), ERROR_PERMISSION (also where it is not to be trusted: trust.h), or ERROR_USAGE for a
 * path too long for a socket. The return value is the negative errno of connect(2) where there was
 * one, so that a caller can tell -ENOENT from -ECONNREFUSED.
 */
int rpc_client_connect(struct rpc_client *client, const char *path, struct error *err);

/* Takes over a connected descriptor. */
void rpc_client_attach(struct rpc_client *client, int fd);

/* Closes; safe on an unconnected client. */
void rpc_client_close(struct rpc_client *client);

/*
 * Sends a request (`params` is taken, may be NULL) and waits for its answer at most `timeout_ms`,
 * or RPC_WAIT_FOREVER. `result` (may be NULL) receives a new reference. A connection lost on the
 * way is ERROR_UNREACHABLE.
 */
int rpc_client_call(struct rpc_client *client, const char *method, json_t *params, int timeout_ms,
		    json_t **result, struct error *err);

/*
 * The two halves of rpc_client_call, for a caller that watches other descriptors meanwhile. That
 * the other side has hung up is found by the second, which reads what it said before.
 */
int rpc_client_send(struct rpc_client *client, const char *method, json_t *params,
		    struct error *err);
int rpc_client_receive(struct rpc_client *client, int timeout_ms, json_t **result,
		       struct error *err);

/*
 * The next line whatever it is (event streams), valid until the next call. 0, -ETIMEDOUT, -EPIPE at
 * end of file, or another negative errno; `err` is filled on each.
 */
int rpc_client_line(struct rpc_client *client, int timeout_ms, char **line, size_t *length,
		    struct error *err);

#endif
