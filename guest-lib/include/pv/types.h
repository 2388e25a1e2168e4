/* SPDX-License-Identifier: MIT */
/* The types that all headers share: the ABI's, and the usual freestanding ones. */
#ifndef PV_TYPES_H
#define PV_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv_abi_guest.h>

#define PV_PAGE_SHIFT    12
#define PV_PAGE_SIZE     (1UL << PV_PAGE_SHIFT)
#define PV_PAGE_MASK     (~(PV_PAGE_SIZE - 1))

#define PV_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PV_MUST_CHECK    __attribute__((warn_unused_result))
#define PV_PAGE_ALIGNED  __attribute__((aligned(4096)))

#endif
