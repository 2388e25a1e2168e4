/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: setting up and asking, and the refusals. Only version 1 exists here: without
 * status frames, sub-page and transitive grants there is nothing to switch between.
 */
#include <core/errno.h>
#include <core/grant_table.h>
#include <core/hypercall.h>

/* The list's length is bounded by max_frames, which grant_grow checked. */
static int write_frames(struct domain *d, gaddr_t list, u32 frames)
{
	for (u32 i = 0; i < frames; i++) {
		mfn_t mfn;

		if (grant_shared_frame(d, i, &mfn) || guest_write_elem(list, i, &mfn.v))
			return -EFAULT;
	}
	return 0;
}

long hc_grant_table_op_setup_table(struct domain *d, struct gnttab_setup_table *op)
{
	op->status = grant_grow(d, op->nr_frames) ? GNTST_general_error : GNTST_okay;
	if (op->status == GNTST_okay &&
	    write_frames(d, handle_gaddr(op->frame_list), op->nr_frames))
		op->status = GNTST_bad_virt_addr;
	return 0;
}

long hc_grant_table_op_query_size(struct domain *d, struct gnttab_query_size *op)
{
	op->status = GNTST_okay;
	op->nr_frames = d->grants->nr_frames;
	op->max_nr_frames = d->grants->max_frames;
	return 0;
}

/* Answers the version in force, whatever was asked for, and so also with an error. */
long hc_grant_table_op_set_version(gaddr_t arg, u64 count)
{
	struct gnttab_set_version op;
	long rc;

	if (count != 1)
		return -EINVAL;
	if (guest_read(&op, arg, sizeof(op)))
		return -EFAULT;
	rc = op.version == 1 ? 0 : op.version == 2 ? -ENOSYS : -EINVAL;
	op.version = 1;
	if (guest_write(arg, &op, sizeof(op)))
		return -EFAULT;
	return rc;
}

long hc_grant_table_op_get_version(struct domain *d, struct gnttab_get_version *op)
{
	(void)d;
	op->version = 1;
	return 0;
}

long hc_grant_table_op_get_status_frames(struct domain *d, struct gnttab_get_status_frames *op)
{
	(void)d;
	op->status = GNTST_general_error;
	return 0;
}
