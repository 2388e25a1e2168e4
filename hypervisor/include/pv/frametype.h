/* SPDX-License-Identifier: MIT */
/*
 * The type of a frame: at most one at a time, with a count, so that no guest ever writes a frame that a
 * page table or descriptor table rests on. This is the security of the whole system.
 *
 *   type:  bits 0-31 count | bits 32-39 enum frame_type | bits 40-43 enum frame_state | bit 44 pinned
 *
 * States: none (count 0; the type may linger as a hint but means nothing), validating (one CPU is in it
 * now), partial (frame.partial entries are done; a general reference is kept; whoever needs the type next
 * resumes it), valid. No preempt point is passed while validating.
 * A change of type goes: take the first reference (0 to 1, validating), flush every CPU that may hold a
 * translation of the old use, validate, mark valid (XSA-401).
 *
 * The rules per type stand in a const ops struct that the guest kind registers, so this machine knows no
 * page-table format and runs on the build host.
 */
#ifndef PV_FRAMETYPE_H
#define PV_FRAMETYPE_H

#include <pv/frame.h>

enum frame_type {
	FT_NONE, FT_WRITABLE, FT_L1, FT_L2, FT_L3, FT_L4, FT_DESCRIPTOR, FT_SHARED,
};

enum frame_state { FS_NONE, FS_VALIDATING, FS_PARTIAL, FS_VALID, FS_INVALIDATING };

#define FT_COUNT_MASK 0xffffffffUL
#define FT_TYPE(t) ((enum frame_type)((t) >> 32 & 0xff))
#define FT_STATE(t) ((enum frame_state)((t) >> 40 & 0xf))
#define FT_PINNED (1UL << 44)

/* What a guest kind says about its types. Each may answer -ERESTART after at least one entry of
 * progress; then f->partial says how far it came. */
struct frametype_ops {
	int (*validate)(struct domain *d, struct frame *f, enum frame_type type);
	/* Takes the entries back; may answer -ERESTART. */
	int (*invalidate)(struct domain *d, struct frame *f, enum frame_type type);
	/* Drops every translation of a frame whose use changes. */
	void (*flush)(struct domain *d, struct frame *f);
};

extern const struct frametype_ops pv_frametype_ops;

/* A type reference; the caller holds a general one. 0, -EINVAL (has another type, or validation
 * refused it), -ERESTART (preempted: a partial state is kept, call again). */
int frametype_get(struct domain *d, struct frame *f, enum frame_type type) MUST_CHECK;
/* Drops one. The last one invalidates; -ERESTART as above (then call again). */
int frametype_put(struct domain *d, struct frame *f) MUST_CHECK;
/* The same without a preempt point: for L1 entries, where the last reference is FT_WRITABLE. */
void frametype_put_writable(struct frame *f);
/* General and type reference in one; undoes the first if the second fails. */
int frame_get_type(struct domain *d, mfn_t mfn, enum frame_type type) MUST_CHECK;
int frame_put_type(struct domain *d, struct frame *f) MUST_CHECK;

static inline enum frame_type frame_type(const struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

	return t & FT_COUNT_MASK ? FT_TYPE(t) : FT_NONE;
}

#endif /* PV_FRAMETYPE_H */
