/* SPDX-License-Identifier: MIT */
/*
 * The roots of a vCPU's page tables, and tables that are dropped in parts.
 *
 * A root is never 0: a vCPU without one of its own has the hypervisor's, whose guest half is empty,
 * so that loading it can only fault in the guest. install() is the one place where a root changes.
 */
#include <core/arch.h>
#include <x86/context.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

/* Goes on with a drop that was preempted; with d's lock. */
static int drop_old(struct domain *d)
{
	int rc;

	if (likely(!d->arch.old_table))
		return 0;
	rc = frame_put_type(d, d->arch.old_table);
	if (!rc)
		d->arch.old_table = NULL;
	return rc;
}

int mmu_begin_slow(struct domain *d)
{
	/* Whoever ends a domain looks at each frame once: nothing may be typed or pinned behind it.
	 */
	if (unlikely(d->state != DOMAIN_ALIVE))
		return -EINVAL;
	return drop_old(d);
}

void mmu_put_table(struct domain *d, struct frame *f)
{
	if (frame_put_type(d, f))
		d->arch.old_table = f;
}

int mmu_finish_old(struct domain *d)
{
	int rc;

	do {
		spin_lock(&d->mm_lock);
		rc = drop_old(d);
		spin_unlock(&d->mm_lock);
	} while (rc && !preempt_point());
	return rc;
}

void mmu_init_roots(struct vcpu *v)
{
	v->arch.kernel_l4 = v->arch.user_l4 = hv_l4_empty;
}

/* next is the hypervisor's root, or a table for which the reference was taken. With d's lock, no
 * drop pending. */
static void install(struct vcpu *v, paddr_t *root, paddr_t next)
{
	paddr_t old = *root;

	*root = next;
	if (v == current && root == &v->arch.kernel_l4)
		context_load_l4(v);
	if (old != hv_l4_empty)
		mmu_put_table(v->domain, mfn_to_frame(paddr_to_mfn(old)));
}

static int set_root(struct vcpu *v, paddr_t *root, mfn_t mfn)
{
	struct domain *d = v->domain;
	int rc = mmu_begin(d);

	if (rc || (*root == mfn_to_paddr(mfn) && *root != hv_l4_empty))
		return rc;
	rc = frame_get_type(d, mfn, FT_L4);
	if (!rc)
		install(v, root, mfn_to_paddr(mfn));
	return rc;
}

int mmu_set_kernel_root(struct vcpu *v, mfn_t mfn)
{
	int rc;

	spin_lock(&v->domain->mm_lock);
	rc = set_root(v, &v->arch.kernel_l4, mfn);
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

int mmu_set_user_root(struct vcpu *v, mfn_t mfn)
{
	int rc;

	spin_lock(&v->domain->mm_lock);
	rc = set_root(v, &v->arch.user_l4, mfn);
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

int mmu_clear_user_root(struct vcpu *v)
{
	int rc;

	spin_lock(&v->domain->mm_lock);
	rc = mmu_begin(v->domain);
	if (!rc)
		install(v, &v->arch.user_l4, hv_l4_empty);
	spin_unlock(&v->domain->mm_lock);
	return rc;
}

static int drop_root(struct vcpu *v, paddr_t *root)
{
	int rc = drop_old(v->domain);

	if (!rc) {
		install(v, root, hv_l4_empty);
		rc = v->domain->arch.old_table ? -ERESTART : 0;
	}
	return rc;
}

int mmu_drop_roots(struct vcpu *v)
{
	struct domain *d = v->domain;
	int rc;

	spin_lock(&d->mm_lock);
	rc = drop_root(v, &v->arch.kernel_l4);
	if (!rc)
		rc = drop_root(v, &v->arch.user_l4);
	spin_unlock(&d->mm_lock);
	return rc;
}

int mmu_pin(struct domain *d, mfn_t mfn, unsigned int level)
{
	struct frame *f;
	int rc;

	spin_lock(&d->mm_lock);
	rc = mmu_begin(d);
	if (!rc)
		rc = frame_get_type(d, mfn, FT_L1 + level - 1);
	if (!rc) {
		f = mfn_to_frame(mfn);
		if (!(f->refs & FRAME_ALLOCATED) ||
		    __atomic_fetch_or(&f->type, FT_PINNED, __ATOMIC_SEQ_CST) & FT_PINNED) {
			mmu_put_table(d, f);
			rc = -EINVAL;
		}
	}
	spin_unlock(&d->mm_lock);
	return rc;
}

/* With d's lock and no drop pending. */
static void unpin(struct domain *d, struct frame *f)
{
	if (__atomic_fetch_and(&f->type, ~FT_PINNED, __ATOMIC_SEQ_CST) & FT_PINNED)
		mmu_put_table(d, f);
}

int mmu_unpin(struct domain *d, mfn_t mfn)
{
	int rc;

	spin_lock(&d->mm_lock);
	rc = mmu_begin(d);
	if (!rc)
		rc = frame_get(mfn, d);
	if (!rc) {
		struct frame *f = mfn_to_frame(mfn);

		if (f->type & FT_PINNED)
			unpin(d, f);
		else
			rc = -EINVAL;
		frame_put(f);
	}
	spin_unlock(&d->mm_lock);
	return rc;
}

int arch_frame_release(struct domain *d, mfn_t mfn)
{
	struct frame *f;
	u64 type;
	int rc = frame_get(mfn, d);

	if (rc)
		return rc;
	f = mfn_to_frame(mfn);
	spin_lock(&d->mm_lock);
	type = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);
	if (type & FT_PINNED || FT_STATE(type) == FS_PARTIAL || FT_STATE(type) == FS_REFUSED)
		rc = -EBUSY;
	else
		rc = domain_frame_release(d, f);
	spin_unlock(&d->mm_lock);
	frame_put(f);
	return rc;
}

/* It is there until it is released here: of a dying domain nobody else takes frames without this
 * lock. No reference is needed, for which there may be no room in its count. */
int mmu_end_frame(struct domain *d)
{
	struct frame *f;
	int rc;

	spin_lock(&d->mm_lock);
	f = mfn_to_frame(MFN(d->page_list));
	rc = drop_old(d);
	if (!rc)
		rc = frametype_abandon(d, f);
	if (!rc) {
		unpin(d, f);
		rc = d->arch.old_table ? -ERESTART : domain_frame_release(d, f);
	}
	spin_unlock(&d->mm_lock);
	return rc;
}
