/* SPDX-License-Identifier: MIT */
/*
 * control/shutdown: the node through which dom0 asks a domain to power off or reboot.
 */
#ifndef PV_CONTROL_H
#define PV_CONTROL_H

#include <pv/types.h>
#include <pv/store.h>

#ifdef __cplusplus
extern "C" {
#endif

enum pv_control {
	PV_CONTROL_NONE,
	PV_CONTROL_POWEROFF,
	PV_CONTROL_REBOOT,
	PV_CONTROL_SUSPEND,
	PV_CONTROL_UNKNOWN, /* answered, but none of the above */
};

/* Starts watching the node, with token "shutdown". Errors: those of the store. */
int pv_control_watch(struct pv_store *store) PV_MUST_CHECK;

/*
 * What is asked for now: a value of enum pv_control. A request is answered by emptying the node, as
 * the toolstack expects, before this returns. To be called after a watch event (pv_store_event),
 * not each time the store's port fires: the answers to this very call come by that port. Errors:
 * those of the store.
 */
int pv_control_read(struct pv_store *store) PV_MUST_CHECK;

/* The SHUTDOWN_ reason that answers a request. */
unsigned int pv_control_reason(enum pv_control request);

#ifdef __cplusplus
}
#endif

#endif
