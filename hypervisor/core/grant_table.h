/* SPDX-License-Identifier: MIT */
/*
 * Grant tables from within core.
 *
 * shared[] is what the domain writes and others' rights come from; active[] is what the hypervisor
 * knows: of each entry in use the frame and grantee that it had when it was first used, and how
 * many uses there are. Only active[] is believed while an entry is in use (XSA-500). A use ("pin")
 * holds references of the frame besides; who drops them depends on the use: see grant_map_op.c.
 *
 * maps[] are the mappings that this domain has of others: handle -> which entry of whom, and which
 * parts. A mapping holds a reference to the granting domain.
 */
#ifndef PV_GRANT_TABLE_H
#define PV_GRANT_TABLE_H

#include <core/frametype.h>
#include <core/grant.h>

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define GRANT_USES_MAX   0xfff0U

struct grant_active {
	u32 mfn;
	domid_t grantee;
	union {
		struct {
			u16 readers, writers;
		};
		u32 uses; /* both; 0: not in use */
	};
};

struct grant_map {
	struct domain *granter; /* referenced */
	u32 ref;                /* free: the next free handle */
	u32 mfn;
	u16 flags; /* GNTMAP_*, the parts that are still there; 0: free */
};

#define MAP_PARTS     (GNTMAP_host_map | GNTMAP_device_map)
#define MAP_FLAGS     0xffU
#define MAP_BUSY      0x8000U /* a call is at work on it */
#define MAPS_PER_PAGE 128U
#define MAP_NONE      0xffffffffU

struct grant_table {
	struct spinlock lock; /* LOCK_GRANT */
	bool retired;         /* the domain is dead: shared[] is dead_page */
	u32 nr_frames, max_frames;
	struct grant_entry_v1 **shared;
	struct grant_active **active;
	struct grant_map **maps; /* NULL before the first map */
	u32 map_pages, max_map_pages, free_map, release_progress;
};

/* Makes shared frames 0..n-1 exist. -EINVAL: more than allowed; -ENOMEM. No lock
 * held: interrupts are opened in between. */
int grant_grow(struct domain *d, u32 n) MUST_CHECK;
/* A first page of handles, for a domain that is sure to map. -ENOMEM. */
int grant_map_reserve(struct domain *d) MUST_CHECK;
/* Uses entry ref of d for `who`: its frame, with a general reference and, to write, a writable one.
 * GNTST_*. No lock held. */
int grant_use(struct domain *d, u32 ref, domid_t who, bool write, mfn_t *mfn) MUST_CHECK;
/* Ends a use; the references are the caller's to drop before. No lock held. */
void grant_unuse(struct domain *d, u32 ref, bool write);
/* A writable reference, where the caller has a general one. */
static inline int grant_writable_get(struct domain *d, struct frame *f)
{
	return likely(frametype_join_writable(f)) ? 0 : frametype_get(d, f, FT_WRITABLE);
}

/* Drops the references that a use took. */
static inline void grant_refs_drop(mfn_t mfn, bool write)
{
	struct frame *f = mfn_to_frame(mfn);

	if (write && !frametype_leave_writable(f))
		frametype_put_writable(f);
	frame_put(f);
}

#endif /* PV_GRANT_TABLE_H */
