/* SPDX-License-Identifier: MIT */
/*
 * state.h - what the daemon has to find again after its restart: one file a domain,
 * RUN/domains/UUID.json, written whole, synced and renamed into place.
 *
 * Together with the hypervisor's own list of domains that is all the truth there is: a file says
 * what was meant, the list says what exists. Domains do not outlive their dom0, so the files belong
 * where dom0 keeps what is of one boot: /run is memory, and a domain's start does not wait for a
 * disk or, in hosted mode, for the laptop. Files of another boot are stale wherever they lie.
 */
#ifndef TOOLS_PVD_STATE_H
#define TOOLS_PVD_STATE_H

#include "domain.h"

/* Makes the folders below RUN and STATE. */
int state_prepare(struct pvd *pvd, struct error *err);

/* Writes the domain's file; a failure is logged. */
void state_save(const struct domain *domain);

/* Removes the domain's file. */
void state_forget(const struct domain *domain);

/*
 * Reads all files and adds their domains to the table as they were saved, in phase and id, with
 * consoles not connected. Stale and damaged files are removed.
 */
void state_load(struct pvd *pvd);

#endif
