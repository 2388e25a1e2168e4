/* SPDX-License-Identifier: MIT */
/*
 * The first process of dom0 in hosted mode, a small static program.
 *
 *     init.c      the stages in order, then the loop that waits for children, commands and console
 * input report.c    what it says: on the console, and on the control port once that is there
 *     config.c    /start.conf, what the supervisor decided for this start
 *     module.c    loads the kernel modules that stand in the initial file system
 *     port.c      finds virtio ports by name, waiting for the kernel to make them
 *     mount.c     the root (9p under an overlay) and everything mounted below it
 *     service.c   child processes: pvd, kept alive, and a shell on the console for who types there
 *
 * Contract: a stage that fails calls fail(), which says why and powers the machine off; it never
 * returns.
 */
#ifndef TOOLS_HOST_DOM0_H
#define TOOLS_HOST_DOM0_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define CONTROL_PORT "org.paravane.init"
#define LOG_PORT     "org.paravane.log"
#define PVD_PORT     "org.paravane.pvd"
#define FILES_DIR    "/run/paravane/host"
#define STATE_DIR    "/var/lib/paravane"
#define ROOT_DIR     "/run/paravane/root"

struct config {
	char pvd[PATH_MAX]; /* the daemon's path below the new root */
	char kernel[128];
	char files[PATH_MAX]; /* where the laptop's tree belongs below FILES_DIR */
	char hostname[65];
	char modules[PATH_MAX]; /* what goes to /lib/modules/KERNEL: a folder, "share", or "" */
};

/* report.c */

/* Sends reports to the control port too. */
void report_to(int control);
/* One line: progress, or what happened. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says "failed: ..." and powers off. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void power_off(void) __attribute__((noreturn));

/* config.c */
void config_read(struct config *config);

/* module.c */
void modules_load(void);

/* port.c */

/* Before the driver is loaded: from now on the kernel's events about new devices are kept for us.
 */
void ports_listen(void);
/* Waits for the port called `name`; returns its node, e.g. "/dev/vport1p2", in static memory. */
const char *port_node(const char *name);
void ports_done(void);

/* mount.c */
void mount_early(void);
void mount_root(void);
void mount_rest(const struct config *config);
/* Turns a path that dom0's own /tmp, /run, ... hide into one that is not hidden. */
void path_seen(char *path, size_t size);
/* Flushes and detaches the state folder. */
void unmount_state(void);

/* service.c */
struct service {
	const char *name;
	const char *const *argv;
	int input, output; /* descriptors of the child, -1: /dev/null; output takes stderr too */
	bool terminal;     /* input is its controlling terminal */
	pid_t pid;         /* 0: not running */
};

void service_start(struct service *service);
/* Asks with SIGTERM, insists with SIGKILL after `seconds`. */
void service_stop(struct service *service, unsigned int seconds);
/* "exit status 3", "signal 11 (Segmentation fault)"; static memory. */
const char *service_verdict(int status);

#endif
