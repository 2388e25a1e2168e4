/* SPDX-License-Identifier: MIT */
/*
 * CPUID policies: the table of leaves that a kind of guest sees. Room pv; domctl and sysctl read
 * and set them. A table is sorted by leaf and subleaf; what is not in it reads as zero.
 */
#ifndef PV_CPUID_H
#define PV_CPUID_H

#include <pv_abi.h>

#include <core/domain.h>

/* libxenguest makes more than our 64 rows, and takes fewer than 120. */
#define CPUID_LEAVES_MAX 110
/* Words of a feature set, in the order of xen/arch-x86/cpufeatureset.h. */
#define CPUID_FEATURE_WORDS 19

struct cpuid_policy {
	u32 count;
	xen_cpuid_leaf_t leaf[CPUID_LEAVES_MAX];
};

/* The CPU's own, and the most a PV guest may have. */
extern struct cpuid_policy cpuid_host, cpuid_pv;

/* Boot: reads the CPU and makes both. */
void cpuid_init(void);
void cpuid_featureset(const struct cpuid_policy *p, u32 words[CPUID_FEATURE_WORDS]);
/* A domain's own policy from a control domain's leaves: features are cut to what cpuid_pv has,
 * leaves of the hypervisor are ours. -ENOMEM, -EINVAL (too many leaves); on error nothing is
 * changed. */
int cpuid_policy_set(struct domain *d, const xen_cpuid_leaf_t *leaves, u32 count) MUST_CHECK;
/* The row for a leaf, or NULL. */
const xen_cpuid_leaf_t *cpuid_policy_find(const struct cpuid_policy *p, u32 leaf, u32 subleaf);
static inline const struct cpuid_policy *cpuid_policy_of(const struct domain *d)
{
	return d->arch.cpuid ? d->arch.cpuid : &cpuid_pv;
}
void cpuid_policy_free(struct domain *d);

#endif /* PV_CPUID_H */
