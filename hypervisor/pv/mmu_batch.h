/* SPDX-License-Identifier: MIT */
/*
 * A batch of requests in guest memory, as mmu_update and mmuext_op have it.
 *
 * The caller may ask how many were done. It is told on every way out, also when nothing was:
 * Linux's privcmd takes whatever stands there for progress. A batch that is preempted comes again
 * with the rest of its list, a mark in its count, and what was done so far in the caller's memory.
 */
#ifndef PV_MMU_BATCH_H
#define PV_MMU_BATCH_H

#include <core/domain.h>
#include <core/guest_access.h>

struct mmu_batch {
	struct domain *d;  /* whose tables; run finds it set */
	struct domain *fd; /* whose frames; NULL: devices only */
	gaddr_t list;
	u32 count, done;
	gaddr_t done_out; /* 0: nobody asks */
	u64 domains;      /* the call's last argument, for the restart */
	u32 size;         /* of a request */
	/* Does requests and counts them in done. 0, -errno of the first that failed, -ERESTART. */
	int (*run)(struct mmu_batch *b);
};

/* The whole call: finds the domains (tables of table_owner, frames of frame_owner, each a domid or
 * DOMID_SELF; DOMID_IO for frames alone), runs, tells how many were done. -ESRCH, -EPERM, -EFAULT,
 * or what run answered. */
long mmu_batch(struct mmu_batch *b, domid_t table_owner, domid_t frame_owner);

#endif /* PV_MMU_BATCH_H */
