/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - brings the table in line with the hypervisor's list of domains.
 *
 * xenstored holds the only binding of VIRQ_DOM_EXC, so deaths are learnt from its watches
 * @releaseDomain and @introduceDomain, each of which asks for a sweep; sweeps close together become
 * one. While the store is dead, a timer sweeps every second. Event base's thread only.
 */
#ifndef TOOLS_PVD_SWEEP_H
#define TOOLS_PVD_SWEEP_H

#include "pvd.h"

/* Sets the watches and the timer. 0 or a negative errno. */
int sweep_start(struct pvd *pvd);
void sweep_stop(struct pvd *pvd);

/* Sweeps now. 0 or a negative errno. */
int sweep(struct pvd *pvd);

/* Sweeps soon. */
void sweep_soon(struct pvd *pvd);

#endif
