/* SPDX-License-Identifier: MIT */
/*
 * What is known of an instance: its lock, what it was started with, and why it ended.
 *
 * The lock is the truth: an instance lives while its supervisor holds a lock on runtime/lock. A
 * second one, state/state.lock, keeps one that is started with another XDG_RUNTIME_DIR from using
 * the same state folder. They are open-file locks (F_OFD_SETLK): they end with the supervisor
 * however that dies, and others can ask about them without taking them, so a look from outside
 * never makes a start fail. Everything else is told in two files of the state folder, each written
 * whole: state.json by the start, ended.json by the end; the next start removes the latter.
 *
 * Errors: 0 or a negative errno; where `err` is passed it is filled.
 */
#ifndef TOOLS_HOST_STATE_H
#define TOOLS_HOST_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "paths.h"

#define HOST_TAIL_LINES 20

/* dom0's pvd, as dom0's first process reports of it. */
enum host_daemon {
	HOST_DAEMON_UNKNOWN,
	HOST_DAEMON_RUNNING,
	HOST_DAEMON_RESTARTING, /* it ended, the next one is about to be started */
	HOST_DAEMON_GIVEN_UP,   /* it ended too often: none is started any more */
};

/* What state.json says. */
struct host_state {
	int pid;          /* of the supervisor */
	bool ready;       /* pvd has answered */
	int64_t started;  /* seconds since 1970 */
	int64_t start_ms; /* from the start of QEMU until pvd answered */
	char hypervisor[PATH_MAX];
	char kernel[PATH_MAX];
	char kernel_version[128];
	char root[PATH_MAX];
	char accelerator[8]; /* "kvm" or "tcg" */
	char accelerator_why[256];
	unsigned int memory, dom0_memory; /* MiB */
	enum host_daemon daemon;
	unsigned int daemon_starts;
	char daemon_end[128]; /* how the last one ended, or "" */
};

enum host_end {
	HOST_END_NONE,      /* nothing is known */
	HOST_END_STOPPED,   /* host stop, or a signal to the supervisor */
	HOST_END_POWER_OFF, /* the machine powered itself off */
	HOST_END_PANIC,     /* hypervisor or dom0's kernel */
	HOST_END_QEMU,      /* QEMU failed or was killed */
	HOST_END_START,     /* it never got ready */
};

/* What ended.json says. */
struct host_ended {
	enum host_end why;
	int64_t when;                     /* seconds since 1970 */
	char detail[512];                 /* one sentence without a full stop */
	char lines[HOST_TAIL_LINES][256]; /* the console's last, oldest first; "" beyond */
};

/* Takes the locks; `fds` hold them. -EWOULDBLOCK without `err`: the instance lives. */
#define HOST_LOCKS 2
int host_lock(const struct host_paths *paths, int fds[HOST_LOCKS], struct error *err);

/* True while somebody holds the lock. */
bool host_is_alive(const struct host_paths *paths);

/* True if the instance lives with its sockets in another runtime folder; and the error about it. */
bool host_is_elsewhere(const struct host_paths *paths);
int host_tell_elsewhere(const struct host_paths *paths, struct error *err);

int host_state_write(const struct host_paths *paths, const struct host_state *state,
		     struct error *err);
/* -ENOENT without a message when there is none. */
int host_state_read(const struct host_paths *paths, struct host_state *state);

/* Sets aside what host_ended_write needs, so that a full disk does not hide why a machine ended. */
int host_ended_reserve(const struct host_paths *paths, struct error *err);

int host_ended_write(const struct host_paths *paths, const struct host_ended *ended,
		     struct error *err);
int host_ended_read(const struct host_paths *paths, struct host_ended *ended);
void host_ended_remove(const struct host_paths *paths);

/* "stopped", "power-off", "panic", "qemu", "start": as in JSON. */
const char *host_end_word(enum host_end why);

/* "running", "restarting", "given up", "unknown": as in JSON. */
const char *host_daemon_word(enum host_daemon daemon);

/* Seconds since 1970 as RFC 3339. */
#define HOST_TIME_TEXT 24
void host_time_text(int64_t when, char text[HOST_TIME_TEXT]);

#endif
