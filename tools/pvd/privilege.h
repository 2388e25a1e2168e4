/* SPDX-License-Identifier: MIT */
/* privilege.h - the daemon's rights after its start. */
#ifndef TOOLS_PVD_PRIVILEGE_H
#define TOOLS_PVD_PRIVILEGE_H

/*
 * Gives up every capability but those that files need (the XML may name any kernel, and the state
 * folder may belong to another user) and the locking of hypercall buffers, for this process and
 * whatever it might ever execute. Call when all devices are open. 0 or a negative errno.
 */
int privilege_drop(void);

#endif
