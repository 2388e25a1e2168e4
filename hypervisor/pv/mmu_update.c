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
#include <pv/mmu_batch.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#define CHUNK    24
#define CMD_MASK 3UL
/* What a request uses of the budget, beside the tables that it makes or unmakes. */
#define BUDGET_REQUEST 200

/* Not the address of a table. */
#define NO_TABLE ~0UL
#define NOINLINE __attribute__((noinline))

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

/* Behind a fence: what the CPU only guesses to be a table of the domain's is not read. */
static inline u64 *entry_at(u64 ptr)
{
	u64 *slot;

	__asm__ volatile(NOSPEC_FENCED("lea (%1, %2, 8), %0")
			 : "=r"(slot)
			 : "r"(mfn_va(MFN(0))), "r"(ptr / sizeof(*slot)));
	return slot;
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

/* Any request, in an operation that was begun. *l1: the address of its table if that is an L1, else
 * NO_TABLE. */
static NOINLINE int update_any(struct domain *d, struct domain *fd, u64 ptr, u64 e, u64 *l1)
{
	bool keep = (ptr & CMD_MASK) == MMU_PT_UPDATE_PRESERVE_AD;
	mfn_t mfn = paddr_to_mfn(ptr);
	int level;

	*l1 = NO_TABLE;
	if ((ptr & CMD_MASK) == MMU_MACHPHYS_UPDATE)
		return set_machphys(fd, mfn, PFN(e));
	if (ptr & (sizeof(e) - 1) & ~CMD_MASK)
		return -EINVAL;
	level = find_level(d, mfn);
	if (level < 0)
		return level;
	if (level == 1) {
		*l1 = ptr & PAGE_MASK;
		return update_l1(d, fd, ptr, e);
	}
	if (!level)
		return write_plain(d, ptr, e);
	return upper_entry_write(d, mfn_to_frame(mfn), (unsigned int)level, entry_at(ptr), e,
				 keep ? PT_KEEP_AD : PT_SET, 0);
}

/* Does n requests at the most; *done says how many. l1: the L1 of the one before. */
static int update_chunk(struct mmu_batch *b, const struct mmu_update *r, unsigned int n,
			unsigned int *done)
{
	const struct mmu_update *at = r, *end = r + n;
	struct domain *d = b->d, *fd = b->fd;
	u64 l1 = NO_TABLE;
	int rc;

	spin_lock(&d->mm_lock);
	rc = mmu_begin(d);
	for (; likely(!rc) && at < end; at += !rc) {
		/* The known L1, types 0 and 2, aligned. */
		if (likely((at->ptr & (PAGE_MASK | 5)) == l1)) {
			rc = update_l1(d, fd, at->ptr, at->val);
			continue;
		}
		rc = update_any(d, fd, at->ptr, at->val, &l1);
		/* A table that is still being dropped is nothing else yet: the rest comes after. */
		if (unlikely(!rc && d->arch.old_table)) {
			rc = -ERESTART;
			at++;
		}
	}
	spin_unlock(&d->mm_lock);
	*done = (unsigned int)(at - r);
	return rc;
}

/* -ERESTART: stop here, and come again for the rest. */
static int update_all(struct mmu_batch *b)
{
	struct mmu_update r[CHUNK];
	unsigned int n = 0;
	int rc = 0;

	for (; b->done < b->count; b->done += n) {
		unsigned int want = MIN(b->count - b->done, CHUNK);

		if (unlikely(rc || budget_spent()) && preempt_point())
			return -ERESTART;
		budget_use(want * BUDGET_REQUEST);
		if (guest_read(r, gaddr_add(b->list, (u64)b->done * sizeof(r[0])),
			       want * sizeof(r[0])))
			return -EFAULT;
		rc = update_chunk(b, r, want, &n);
		if (unlikely(rc && rc != -ERESTART)) {
			b->done += n;
			return rc;
		}
	}
	return mmu_end(b->d);
}

/* The upper half of domains names, plus one, whose tables; 0: the caller's. */
static NOINLINE long update_batch(gaddr_t requests, u32 count, gaddr_t done_out, u64 domains)
{
	struct mmu_batch b = {
		.list = requests,
		.count = count,
		.done_out = done_out,
		.domains = domains,
		.size = sizeof(struct mmu_update),
		.run = update_all,
	};
	u32 table_owner = (u32)domains >> 16;

	return mmu_batch(&b, table_owner ? (domid_t)(table_owner - 1) : DOMID_SELF,
			 (domid_t)domains);
}

/* What is called most: one request, and nobody asks how many were done. */
static inline long update_single(gaddr_t request, u64 domains)
{
	struct domain *d = current->domain;
	u64 r[2], ptr, e, l1;
	int rc;

	if (unlikely(!guest_small_ok(request, sizeof(r)) || guest_read_words_in(r, request, 2)))
		return -EFAULT;
	ptr = r[0];
	e = r[1];
	spin_lock(&d->mm_lock);
	if (likely(!(ptr & 5) && find_level(d, paddr_to_mfn(ptr)) == 1)) {
		rc = update_l1(d, d, ptr, e);
	} else {
		rc = mmu_begin(d);
		if (!rc)
			rc = update_any(d, d, ptr, e, &l1);
	}
	spin_unlock(&d->mm_lock);
	if (unlikely(rc == -ERESTART))
		return update_batch(request, 1, GADDR(0), domains);
	if (unlikely(!rc && d->arch.old_table))
		return update_batch(request, 0, GADDR(0), domains);
	return rc;
}

long hc_mmu_update(gaddr_t requests, u32 count, gaddr_t done_out, u32 domains)
{
	if (likely(domains == DOMID_SELF && count == 1 && !done_out.v))
		return update_single(requests, domains);
	return update_batch(requests, count, done_out, domains);
}
