/* SPDX-License-Identifier: MIT */
/* Grant tables (version 1), seen from inside the hypervisor. */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include <core/domain.h>

int grant_init(struct domain *d, u32 max_frames, u32 max_maptrack) MUST_CHECK;
/* Ends all mappings that d has of others; resumable. Frames and active entries go with grant_free.
 */
int grant_release_mappings(struct domain *d) MUST_CHECK;
/* The domain is dead: its table takes no more maps and its shared frames go; what others have
 * mapped stays accounted until they unmap. */
void grant_retire(struct domain *d);
void grant_free(struct domain *d); /* no reference to d is left */
/* The machine frame of shared grant frame n, for XENMEM_acquire_resource; grows the table. */
int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn) MUST_CHECK;

/* What core asks of the guest kind (pv/grant_map.c): puts or takes a mapping of mfn in d. host_addr
 * is a virtual address, or with GNTMAP_contains_pte the machine address of an entry. GNTST_*
 * values.
 *
 * The references (general, and writable unless read-only) are taken before arch_grant_map and then
 * belong to the entry, as with every other: whoever tears it down by other means drops them.
 * arch_grant_unmap refuses unless the entry is just what the map created, clears it, and leaves its
 * references and the flush to the caller. new_addr: GNTTABOP_unmap_and_replace, or 0. */
int arch_grant_map(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn) MUST_CHECK;
int arch_grant_unmap(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn,
		     u64 new_addr) MUST_CHECK;

#endif /* PV_GRANT_H */
