/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: the process of ours that owns an instance's QEMU from its start to its end.
 *
 * It holds the instance's lock, serves its two sockets, writes its logs, state.json and, last,
 * ended.json. It ends with QEMU, and QEMU with it. Signals: TERM, INT and HUP stop the machine
 * (dom0 is asked to power off, then QEMU is ended); USR1 has dom0 start another pvd.
 *
 * The starting command holds the other end of `starter` and reads lines: "stage TEXT" while it goes
 * on, then "ready MILLISECONDS" or "failed EXITCODE"; end of file means that the supervisor is
 * gone. If it goes away before "ready", the machine is stopped.
 */
#ifndef TOOLS_HOST_SUPERVISE_H
#define TOOLS_HOST_SUPERVISE_H

#include "paths.h"
#include "qemu.h"
#include "state.h"

struct supervise_setup {
	const struct host_paths *paths;
	const struct qemu_setup *qemu;
	struct host_state state; /* all but pid, ready and times */
	unsigned int timeout;    /* seconds until pvd has to answer */
	int starter;
	int pvd_listener, console_listener;
};

/* Runs until the machine has ended. Takes over the descriptors. Returns an exit status. */
int supervise(const struct supervise_setup *setup);

#endif
