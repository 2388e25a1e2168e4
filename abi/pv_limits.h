/* SPDX-License-Identifier: MIT */
/*
 * What one domain can have at most. The hypervisor refuses more; the tools know it beforehand, so
 * that a description that asks for more is found wrong before anything is built.
 */
#ifndef PV_LIMITS_H
#define PV_LIMITS_H

#define PV_MAX_VCPUS        128
#define PV_MAX_GRANT_FRAMES 256
/* Two-level event channels of a 64-bit guest. */
#define PV_MAX_EVENT_CHANNELS 4096
/* All the RAM that the hypervisor's direct map has room for. */
#define PV_MAX_MEMORY_TIB 2

#endif /* PV_LIMITS_H */
