/* SPDX-License-Identifier: MIT */
/*
 * store.h - a connection to xenstored, and what the toolstack keeps there.
 *
 * The client is our own, over xenstored's UNIX socket: libxenstore waits without limit for a daemon
 * that is stuck and falls back to /dev/xen/xenbus, which blocks for ever where none runs. Here
 * every request ends within STORE_TIMEOUT_MS; after a failure of the connection the store counts as
 * dead, and every call answers -ENOTCONN at once.
 *
 * Contract: 0 or a negative errno (xenstored's own for refused requests); functions with a struct
 * error fill it. One thread per store. Watch events that arrive during a request are queued.
 */
#ifndef TOOLS_LIB_STORE_H
#define TOOLS_LIB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define STORE_SOCKET     "/run/xenstored/socket"
#define STORE_TIMEOUT_MS 5000

struct store;

/* Connects, or starts xenstored and waits for it. Also says who dom0 is, where nobody has. */
struct store *store_open(struct error *err);
void store_close(struct store *store);

/* False once the connection has failed. */
bool store_alive(const struct store *store);

/* What is wrong, in words, when a call has returned `ret`. */
const char *store_error_text(int ret);

/* The socket, for waiting; -1 when dead. */
int store_fd(const struct store *store);

int store_write(struct store *store, const char *path, const char *value);

/*
 * dropped is called before the socket of a failed connection is closed, while its number is still
 * ours: whoever waits for it must stop.
 */
void store_set_dropped(struct store *store, void (*dropped)(void *arg), void *arg);

/*
 * Between these two, requests that only change something (write, remove, set_owner, introduce,
 * release) are gathered and answer 0, and are sent by the lot; store_batch_end() sends the rest and
 * returns the first failure among their answers. One way there and back in place of forty.
 */
void store_batch_begin(struct store *store);
int store_batch_end(struct store *store);

/* The value with a NUL behind it, to be freed. NULL with errno: ENOENT, ENOTCONN, ... */
char *store_read(struct store *store, const char *path);

/* Removes a node and all below it; no such node is success. */
int store_remove(struct store *store, const char *path);

/* The node (and what is made below it later) belongs to owner; reader may read it too, -1: nobody.
 */
int store_set_owner(struct store *store, const char *path, uint32_t owner, int reader);

int store_watch(struct store *store, const char *path, const char *token);

/*
 * queued is called whenever an event went into the queue while a request waited for its answer: the
 * socket will not become readable for it. It must only take note.
 */
void store_set_queued(struct store *store, void (*queued)(void *arg), void *arg);

/*
 * Reads what the socket has without waiting and takes the oldest event. True: token is filled in
 * (cut to its size). Call until false.
 */
bool store_next_event(struct store *store, char *token, size_t size);

/* Makes a domain known with its ring page and port; the ring is mapped by xenstored. */
int store_introduce(struct store *store, uint32_t domid, uint64_t frame, uint32_t port);

/* Forgets a domain and unmaps its ring. */
int store_release(struct store *store, uint32_t domid);

/* True if xenstored serves this domain's ring. */
bool store_is_introduced(struct store *store, uint32_t domid);

/* --- store_domain.c: a domain's nodes --- */

struct store_domain {
	uint32_t domid;
	const char *name, *uuid;
	unsigned int vcpus, online_vcpus;
	uint64_t memory_kib, max_memory_kib;
	uint64_t store_frame, console_frame;
	uint32_t store_port, console_port;
};

/* Writes /local/domain/N and /vm/UUID and introduces the domain. The error names the node. */
int store_add_domain(struct store *store, const struct store_domain *domain, struct error *err);

/* Removes both and releases the domain. Goes on after failures, which a dead store makes certain.
 */
void store_drop_domain(struct store *store, uint32_t domid, const char *uuid);

int store_rename_domain(struct store *store, uint32_t domid, const char *old_uuid, const char *uuid,
			const char *name);

/* Asks the guest for "poweroff", "reboot", ... -EAGAIN: an earlier request still waits for its
 * answer. */
int store_ask_shutdown(struct store *store, uint32_t domid, const char *what);

#endif
