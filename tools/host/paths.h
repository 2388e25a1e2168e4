/* SPDX-License-Identifier: MIT */
/*
 * Where hosted mode keeps things. An instance called NAME has two folders, both 0700:
 *
 *     runtime   $XDG_RUNTIME_DIR/paravane/NAME, else (root) /run/paravane/NAME, else
 * /tmp/paravane-UID/NAME pvd.sock, console.sock, and short names for what QEMU loads; its flock
 * says whether the instance lives state     $XDG_STATE_HOME/paravane/NAME, else
 * ~/.local/state/paravane/NAME, root: /var/lib/paravane/NAME state.json, ended.json, logs, and
 * dom0/, which is dom0's /var/lib/paravane
 *
 * plus one cache for all instances, beside their state folders, and what a build tree or an
 * installation provides.
 *
 * Errors: 0 or a negative errno with `err` filled. Nothing here takes a lock.
 */
#ifndef TOOLS_HOST_PATHS_H
#define TOOLS_HOST_PATHS_H

#include <limits.h>
#include <stdbool.h>

#include "../lib/error.h"

#define HOST_DEFAULT_NAME "default"
#define HOST_NAME_MAX_LEN 64

struct host_paths {
	char name[HOST_NAME_MAX_LEN + 1];
	char runtime[PATH_MAX];
	char state[PATH_MAX];
	char cache[PATH_MAX];
	char socket[PATH_MAX];  /* runtime/pvd.sock: pvctl's requests */
	char console[PATH_MAX]; /* runtime/console.sock: raw bytes of the serial console */
};

/*
 * Fills in the paths of instance `name` (NULL: the default one) without making any. ERROR_USAGE: no
 * good name, or a socket path of 108 bytes or more, which is named. ERROR_PERMISSION: the folder of
 * the sockets and locks may be another user's work (trust.h), so nothing in it is to be believed.
 */
int host_paths(struct host_paths *paths, const char *name, struct error *err);

/* Makes the folders that are missing, and refuses one that another user owns or may enter. */
int host_paths_make(const struct host_paths *paths, struct error *err);

/* The folders in which all instances' runtime and state folders lie (for host list). Errors as
 * host_paths. */
int host_paths_roots(char runtime[PATH_MAX], char state[PATH_MAX], struct error *err);

/* mkdir -p with mode 0700. */
int host_make_folder(const char *path, struct error *err);

/* What belongs to this program: in its build tree when it runs in place, else where it is
 * installed. */
enum host_asset {
	HOST_PVD,         /* the daemon that runs in dom0 */
	HOST_INIT,        /* dom0's first process */
	HOST_HYPERVISOR,  /* our own image */
	HOST_PROBE_GUEST, /* the guest of the KVM probe */
	HOST_BUILD,       /* the build tree itself: not when installed */
};

/* ERROR_FAILED names the path that was looked for. */
int host_asset(enum host_asset asset, char path[PATH_MAX], struct error *err);

#endif
