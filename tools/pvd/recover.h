/* SPDX-License-Identifier: MIT */
/* recover.h - finds again, at the daemon's start, the domains of the daemon before it. */
#ifndef TOOLS_PVD_RECOVER_H
#define TOOLS_PVD_RECOVER_H

#include "pvd.h"

/*
 * Reads the state files and compares them with the hypervisor's domains: live ones get their
 * console (and, after a new xenstored, their nodes) back untouched; half-made ones are destroyed,
 * or built again if it was for a restart; teardowns are finished. 0 or a negative errno.
 */
int recover(struct pvd *pvd);

#endif
