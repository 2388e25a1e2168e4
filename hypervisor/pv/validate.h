/* SPDX-License-Identifier: MIT */
/*
 * Inside the MMU's files of room pv: what an entry refers to, taken and dropped; one entry changed.
 *
 * All of it is called under LOCK_MM of d, the domain that owns the table. fd is the domain whose
 * frames an L1 entry may name (d itself, but for a control domain's foreign mappings), or NULL:
 * only what is not RAM (DOMID_IO). Errors: 0, -EINVAL (refused), -EPERM (not his to map), -ERESTART
 * (the budget is spent: drop the lock, ask preempt_point(), come again), -EAGAIN (PT_EXACT: the
 * entry is not what was expected).
 */
#ifndef PV_VALIDATE_H
#define PV_VALIDATE_H

#include <core/domain.h>
#include <core/frametype.h>
#include <core/hypercall.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <pv/pte_policy.h>

/* What is used of the budget by a look at an entry, and by one that is present: its reference. */
#define BUDGET_ENTRY   10
#define BUDGET_PRESENT 60

enum pt_write {
	PT_SET,     /* stored */
	PT_KEEP_AD, /* stored, with the Accessed and Dirty bits that the entry has */
	PT_EXACT,   /* compared and exchanged */
};

/* An answer with an entry, in two registers. */
struct pt_answer {
	u64 e;
	s64 rc;
};

/* Takes what L1 entry e (present, adjusted) refers to; answers it with its cacheability settled
 * and, for read-only devices, without RW. old is the entry it replaces, or 0. */
struct pt_answer l1_entry_get(struct domain *d, struct domain *fd, u64 e, u64 old) MUST_CHECK;
/* Drops what an L1 entry refers to. Cannot be preempted. */
void l1_entry_put(struct domain *d, u64 e);
/* -EINVAL, and the end of the domain, for an entry that is not present and dangerous on this CPU.
 */
int absent_entry_check(struct domain *d, u64 e) MUST_CHECK;
/* Changes an entry of a valid table of level 2..4. What it replaces may stay in d->arch.old_table.
 */
int upper_entry_write(struct domain *d, struct frame *table, unsigned int level, u64 *slot, u64 e,
		      enum pt_write how, u64 expected) MUST_CHECK;

/* Drops a general and a type reference to a table of d; what cannot be done at once goes to
 * d->arch.old_table, which must be empty. */
void mmu_put_table(struct domain *d, struct frame *f);
/* Every operation that may touch more than L1 entries begins here: finishes an earlier drop.
 * -EINVAL: the domain is dying. */
int mmu_begin_slow(struct domain *d) MUST_CHECK;
static inline int mmu_begin(struct domain *d)
{
	return likely(!d->arch.old_table && d->state == DOMAIN_ALIVE) ? 0 : mmu_begin_slow(d);
}

/* Teardown's look at the first frame of the reservation: ends a half-made type, drops a pin, and
 * the frame leaves. Takes the lock itself. -ERESTART. */
int mmu_end_frame(struct domain *d) MUST_CHECK;

/* The domain of a foreign id: current's for DOMID_SELF, NULL for DOMID_IO, else one that current
 * may act on. -ESRCH, -EPERM. */
int foreign_get(domid_t id, struct domain **out) MUST_CHECK;
void foreign_put(struct domain *d);
/* The end of a batch, without lock: 0, or -ERESTART. */
static inline int mmu_end(struct domain *d)
{
	return likely(!d->arch.old_table) ? 0 : mmu_finish_old(d);
}
/* The entry of level 1 for va under a root, and its table; NULL if a level is missing. The table
 * need not be an L1: under a self map it is not. */
u64 *l1_slot(paddr_t root, u64 va, struct frame **table);
/* A bitmap of current's vCPUs in guest memory: does it name any? -EINVAL: not readable. */
int vcpu_mask_any(gaddr_t mask) MUST_CHECK;

static inline unsigned int table_level(const struct frame *f) /* 0: no valid page table */
{
	u64 t = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);
	unsigned int level = FT_TYPE(t) - FT_L1 + 1;

	return FT_STATE(t) == FS_VALID && level - 1 < 4 ? level : 0;
}

/* Stores e where old was; the CPU may be setting A and D meanwhile. False: not as expected. */
static inline bool entry_store(u64 *slot, u64 old, u64 e, enum pt_write how)
{
	u64 was = old;

	if (how == PT_SET) {
		__atomic_store_n(slot, e, __ATOMIC_RELEASE);
		return true;
	}
	if (how == PT_EXACT)
		return __atomic_compare_exchange_n(slot, &was, e, false, __ATOMIC_SEQ_CST,
						   __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(slot, &was, e | (was & (PTE_A | PTE_D)), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	return true;
}

/* Changes an entry of a valid L1 table of d. Inline: this is the hottest path of the MMU. */
static inline __attribute__((always_inline)) int l1_entry_write(struct domain *d, struct domain *fd,
								u64 *slot, u64 e, enum pt_write how,
								u64 expected)
{
	u64 old = how == PT_EXACT ? expected : __atomic_load_n(slot, __ATOMIC_RELAXED);

	if (likely(e & PTE_P)) {
		struct pt_answer a;

		e = pte_adjust(e);
		if (old == e && how != PT_EXACT)
			return 0;
		if (pte_same_use(old, e))
			return entry_store(slot, old, e, how) ? 0 : -EAGAIN;
		a = l1_entry_get(d, fd, e, old);
		if (unlikely(a.rc))
			return (int)a.rc;
		e = a.e;
	} else if (unlikely(cpu_has_l1tf)) {
		int rc = absent_entry_check(d, e);

		if (rc)
			return rc;
	}
	if (!entry_store(slot, old, e, how)) {
		l1_entry_put(d, e);
		return -EAGAIN;
	}
	if (old & PTE_P)
		l1_entry_put(d, old);
	return 0;
}

#endif /* PV_VALIDATE_H */
