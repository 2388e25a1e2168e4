/* SPDX-License-Identifier: MIT */
/* What memory_op.c and memory_exchange.c share: what the caller may ask for. */
#ifndef PV_MEMORY_H
#define PV_MEMORY_H

#include <core/types.h>

/* The largest extent that the caller may name (XSA-31, 158). */
unsigned int memory_max_order(void);
/* The limit on addresses in XENMEMF_*, for frame_alloc; FRAME_BELOW_ANY if none was asked or may
 * be. */
unsigned int memory_address_bits(u32 mem_flags);

#endif /* PV_MEMORY_H */
