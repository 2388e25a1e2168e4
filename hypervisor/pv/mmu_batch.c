/* SPDX-License-Identifier: MIT */
/* mmu_batch.h: what mmu_update and mmuext_op have in common around their requests. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <pv/mmu_batch.h>
#include <pv/validate.h>

/* In the count of a batch that was preempted: its output count holds what was done before. */
#define PREEMPTED 0x80000000U

/* foreign_put tells current by its struct, so the id is cut before it is compared. */
int foreign_get(domid_t id, struct domain **out)
{
	struct domain *d = current->domain;
	int rc = 0;

	*out = NULL;
	if (likely(id == DOMID_SELF || id == d->id))
		*out = d;
	else if (id != DOMID_IO)
		*out = domain_get_target(id, &rc);
	return rc;
}

void foreign_put(struct domain *d)
{
	if (unlikely(d && d != current->domain))
		domain_put(d);
}

static int run_on(struct mmu_batch *b, domid_t table_owner, domid_t frame_owner)
{
	int rc = foreign_get(table_owner, &b->d);

	if (rc)
		return rc;
	if (!b->d)
		return -ESRCH;
	rc = foreign_get(frame_owner, &b->fd);
	if (!rc) {
		rc = b->run(b);
		foreign_put(b->fd);
	}
	foreign_put(b->d);
	return rc;
}

long mmu_batch(struct mmu_batch *b, domid_t table_owner, domid_t frame_owner)
{
	u32 before = 0;
	long rc;

	b->done = 0;
	if (b->count & PREEMPTED && b->done_out.v && guest_read_u32(&before, b->done_out))
		return -EFAULT;
	b->count &= ~PREEMPTED;
	rc = run_on(b, table_owner, frame_owner);
	before += b->done;
	if (b->done_out.v && guest_write(b->done_out, &before, sizeof(before)) && !rc)
		rc = -EFAULT;
	if (unlikely(rc == -ERESTART))
		return hypercall_restart(b->list.v + (u64)b->done * b->size,
					 (b->count - b->done) | PREEMPTED, b->done_out.v,
					 b->domains, 0);
	return rc;
}
