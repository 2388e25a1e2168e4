/* SPDX-License-Identifier: MIT */
/* confine.h - the system calls that the running daemon has left. */
#ifndef TOOLS_PVD_CONFINE_H
#define TOOLS_PVD_CONFINE_H

/*
 * Puts the daemon, all its threads, under an allow-list of system calls: no program is run, no
 * process made, nobody else's memory looked at, no socket opened but a UNIX one. A call that is not
 * on it ends the daemon by SIGSYS, with a line in the log; the guests go on and whoever watches
 * over pvd starts the next one. Call when all devices are open. 0 or a negative errno.
 */
int confine(void);

#endif
