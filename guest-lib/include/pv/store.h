/* SPDX-License-Identifier: MIT */
/*
 * A XenStore client over the ring that the builder shared with xenstored.
 *
 * Requests are synchronous: a call writes one, waits on the port for the answer and keeps watch
 * events that arrive meanwhile in `events`. It works with events masked, since it polls. Paths
 * without a leading "/" are relative to the domain's own home. `transaction` is
 * PV_STORE_NO_TRANSACTION or what pv_store_begin() returned. pv_events_init() must have been
 * called.
 *
 * Errors of all calls: those that xenstored names (-XEN_ENOENT, -XEN_EACCES, ...); -XEN_EIO: the
 * ring or an answer is broken; -XEN_E2BIG: a request above 4096 bytes, or an answer larger than the
 * buffer.
 */
#ifndef PV_STORE_H
#define PV_STORE_H

#include <pv/types.h>
#include <pv/start.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_STORE_NO_TRANSACTION 0
#define PV_STORE_EVENTS         512

struct pv_store {
	struct xenstore_domain_interface *ring;
	evtchn_port_t port;
	uint32_t next_id;
	unsigned int lost;            /* watch events dropped because `events` was full */
	unsigned int used;            /* bytes used of it */
	char events[PV_STORE_EVENTS]; /* path and token of each, both terminated */
};

/* -XEN_ENODEV: this domain has no store page (dom0). */
int pv_store_init(struct pv_store *store, const struct pv_start *start) PV_MUST_CHECK;

/* The value of a node: its length; buf (size bytes) is terminated. */
long pv_store_read(struct pv_store *store, uint32_t transaction, const char *path, char *buf,
		   size_t size) PV_MUST_CHECK;

/* The names of a node's children, each terminated: the number of bytes. */
long pv_store_list(struct pv_store *store, uint32_t transaction, const char *path, char *buf,
		   size_t size) PV_MUST_CHECK;

int pv_store_write(struct pv_store *store, uint32_t transaction, const char *path,
		   const char *value) PV_MUST_CHECK;
int pv_store_mkdir(struct pv_store *store, uint32_t transaction, const char *path) PV_MUST_CHECK;
int pv_store_remove(struct pv_store *store, uint32_t transaction, const char *path) PV_MUST_CHECK;

/* Starts a transaction. */
int pv_store_begin(struct pv_store *store, uint32_t *transaction) PV_MUST_CHECK;

/* Ends it. -XEN_EAGAIN on commit: another client changed the same nodes; do it all again. */
int pv_store_end(struct pv_store *store, uint32_t transaction, bool commit) PV_MUST_CHECK;

/* Asks for an event at once and at each change of path or below. `token` comes back with it. */
int pv_store_watch(struct pv_store *store, const char *path, const char *token) PV_MUST_CHECK;
int pv_store_unwatch(struct pv_store *store, const char *path, const char *token) PV_MUST_CHECK;

/*
 * The next watch event: 1 and its path and token, 0 if there is none now. Does not wait.
 * Strings longer than the buffers are cut.
 */
int pv_store_event(struct pv_store *store, char *path, size_t path_size, char *token,
		   size_t token_size) PV_MUST_CHECK;

/*
 * Waits until pv_store_event() may have something to give: at once if a watch event was kept or
 * anything has arrived from xenstored. [masked]
 */
void pv_store_wait(struct pv_store *store);

#ifdef __cplusplus
}
#endif

#endif
