/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: setting up and asking, and the refusals. Only version 1 exists here: without
 * status frames, sub-page and transitive grants there is nothing to switch between.
 */
#include <core/errno.h>
#include <core/grant_table.h>
#include <core/hypercall.h>

long hc_grant_table_op_setup_table(gaddr_t arg, u64 count);
long hc_grant_table_op_query_size(gaddr_t arg, u64 count);
long hc_grant_table_op_set_version(gaddr_t arg, u64 count);
long hc_grant_table_op_get_version(gaddr_t arg, u64 count);
long hc_grant_table_op_get_status_frames(gaddr_t arg, u64 count);
long hc_grant_table_op_transfer(gaddr_t ops, u64 count);
long hc_grant_table_op_swap_grant_ref(gaddr_t ops, u64 count);

static int status_of(int err)
{
	return err == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
}

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

long hc_grant_table_op_setup_table(gaddr_t arg, u64 count)
{
	struct gnttab_setup_table op;
	struct domain *d;
	int err;

	if (count != 1)
		return -EINVAL;
	if (guest_read(&op, arg, sizeof(op)))
		return -EFAULT;
	d = domain_get_target(op.dom, &err);
	op.status = d ? GNTST_okay : status_of(err);
	if (d && grant_grow(d, op.nr_frames))
		op.status = GNTST_general_error;
	if (d && op.status == GNTST_okay &&
	    write_frames(d, handle_gaddr(op.frame_list), op.nr_frames))
		op.status = GNTST_bad_virt_addr;
	if (d)
		domain_put(d);
	return guest_write(arg, &op, sizeof(op));
}

long hc_grant_table_op_query_size(gaddr_t arg, u64 count)
{
	struct gnttab_query_size op;
	struct domain *d;
	int err;

	if (count != 1)
		return -EINVAL;
	if (guest_read(&op, arg, sizeof(op)))
		return -EFAULT;
	d = domain_get_target(op.dom, &err);
	op.status = d ? GNTST_okay : status_of(err);
	if (d) {
		op.nr_frames = d->grants->nr_frames;
		op.max_nr_frames = d->grants->max_frames;
		domain_put(d);
	}
	return guest_write(arg, &op, sizeof(op));
}

/* Answers the version in force, whatever was asked for. */
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

long hc_grant_table_op_get_version(gaddr_t arg, u64 count)
{
	struct gnttab_get_version op;
	struct domain *d;
	int err;

	if (count != 1)
		return -EINVAL;
	if (guest_read(&op, arg, sizeof(op)))
		return -EFAULT;
	d = domain_get_target(op.dom, &err);
	if (!d)
		return err;
	domain_put(d);
	op.version = 1;
	return guest_write(arg, &op, sizeof(op));
}

long hc_grant_table_op_get_status_frames(gaddr_t arg, u64 count)
{
	struct gnttab_get_status_frames op;

	if (count != 1)
		return -EINVAL;
	if (guest_read(&op, arg, sizeof(op)))
		return -EFAULT;
	op.status = GNTST_general_error;
	return guest_write(arg, &op, sizeof(op));
}

/* Every element of the array gets the same answer. */
static long refuse_all(u32 command, gaddr_t ops, u64 count, u64 size, u64 status_offset)
{
	const int16_t status = GNTST_general_error;

	for (u64 i = 0; i < count; i++) {
		gaddr_t op = gaddr_add(ops, i * size);

		if (preempt_due())
			return hypercall_restart(command, op.v, count - i, 0, 0);
		budget_use(BUDGET_CALL);
		if (guest_write(gaddr_add(op, status_offset), &status, sizeof(status)))
			return -EFAULT;
	}
	return 0;
}

/* Frames change owner by XENMEM_exchange alone. */
long hc_grant_table_op_transfer(gaddr_t ops, u64 count)
{
	return refuse_all(GNTTABOP_transfer, ops, count, sizeof(struct gnttab_transfer),
			  offsetof(struct gnttab_transfer, status));
}

long hc_grant_table_op_swap_grant_ref(gaddr_t ops, u64 count)
{
	return refuse_all(GNTTABOP_swap_grant_ref, ops, count, sizeof(struct gnttab_swap_grant_ref),
			  offsetof(struct gnttab_swap_grant_ref, status));
}
