/* SPDX-License-Identifier: MIT */
/* Giving the CPU away, waiting, and ending. No state. */
#ifndef PV_SCHED_H
#define PV_SCHED_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lets others run. [upcall] */
void pv_yield(void);

/* Unmasks events and waits for one; the upcall has run when this returns. */
void pv_block(void);

/*
 * Waits until one of the ports is pending, or until the system time `deadline` (0: for ever).
 * Events stay as they are: meant for waiting with events or those ports masked, after
 * pv_events_init(). 1: one of the ports is pending; 0: none is, since the deadline has passed or
 * an event of some other port was taken meanwhile. Errors: those of SCHEDOP_poll. [masked]
 */
int pv_poll(evtchn_port_t *ports, unsigned int nr, uint64_t deadline);

/* Ends the domain for that reason (SHUTDOWN_poweroff, _reboot, _crash ...). [upcall] */
void pv_shutdown(unsigned int reason) __attribute__((noreturn));

/* Sets (id 0), renews (id) or stops (seconds 0) a watchdog: its id, or an error of
 * SCHEDOP_watchdog. */
long pv_watchdog(uint32_t id, uint32_t seconds) PV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
