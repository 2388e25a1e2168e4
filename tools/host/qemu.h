/* SPDX-License-Identifier: MIT */
/*
 * QEMU: its command line, and the process.
 *
 * It runs in the instance's runtime folder, where `hypervisor`, `kernel` and `initramfs` are short
 * names of what it loads: QEMU splits -initrd at commas and spaces, so no user's path may stand
 * there. Serial port and virtio ports are sockets that it inherits; it opens no socket of its own
 * and has no monitor.
 *
 * Errors: 0 or a negative errno with `err` filled. No locks.
 */
#ifndef TOOLS_HOST_QEMU_H
#define TOOLS_HOST_QEMU_H

#include <stdbool.h>
#include <sys/types.h>

#include "../lib/error.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

/* The streams between QEMU and us; for each we keep one end of a socket pair. */
enum qemu_stream {
	QEMU_CONSOLE, /* the serial port */
	QEMU_PVD,     /* virtio port org.paravane.pvd: framed clients */
	QEMU_INIT,    /* virtio port org.paravane.init: lines to and from dom0's first process */
	QEMU_LOG,     /* virtio port org.paravane.log: what pvd prints */
	QEMU_STREAMS,
};

struct qemu_setup {
	const char *folder; /* where it runs and finds what it loads */
	const char *accel;  /* "kvm" or "tcg" */
	bool is_xen;
	unsigned int memory; /* MiB */
	const char *hypervisor_args;
	const char *kernel_args;
	bool probe; /* only a serial port; "kernel" is the probe guest, there is no initramfs */
	const char *root;    /* shares of dom0: its root and files, */
	const char *modules; /* its modules, or NULL, */
	const char *state;   /* and its state folder */
};

struct qemu {
	pid_t pid;
	int streams[QEMU_STREAMS]; /* our ends; -1 in a probe but for the console */
	int messages;              /* a pipe: what QEMU prints */
};

/*
 * Starts QEMU, which dies with the calling process. A QEMU that cannot be run is an error here; one
 * that refuses its command line ends later, and says why on `messages`.
 */
int qemu_start(struct qemu *qemu, const struct qemu_setup *setup, struct error *err);

/* Closes our ends. The process is the caller's to bury. */
void qemu_close(struct qemu *qemu);

/* The first line of `qemu --version` into `text`. */
int qemu_version(char *text, size_t size, struct error *err);

#endif
