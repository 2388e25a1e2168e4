/* SPDX-License-Identifier: MIT */
/*
 * The type of a frame: at most one at a time, with a count, so that no guest ever writes a frame
 * that a page table or descriptor table rests on. This is the security of the whole system.
 *
 *   type:  bits 0-31 count | bits 32-39 enum frame_type | bits 40-43 enum frame_state | bit 44
 * pinned
 *
 * States (frame.partial = n: entries 0..n-1 hold what they refer to, the others hold nothing):
 *   none          count 0. The type lingers, to tell whether the next one is a change; it means
 * nothing. validating    count 1, one CPU is in it now; no preempt point is passed. valid count at
 * least 1. invalidating  count 1, one CPU drops the entries now. partial       count 0, n entries
 * done upward. The next who wants this type goes on. refused       count 0, validation said no, and
 * n entries are still to be dropped. The next who wants this type drops them and gets the refusal.
 *   dropping      count 1, n entries are still to be dropped for the last holder, who has not let
 * go yet. A frame in partial or refused has a general reference of its own, so that it cannot be
 * freed; whoever ends its domain calls frametype_abandon. A change of type goes: take the first
 * reference (0 to 1, validating), flush every CPU that may hold a translation of the old use,
 * validate, mark valid (XSA-401).
 *
 * The rules per type stand in a const ops struct that the guest kind registers, so this machine
 * knows no page-table format and runs on the build host. FT_WRITABLE and FT_SHARED have none.
 *
 * Locks: none are taken here. L1 to L4 of a domain are gained and lost under its mm_lock alone, so
 * who holds that may rely on such a type without a reference.
 */
#ifndef PV_FRAMETYPE_H
#define PV_FRAMETYPE_H

#include <core/errno.h>
#include <core/frame.h>

enum frame_type {
	FT_NONE,
	FT_WRITABLE,
	FT_L1,
	FT_L2,
	FT_L3,
	FT_L4,
	FT_DESCRIPTOR,
	FT_SHARED,
};

enum frame_state {
	FS_NONE,
	FS_VALIDATING,
	FS_PARTIAL,
	FS_VALID,
	FS_INVALIDATING,
	FS_REFUSED,
	FS_DROPPING,
};

#define FT_COUNT_MASK 0xffffffffUL
#define FT_TYPE(t)    ((enum frame_type)((t) >> 32 & 0xff))
#define FT_STATE(t)   ((enum frame_state)((t) >> 40 & 0xf))
#define FT_PINNED     (1UL << 44)
/* A type word without pin. */
#define FT_WORD(type, state, count) ((u64)(type) << 32 | (u64)(state) << 40 | (count))

/* What a guest kind says about its types. */
struct frametype_ops {
	/* From f->partial upward. 0; -EINVAL: refused; -ERESTART: enough for once, at least one
	 * entry of progress was made. f->partial says how far it came, whatever the answer. */
	int (*validate)(struct domain *d, struct frame *f, enum frame_type type);
	/* Drops entries f->partial - 1 .. 0: 0 or -ERESTART, as above. */
	int (*invalidate)(struct domain *d, struct frame *f, enum frame_type type);
	/* The frame's use changes: drops every translation that any CPU may still have of the old
	 * one. */
	void (*flush)(struct domain *d, struct frame *f);
};

extern const struct frametype_ops pv_frametype_ops;

/* A type reference; the caller holds a general one. 0, -EINVAL (has another type, or validation
 * refused it), -ERESTART (preempted: progress is kept in the frame, call again). */
int frametype_get(struct domain *d, struct frame *f, enum frame_type type) MUST_CHECK;
/* Drops one. The last one invalidates; -ERESTART: not done, the caller still has it; call again. */
int frametype_put(struct domain *d, struct frame *f) MUST_CHECK;
/* Drops one of type FT_WRITABLE or FT_SHARED, which cannot be preempted. */
void frametype_put_writable(struct frame *f);
/* Ends a partial or refused state for good: 0, or -ERESTART. Other states are left alone. */
int frametype_abandon(struct domain *d, struct frame *f) MUST_CHECK;
/* General and type reference in one; undoes the first if the second fails. */
int frame_get_type(struct domain *d, mfn_t mfn, enum frame_type type) MUST_CHECK;
/* On -ERESTART the caller still has both. */
int frame_put_type(struct domain *d, struct frame *f) MUST_CHECK;

/* The type it has now, FT_NONE if none. */
static inline enum frame_type frame_type(const struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

	return FT_STATE(t) != FS_NONE ? FT_TYPE(t) : FT_NONE;
}

/* Has it this type, whole? */
static inline bool frame_is_valid(const struct frame *f, enum frame_type type)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);

	return ((t ^ FT_WORD(type, FS_VALID, 0)) & FT_WORD(0xff, 0xf, 0)) == 0;
}

/* The usual case of frametype_get(FT_WRITABLE): it is writable, or was when last it was something.
 */
static inline bool frametype_join_writable(struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_RELAXED);
	u64 next = t + 1;

	if (t == FT_WORD(FT_WRITABLE, FS_NONE, 0))
		next = FT_WORD(FT_WRITABLE, FS_VALID, 1);
	else if (unlikely((t ^ FT_WORD(FT_WRITABLE, FS_VALID, 0)) >= FT_COUNT_MASK))
		return false;
	return __atomic_compare_exchange_n(&f->type, &t, next, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline int frametype_get_writable(struct domain *d, struct frame *f)
{
	return likely(frametype_join_writable(f)) ? 0 : frametype_get(d, f, FT_WRITABLE);
}

/* The usual case of frametype_put_writable: others remain. */
static inline bool frametype_leave_writable(struct frame *f)
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	return likely((t & FT_COUNT_MASK) > 1) &&
	       __atomic_compare_exchange_n(&f->type, &t, t - 1, false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

#endif /* PV_FRAMETYPE_H */
