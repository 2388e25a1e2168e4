/* SPDX-License-Identifier: MIT */
/* What start of day does with the mappings that the builder made. */
#ifndef PV_PROTECT_H
#define PV_PROTECT_H

#include <pv/start.h>

/*
 * Takes from each page of the linear map what its use does not need: writing from text and
 * read-only data, executing from all but text, everything from the boot stack's guard. Errors:
 * those of mmu_update.
 */
int pv_linear_map_protect(const struct pv_start *start) PV_MUST_CHECK;

#endif
