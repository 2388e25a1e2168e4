/* SPDX-License-Identifier: MIT */
/*
 * Entries that map granted frames. They are put and taken outside the policy for guest entries,
 * since the grant is the right to them; the references they stand for are counted as for any other
 * (grant.h). Only L1 entries of the domain's own tables, eight bytes aligned (XSA-227), and an
 * unmap wants to find just what the map made (XSA-234).
 */
#include <core/arch.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

static u64 grant_entry(u32 flags, mfn_t mfn)
{
	u64 e = mfn_to_paddr(mfn) | PTE_P | PTE_U | PTE_A | PTE_D;

	if (!(flags & GNTMAP_readonly))
		e |= PTE_RW;
	e |= (u64)(flags >> _GNTMAP_guest_avail0) << 9 & PTE_AVL;
	return pte_with_cache(e, mfn_to_frame(mfn)->cache);
}

static u64 *slot_by_address(const struct domain *d, paddr_t addr)
{
	mfn_t mfn = paddr_to_mfn(addr);
	const struct frame *f;

	if (addr & (sizeof(u64) - 1) || !mfn_valid(mfn))
		return NULL;
	f = mfn_to_frame(mfn);
	if (FRAME_OWNER(f->refs) != d->id || !frame_is_valid(f, FT_L1))
		return NULL;
	nospec_fence();
	return (u64 *)((char *)mfn_va(mfn) + (addr & ~PAGE_MASK));
}

static inline __attribute__((always_inline)) u64 *slot_by_va(u64 va)
{
	struct frame *table;
	u64 *slot;

	if (!guest_range_ok(GADDR(va), 1))
		return NULL;
	nospec_fence();
	slot = l1_slot(current->arch.kernel_l4, va, &table);
	return slot && frame_is_valid(table, FT_L1) ? slot : NULL;
}

static inline __attribute__((always_inline)) u64 *find_slot(const struct domain *d, u64 host_addr,
							    u32 flags)
{
	if (flags & GNTMAP_contains_pte)
		return slot_by_address(d, host_addr);
	return d == current->domain ? slot_by_va(host_addr) : NULL;
}

int arch_grant_map(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn)
{
	int rc = GNTST_general_error;
	u64 *slot, old;

	spin_lock(&d->mm_lock);
	slot = find_slot(d, host_addr, flags);
	if (slot) {
		old = __atomic_load_n(slot, __ATOMIC_RELAXED);
		entry_store(slot, old, grant_entry(flags, mfn), PT_SET);
		if (old & PTE_P)
			l1_entry_put(d, old);
		rc = GNTST_okay;
	}
	spin_unlock(&d->mm_lock);
	return rc;
}

static bool is_grant_entry(u64 e, u32 flags, mfn_t mfn)
{
	return e & PTE_P && mfn_eq(pte_mfn(e), mfn) && !(e & PTE_RW) == !!(flags & GNTMAP_readonly);
}

/* What stands at new_addr moves to slot. */
static int replace(u64 *slot, u32 flags, u64 new_addr)
{
	u64 *from, e;

	if (flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	from = slot_by_va(new_addr);
	if (!from || from == slot)
		return GNTST_general_error;
	e = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(slot, e, __ATOMIC_RELEASE);
	return GNTST_okay;
}

int arch_grant_unmap(struct domain *d, u64 host_addr, u32 flags, mfn_t mfn, u64 new_addr)
{
	int rc = GNTST_general_error;
	u64 *slot;

	spin_lock(&d->mm_lock);
	slot = find_slot(d, host_addr, flags);
	if (slot && is_grant_entry(__atomic_load_n(slot, __ATOMIC_RELAXED), flags, mfn)) {
		rc = GNTST_okay;
		if (new_addr)
			rc = replace(slot, flags, new_addr);
		else
			__atomic_store_n(slot, 0, __ATOMIC_RELEASE);
	}
	spin_unlock(&d->mm_lock);
	return rc;
}
