/* SPDX-License-Identifier: MIT */
/*
 * mmu_update: a batch of changes to page-table entries, each named by its machine address.
 *
 * Requests are copied in chunks, and a chunk is done under one hold of the tables' lock: under it a type
 * of level 1 to 4 cannot change unless we change it, so the table of the request before is known to be one
 * without looking again. A change above level 1 may unmake any table, and so forgets it.
 */
#include <pv/arch.h>
#include <pv/mmu.h>
#include <pv/validate.h>

#define CHUNK 16
#define PREEMPT_EVERY 64 /* requests */
#define CMD_MASK 3UL

long hc_mmu_update(gaddr_t requests, u64 count, gaddr_t done_out, u64 domains);

struct batch {
	struct domain *d;  /* whose tables */
	struct domain *fd; /* whose frames; NULL: devices only */
	/* Under d's lock: the table of the last request, level 0: none known. */
	mfn_t mfn;
	unsigned int level;
	char *table;
};

int foreign_get(u32 id, struct domain **out)
{
	struct domain *d = current->domain;
	int rc = 0;

	if (likely(id == DOMID_SELF || id == d->id))
		*out = d;
	else if (id == DOMID_IO)
		*out = NULL;
	else
		*out = domain_get_target((domid_t)id, &rc);
	return rc;
}

void foreign_put(struct domain *d)
{
	if (unlikely(d && d != current->domain))
		domain_put(d);
}

/* Looks up the table of a request. 0, also for a frame that is no page table. */
static int find_table(struct batch *b, mfn_t mfn)
{
	const struct frame *f;

	b->level = 0;
	if (!mfn_valid(mfn))
		return -EINVAL;
	f = mfn_to_frame(mfn);
	if (FRAME_OWNER(f->refs) != b->d->id)
		return -EPERM;
	b->mfn = mfn;
	b->table = mfn_va(mfn);
	b->level = table_level(f);
	return 0;
}

/* A frame that is no page table the guest may write anyway; kernels do so with tables not yet in use. */
static int write_plain(struct batch *b, mfn_t mfn, u64 *slot, u64 e)
{
	int rc = frame_get_type(b->d, mfn, FT_WRITABLE);

	if (rc)
		return rc;
	__atomic_store_n(slot, e, __ATOMIC_RELEASE);
	return frame_put_type(b->d, mfn_to_frame(mfn));
}

static int write_upper(struct batch *b, mfn_t mfn, u64 *slot, u64 e, enum pt_write how)
{
	unsigned int level = b->level;

	b->level = 0;
	if (!level)
		return write_plain(b, mfn, slot, e);
	return upper_entry_write(b->d, mfn_to_frame(mfn), level, slot, e, how, 0);
}

static int set_machphys(struct domain *fd, mfn_t mfn, pfn_t pfn)
{
	int rc = fd ? frame_get(mfn, fd) : -EINVAL;

	if (rc)
		return rc;
	m2p_set(mfn, pfn);
	frame_put(mfn_to_frame(mfn));
	return 0;
}

static inline int update_one(struct batch *b, const struct mmu_update *r)
{
	unsigned int cmd = r->ptr & CMD_MASK;
	mfn_t mfn = paddr_to_mfn(r->ptr);
	enum pt_write how = PT_SET;
	u64 *slot;
	int rc;

	if (unlikely(cmd == MMU_MACHPHYS_UPDATE))
		return set_machphys(b->fd, mfn, PFN(r->val));
	if (unlikely(r->ptr & (sizeof(*slot) - 1) & ~CMD_MASK))
		return -EINVAL;
	if (!b->level || b->mfn.v != mfn.v) {
		rc = find_table(b, mfn);
		if (rc)
			return rc;
	}
	slot = (u64 *)(b->table + (r->ptr & ~PAGE_MASK & ~CMD_MASK));
	if (cmd == MMU_PT_UPDATE_PRESERVE_AD)
		how = PT_KEEP_AD;
	if (likely(b->level == 1))
		return l1_entry_write(b->d, b->fd, slot, r->val, how, 0);
	return write_upper(b, mfn, slot, r->val, how);
}

/* Does up to n requests; *done says how many. */
static int update_chunk(struct batch *b, const struct mmu_update *r, unsigned int n, unsigned int *done)
{
	unsigned int i = 0;
	int rc;

	spin_lock(&b->d->mm_lock);
	b->level = 0;
	rc = mmu_begin(b->d);
	while (!rc && i < n) {
		rc = update_one(b, &r[i]);
		i += !rc;
	}
	spin_unlock(&b->d->mm_lock);
	*done = i;
	return rc;
}

/* -ERESTART: stop here, and come again for the rest. */
static int update_all(struct batch *b, gaddr_t requests, u32 count, u32 *done)
{
	struct mmu_update r[CHUNK];
	unsigned int n = 0;
	int rc = 0;

	for (*done = 0; *done < count; *done += n) {
		unsigned int want = MIN(count - *done, CHUNK);

		if (unlikely(rc || (*done && !(*done % PREEMPT_EVERY))) && preempt_point())
			return -ERESTART;
		if (guest_read(r, gaddr_add(requests, (u64)*done * sizeof(r[0])), want * sizeof(r[0])))
			return -EFAULT;
		rc = update_chunk(b, r, want, &n);
		if (unlikely(rc && rc != -ERESTART)) {
			*done += n;
			return rc;
		}
	}
	return mmu_finish_old(b->d);
}

static long update_batch(struct batch *b, gaddr_t requests, u32 count, gaddr_t done_out, u64 domains)
{
	u32 before = 0, done;
	long rc;

	if (unlikely(count & BATCH_PREEMPTED)) {
		count &= ~BATCH_PREEMPTED;
		if (done_out.v && guest_read(&before, done_out, sizeof(before)))
			return -EFAULT;
	}
	rc = update_all(b, requests, count, &done);
	if (done_out.v) {
		before += done;
		if (guest_write(done_out, &before, sizeof(before)) && !rc)
			rc = -EFAULT;
	}
	if (unlikely(rc == -ERESTART))
		return hypercall_restart(requests.v + (u64)done * sizeof(struct mmu_update),
					 (count - done) | BATCH_PREEMPTED, done_out.v, domains, 0);
	return rc;
}

long hc_mmu_update(gaddr_t requests, u64 count, gaddr_t done_out, u64 domains)
{
	u32 table_owner = (u32)domains >> 16;
	struct batch b;
	long rc;

	rc = foreign_get(table_owner ? table_owner - 1 : DOMID_SELF, &b.d);
	if (rc)
		return rc;
	if (!b.d)
		return -ESRCH;
	rc = foreign_get((u16)domains, &b.fd);
	if (!rc) {
		rc = update_batch(&b, requests, (u32)count, done_out, domains);
		foreign_put(b.fd);
	}
	foreign_put(b.d);
	return rc;
}
