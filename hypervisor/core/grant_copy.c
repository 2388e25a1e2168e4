/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: between two pages, each either the caller's own or granted to it. Each side is
 * used and referenced for the time of the copy, and given back exactly as taken.
 */
#include <core/errno.h>
#include <core/frametype.h>
#include <core/grant_table.h>
#include <core/hypercall.h>
#include <core/lib.h>

#define BUDGET_COPY (BUDGET_CALL + BUDGET_PAGE)

struct side {
	struct domain *granter; /* referenced; NULL: the caller's own page */
	u32 ref;
	bool write;
	mfn_t mfn;
};

static int open_own(struct domain *d, const struct gnttab_copy_ptr *p, struct side *s)
{
	struct frame *f;

	s->granter = NULL;
	s->mfn = MFN(p->u.gmfn);
	if (unlikely(p->domid != DOMID_SELF && p->domid != d->id))
		return GNTST_permission_denied;
	if (unlikely(frame_get_owned(s->mfn, d->id)))
		return GNTST_bad_page;
	f = mfn_to_frame(s->mfn);
	if (s->write && unlikely(grant_writable_get(d, f))) {
		frame_put(f);
		return GNTST_bad_page;
	}
	return GNTST_okay;
}

static int open_granted(struct domain *d, const struct gnttab_copy_ptr *p, struct side *s)
{
	int rc;

	s->ref = p->u.ref;
	s->granter = domain_get(p->domid);
	if (unlikely(!s->granter))
		return GNTST_bad_domain;
	rc = grant_use(s->granter, s->ref, d->id, s->write, &s->mfn);
	if (unlikely(rc))
		domain_put(s->granter);
	return rc;
}

static inline int open_side(struct domain *d, const struct gnttab_copy_ptr *p, bool granted,
			    struct side *s)
{
	return granted ? open_granted(d, p, s) : open_own(d, p, s);
}

static void close_side(struct side *s)
{
	grant_refs_drop(s->mfn, s->write);
	if (s->granter) {
		grant_unuse(s->granter, s->ref, s->write);
		domain_put(s->granter);
	}
}

static void copy_bytes(const struct gnttab_copy *op, mfn_t from, mfn_t to)
{
	if (likely(op->len == PAGE_SIZE))
		page_copy(mfn_va(to), mfn_va(from));
	else
		memmove((char *)mfn_va(to) + op->dest.offset,
			(char *)mfn_va(from) + op->source.offset, op->len);
}

static int copy_one(struct domain *d, const struct gnttab_copy *op)
{
	struct side from = { .write = false }, to = { .write = true };
	int rc;

	if (unlikely(op->source.offset + op->len > PAGE_SIZE ||
		     op->dest.offset + op->len > PAGE_SIZE))
		return GNTST_bad_copy_arg;
	rc = open_side(d, &op->source, op->flags & GNTCOPY_source_gref, &from);
	if (unlikely(rc))
		return rc;
	rc = open_side(d, &op->dest, op->flags & GNTCOPY_dest_gref, &to);
	if (likely(!rc)) {
		copy_bytes(op, from.mfn, to.mfn);
		close_side(&to);
	}
	close_side(&from);
	return rc;
}

long hc_grant_table_op_copy(gaddr_t ops, u64 count)
{
	struct domain *d = current->domain;
	struct gnttab_copy op;

	for (u64 i = 0; i < count; i++) {
		if (preempt_due())
			return hypercall_restart(GNTTABOP_copy, gaddr_add(ops, i * sizeof(op)).v,
						 count - i, 0, 0);
		budget_use(BUDGET_COPY);
		if (unlikely(guest_read_elem(&op, ops, i)))
			return -EFAULT;
		op.status = copy_one(d, &op);
		if (unlikely(guest_write_u16(
			    gaddr_add(ops, i * sizeof(op) + offsetof(struct gnttab_copy, status)),
			    (u16)op.status)))
			return -EFAULT;
	}
	return 0;
}
