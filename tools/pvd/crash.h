/* SPDX-License-Identifier: MIT */
/* crash.h - why a guest crashed, in words. */
#ifndef TOOLS_PVD_CRASH_H
#define TOOLS_PVD_CRASH_H

#include "domain.h"

/* Fills domain->detail for a guest that has just stopped with this SHUTDOWN_* code. */
void crash_describe(struct domain *domain, unsigned int code);

#endif
