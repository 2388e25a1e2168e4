/* SPDX-License-Identifier: MIT */
/*
 * The invariants of frames, recomputed from nothing: what every page table, pin, root, descriptor
 * table and grant mapping says is added up and compared with the counts that the frames carry.
 * Between two calls of guests nothing else holds anything. The same code checks the hypervisor in
 * unit tests (unit/mmu_check.c) and from inside the machine (ring0.c).
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <core/domain.h>
#include <core/frametype.h>

struct audit_tally {
	int refs, types;
};

/* One for each frame up to max_mfn; whoever audits provides and clears it. */
extern struct audit_tally *audit_tally;

static inline bool audit_is_table(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

/* What holds a frame. */
void audit_add(mfn_t mfn, int refs, int types);
/* What a frame holds: the entries of a table, as far as they count, and itself, if it is in a
 * reservation, pinned or half made. */
void audit_frame(const struct frame *f);
/* The roots of a vCPU, and the table of its domain that is being dropped. */
void audit_roots(const struct vcpu *v);
/* Compares what was added up with what the frame says. */
void audit_compare(const struct frame *f);

/* Where it does not hold: ends the test, or the machine. */
void audit_failed(const char *fmt, ...) PRINTF(1, 2);

#endif /* AUDIT_H */
