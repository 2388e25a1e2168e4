/* SPDX-License-Identifier: MIT */
/*
 * mmu_update: a batch of changes to page-table entries, each named by its machine address.
 *
 * Requests are copied in chunks, and a chunk is done under one hold of the tables' lock: under it a
 * type of level 1 to 4 cannot change unless we change it, so the L1 of the request before is known
 * to be one without looking again. Any other request may unmake a table, and so forgets it.
 */
#include <core/arch.h>
#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#define CHUNK         16
#define PREEMPT_EVERY 64 /* requests */
#define CMD_MASK      3UL

#define NO_TABLE      ~0UL
#define NOINLINE      __attribute__((noinline))

struct batch {
	struct domain *d;  /* whose tables */
	struct domain *fd; /* whose frames; NULL: devices only */
	u64 l1;            /* under d's lock: address of the L1 of the last request, or NO_TABLE */
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

/* The level of d's table there, 0 for a frame that is none; -EINVAL, -EPERM. */
static inline int find_level(const struct domain *d, mfn_t mfn)
{
	const struct frame *f = mfn_to_frame(mfn);

	if (unlikely(!mfn_valid(mfn)))
		return -EINVAL;
	if (unlikely(FRAME_OWNER(f->refs) != d->id))
		return -EPERM;
	return (int)table_level(f);
}

static inline u64 *entry_at(u64 ptr)
{
	u64 *ram = mfn_va(MFN(0));

	return ram + ptr / sizeof(*ram);
}

/* A request for an entry of a valid L1 of d. */
static inline __attribute__((always_inline)) int update_l1(struct domain *d, struct domain *fd,
							   u64 ptr, u64 e)
{
	bool keep = (ptr & CMD_MASK) == MMU_PT_UPDATE_PRESERVE_AD;

	return l1_entry_write(d, fd, entry_at(ptr), e, keep ? PT_KEEP_AD : PT_SET, 0);
}

/* A frame that is no page table the guest may write anyway; kernels do so with tables not yet in
 * use. */
static int write_plain(struct domain *d, u64 ptr, u64 e)
{
	mfn_t mfn = paddr_to_mfn(ptr);
	int rc = frame_get_type(d, mfn, FT_WRITABLE);

	if (rc)
		return rc;
	__atomic_store_n(entry_at(ptr), e, __ATOMIC_RELEASE);
	return frame_put_type(d, mfn_to_frame(mfn));
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

/* Any request, in an operation that was begun. */
static NOINLINE int update_any(struct batch *b, u64 ptr, u64 e)
{
	bool keep = (ptr & CMD_MASK) == MMU_PT_UPDATE_PRESERVE_AD;
	mfn_t mfn = paddr_to_mfn(ptr);
	int level;

	if ((ptr & CMD_MASK) == MMU_MACHPHYS_UPDATE)
		return set_machphys(b->fd, mfn, PFN(e));
	if (ptr & (sizeof(e) - 1) & ~CMD_MASK)
		return -EINVAL;
	level = find_level(b->d, mfn);
	b->l1 = level == 1 ? ptr & PAGE_MASK : NO_TABLE;
	if (level < 0)
		return level;
	if (level == 1)
		return update_l1(b->d, b->fd, ptr, e);
	if (!level)
		return write_plain(b->d, ptr, e);
	return upper_entry_write(b->d, mfn_to_frame(mfn), (unsigned int)level, entry_at(ptr), e,
				 keep ? PT_KEEP_AD : PT_SET, 0);
}

/* Does up to n requests; *done says how many. */
static int update_chunk(struct batch *b, const struct mmu_update *r, unsigned int n,
			unsigned int *done)
{
	const struct mmu_update *at = r, *end = r + n;
	struct domain *d = b->d, *fd = b->fd;
	int rc;

	spin_lock(&d->mm_lock);
	b->l1 = NO_TABLE;
	rc = mmu_begin(d);
	for (; likely(!rc) && at < end; at += !rc) {
		/* The known L1, types 0 and 2, aligned. */
		if (likely((at->ptr & (PAGE_MASK | 5)) == b->l1))
			rc = update_l1(d, fd, at->ptr, at->val);
		else
			rc = update_any(b, at->ptr, at->val);
	}
	spin_unlock(&d->mm_lock);
	*done = (unsigned int)(at - r);
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
		if (guest_read(r, gaddr_add(requests, (u64)*done * sizeof(r[0])),
			       want * sizeof(r[0])))
			return -EFAULT;
		rc = update_chunk(b, r, want, &n);
		if (unlikely(rc && rc != -ERESTART)) {
			*done += n;
			return rc;
		}
	}
	return mmu_end(b->d);
}

static NOINLINE long update_batch(struct batch *b, gaddr_t requests, u32 count, gaddr_t done_out,
				  u64 domains)
{
	u32 before = 0, done;
	long rc;

	if (unlikely(count & BATCH_PREEMPTED)) {
		count &= ~BATCH_PREEMPTED;
		if (done_out.v && guest_read_u32(&before, done_out))
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

static NOINLINE long update_foreign(gaddr_t requests, u32 count, gaddr_t done_out, u64 domains)
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
		rc = update_batch(&b, requests, count, done_out, domains);
		foreign_put(b.fd);
	}
	foreign_put(b.d);
	return rc;
}

/* What is called most: one request, and nobody asks how many were done. */
static inline long update_single(gaddr_t request, u64 domains)
{
	struct domain *d = current->domain;
	struct batch b = { .d = d, .fd = d };
	u64 ptr, e;
	int rc;

	if (unlikely(!guest_range_ok(request, sizeof(ptr) + sizeof(e)) ||
		     guest_read_u64_in(&ptr, request) ||
		     guest_read_u64_in(&e, gaddr_add(request, sizeof(ptr)))))
		return -EFAULT;
	spin_lock(&d->mm_lock);
	if (likely(!(ptr & 5) && find_level(d, paddr_to_mfn(ptr)) == 1)) {
		rc = update_l1(d, d, ptr, e);
	} else {
		rc = mmu_begin(d);
		if (!rc)
			rc = update_any(&b, ptr, e);
	}
	spin_unlock(&d->mm_lock);
	if (unlikely(rc == -ERESTART))
		return update_batch(&b, request, 1, GADDR(0), domains);
	if (unlikely(!rc && d->arch.old_table))
		return update_batch(&b, request, 0, GADDR(0), domains);
	return rc;
}

long hc_mmu_update(gaddr_t requests, u32 count, gaddr_t done_out, u32 domains)
{
	struct batch b;

	if (unlikely(domains != DOMID_SELF))
		return update_foreign(requests, count, done_out, domains);
	if (likely(count == 1 && !done_out.v))
		return update_single(requests, domains);
	b.d = b.fd = current->domain;
	return update_batch(&b, requests, count, done_out, domains);
}
