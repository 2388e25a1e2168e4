/* SPDX-License-Identifier: MIT */
/*
 * mmuext_op: a batch of operations on whole tables, roots, translations and caches.
 *
 * A control domain may pin and unpin, clear and copy for another (a builder does); the rest is
 * about the caller's own CPU and is refused for another. Each operation is copied in when its turn
 * comes.
 */
#include <core/arch.h>
#include <core/hypercall.h>
#include <x86/context.h>
#include <pv/mmu_batch.h>
#include <pv/pagetable.h>
#include <pv/validate.h>
#include <x86/tlb.h>

static int new_base(u64 mfn)
{
	struct vcpu *v = current;

	if (mfn_to_paddr(MFN(mfn)) == v->arch.kernel_l4 && mmu_root_own(v->arch.kernel_l4)) {
		context_load_l4(v); /* whoever loads a root expects a flush */
		return 0;
	}
	return mmu_set_kernel_root(v, MFN(mfn));
}

static int new_user_base(u64 mfn)
{
	struct vcpu *v = current;

	return mfn ? mmu_set_user_root(v, MFN(mfn)) : mmu_clear_user_root(v);
}

static int flush_page_local(u64 va)
{
	if (guest_range_ok(GADDR(va), 1))
		tlb_flush_page_local(va);
	return 0;
}

static int flush_page_all(u64 va)
{
	if (guest_range_ok(GADDR(va), 1))
		tlb_flush_page_domain(current->domain, va);
	return 0;
}

static int flush_multi(const struct mmuext_op *op)
{
	int rc = vcpu_mask_any(handle_gaddr(op->arg2.vcpumask));

	if (rc <= 0)
		return rc;
	if (op->cmd == MMUEXT_INVLPG_MULTI)
		return flush_page_all(op->arg1.linear_addr);
	tlb_flush_domain(current->domain);
	return 0;
}

/* For domains with devices that do not snoop. */
static int flush_cache(void)
{
	if (!current->domain->hardware)
		return -EACCES;
	cache_flush_all();
	return 0;
}

static int set_ldt(const struct mmuext_op *op)
{
	struct vcpu *v = current;
	int rc = segment_set_ldt(v, op->arg1.linear_addr, op->arg2.nr_ents);

	if (!rc)
		context_load_ldt(v);
	return rc;
}

/* Fills a frame of fd with zeroes or with what another of its frames holds. */
static int fill_page(struct domain *fd, const struct mmuext_op *op)
{
	mfn_t dst = MFN(op->arg1.mfn), src = MFN(op->arg2.src_mfn);
	bool copy = op->cmd == MMUEXT_COPY_PAGE;
	int rc = copy ? frame_get(src, fd) : 0;

	if (rc)
		return rc;
	rc = frame_get_type(fd, dst, FT_WRITABLE);
	if (!rc) {
		if (copy)
			page_copy(mfn_va(dst), mfn_va(src));
		else
			page_clear(mfn_va(dst));
		rc = frame_put_type(fd, mfn_to_frame(dst));
	}
	if (copy)
		frame_put(mfn_to_frame(src));
	return rc;
}

/* What may be done for another domain. */
static int foreign_op(struct domain *fd, const struct mmuext_op *op)
{
	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return mmu_pin(fd, MFN(op->arg1.mfn), op->cmd - MMUEXT_PIN_L1_TABLE + 1);
	case MMUEXT_UNPIN_TABLE: return mmu_unpin(fd, MFN(op->arg1.mfn));
	case MMUEXT_CLEAR_PAGE:
	case MMUEXT_COPY_PAGE: return fill_page(fd, op);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER: return -EOPNOTSUPP;
	default: return -ENOSYS;
	}
}

static int one_op(struct domain *fd, const struct mmuext_op *op)
{
	bool self = fd == current->domain;

	switch (op->cmd) {
	case MMUEXT_NEW_BASEPTR: return self ? new_base(op->arg1.mfn) : -EPERM;
	case MMUEXT_NEW_USER_BASEPTR: return self ? new_user_base(op->arg1.mfn) : -EPERM;
	case MMUEXT_TLB_FLUSH_LOCAL:
		if (self)
			tlb_flush_local();
		return self ? 0 : -EPERM;
	case MMUEXT_INVLPG_LOCAL: return self ? flush_page_local(op->arg1.linear_addr) : -EPERM;
	case MMUEXT_TLB_FLUSH_MULTI:
	case MMUEXT_INVLPG_MULTI: return self ? flush_multi(op) : -EPERM;
	case MMUEXT_TLB_FLUSH_ALL:
		if (self)
			tlb_flush_domain(fd);
		return self ? 0 : -EPERM;
	case MMUEXT_INVLPG_ALL: return self ? flush_page_all(op->arg1.linear_addr) : -EPERM;
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL: return self ? flush_cache() : -EPERM;
	case MMUEXT_SET_LDT: return self ? set_ldt(op) : -EPERM;
	default: return foreign_op(fd, op);
	}
}

static inline __attribute__((always_inline)) int read_op(struct mmuext_op *op, gaddr_t from)
{
	u64 w[3];

	_Static_assert(sizeof(*op) == sizeof(w), "an operation is three words");
	if (unlikely(!guest_small_ok(from, sizeof(w)) || guest_read_words_in(w, from, 3)))
		return -EFAULT;
	op->cmd = (unsigned int)w[0];
	op->arg1.mfn = w[1];
	op->arg2.src_mfn = w[2];
	return 0;
}

static int all_ops(struct mmu_batch *b)
{
	int rc = 0;

	while (b->done < b->count) {
		struct mmuext_op op;

		if (unlikely(rc || budget_spent()) && preempt_point())
			return -ERESTART;
		budget_use(BUDGET_CALL);
		if (unlikely(read_op(&op, gaddr_add(b->list, (u64)b->done * sizeof(op)))))
			return -EFAULT;
		rc = one_op(b->d, &op);
		if (!rc)
			b->done++;
		else if (rc != -ERESTART)
			return rc;
	}
	return mmu_end(b->d);
}

static __attribute__((noinline)) long op_batch(gaddr_t ops, u32 count, gaddr_t done_out, u64 domid)
{
	struct mmu_batch b = {
		.list = ops,
		.count = count,
		.done_out = done_out,
		.domains = domid,
		.size = sizeof(struct mmuext_op),
		.run = all_ops,
	};

	return mmu_batch(&b, (domid_t)domid, (domid_t)domid);
}

/* One operation on the caller itself, and nobody asks how many were done. */
static inline long single_op(gaddr_t from, u64 domid)
{
	struct domain *d = current->domain;
	struct mmuext_op op;
	int rc;

	if (unlikely(read_op(&op, from)))
		return -EFAULT;
	rc = one_op(d, &op);
	if (unlikely(rc == -ERESTART))
		return op_batch(from, 1, GADDR(0), domid);
	if (unlikely(d->arch.old_table && !rc))
		return op_batch(from, 0, GADDR(0), domid);
	return rc;
}

long hc_mmuext_op(gaddr_t ops, u32 count, gaddr_t done_out, u32 domid)
{
	if (likely(domid == DOMID_SELF && count == 1 && !done_out.v))
		return single_op(ops, domid);
	return op_batch(ops, count, done_out, domid);
}
