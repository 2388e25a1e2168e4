/* SPDX-License-Identifier: MIT */
/*
 * What the control operations share. Every handler gets dispatch's copy of the whole structure;
 * what it changes is copied out.
 */
#ifndef PV_DOMCTL_H
#define PV_DOMCTL_H

#include <core/domain.h>
#include <core/guest_access.h>
#include <core/types.h>

/* Bitmaps of the ABI: at most 128 bits are read; longer ones of the caller get zeroes. */
int bitmap_read(u64 out[2], const struct xenctl_bitmap *b) MUST_CHECK;
int bitmap_write(const struct xenctl_bitmap *b, const u64 bits[2]) MUST_CHECK;
void online_mask(u64 mask[2]); /* the CPUs that run */

/* CPUID leaves of a policy to a caller's array of *count elements (a null handle asks for the
 * number). -ENOBUFS, -EFAULT. */
struct cpuid_policy;
int policy_write(const struct cpuid_policy *p, gaddr_t leaves, u32 *count) MUST_CHECK;

#endif /* PV_DOMCTL_H */
