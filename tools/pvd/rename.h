/* SPDX-License-Identifier: MIT */
/* rename.h - the stopped half of rename-restart. Event base's thread only. */
#ifndef TOOLS_PVD_RENAME_H
#define TOOLS_PVD_RENAME_H

#include "domain.h"

/*
 * Moves the hypervisor's stopped domain out of this record into a new one, NAME-1 (or -2, ...) with
 * a new UUID, where it is kept. The record is left without a domain, ready to be built again; its
 * console stays with it. 0 or a negative errno, after which nothing has changed.
 */
int rename_stopped(struct domain *domain);

#endif
