/* SPDX-License-Identifier: MIT */
/*
 * The console: a ring shared with dom0's console daemon, or, where there is no ring (dom0 itself),
 * the hypervisor's own.
 *
 * Statics: the pointer set by pv_console_set(), which pv_printf() writes to.
 */
#ifndef PV_CONSOLE_H
#define PV_CONSOLE_H

#include <pv/types.h>
#include <pv/start.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pv_console {
	struct xencons_interface *ring; /* NULL: the hypervisor's console */
	evtchn_port_t port;
	const struct vcpu_time_info *clock; /* for waiting when the ring is full */
	XENCONS_RING_IDX taken; /* the ring up to here is somebody's; out_prod follows */
};

/* Text that takes no more of the ring than this is never torn apart by another writer's. */
#define PV_CONSOLE_PIECE 256

/* A console on what start of day found. */
void pv_console_init(struct pv_console *console, const struct pv_start *start);

/* The console of pv_printf(). NULL: output is dropped. [upcall] */
void pv_console_set(struct pv_console *console);
struct pv_console *pv_console_get(void);

/*
 * Writes what fits now and returns the number of bytes taken, 0 if the ring is full. [upcall]
 * Errors: those of console_io; a domU may be refused there.
 */
long pv_console_try_write(struct pv_console *console, const char *data, size_t size) PV_MUST_CHECK;

/*
 * Writes everything, waiting for dom0 where the ring is full. On a ring a newline goes out as CR
 * LF. A handler that writes in the middle of this loses nothing and makes nothing be lost; its text
 * comes before or after a piece of PV_CONSOLE_PIECE bytes. Errors as above, with part of the data
 * written. [upcall, if waiting there is acceptable]
 */
int pv_console_write(struct pv_console *console, const char *data, size_t size);

/* Reads up to size bytes that are there now; 0 if none. Errors: those of console_io. [upcall] */
long pv_console_read(struct pv_console *console, char *data, size_t size) PV_MUST_CHECK;

/* Waits until dom0 has taken all that is in the ring: before a shutdown. Gives up after a second.
 */
void pv_console_drain(struct pv_console *console);

#ifdef __cplusplus
}
#endif

#endif
