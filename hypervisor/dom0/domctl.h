/* SPDX-License-Identifier: MIT */
/*
 * Control operations: helpers that the files of domctl share. Room dom0.
 *
 * Every handler gets the hypervisor's copy of the whole struct xen_domctl; what it changes is
 * copied out. The interface version was checked before (-EACCES).
 */
#ifndef PV_DOMCTL_H
#define PV_DOMCTL_H

#include <core/domain.h>
#include <core/guest_access.h>
#include <core/types.h>

/* A handler's work on the domain that op names. */
typedef long (*domctl_fn)(struct domain *d, struct xen_domctl *op);

/* Finds the domain (-ESRCH), calls fn, lets go. not_self: -EINVAL where the caller names itself. */
long domctl_on(struct xen_domctl *op, domctl_fn fn);
long domctl_on_other(struct xen_domctl *op, domctl_fn fn);
/* -EINVAL for a vCPU that is not there. */
int domctl_vcpu(const struct domain *d, u32 id, struct vcpu **out) MUST_CHECK;

/* Bitmaps of the ABI: at most 128 bits are read; longer ones of the caller get zeroes. */
int bitmap_read(u64 out[2], const struct xenctl_bitmap *b) MUST_CHECK;
int bitmap_write(const struct xenctl_bitmap *b, const u64 bits[2]) MUST_CHECK;

/* CPUID leaves of a policy to a caller's array of *count elements (a null handle asks for the
 * number). -ENOBUFS, -EFAULT. */
struct cpuid_policy;
int policy_write(const struct cpuid_policy *p, gaddr_t leaves, u32 *count) MUST_CHECK;

#endif /* PV_DOMCTL_H */
