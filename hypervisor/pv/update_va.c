/* SPDX-License-Identifier: MIT */
/* update_va_mapping: one L1 entry, named by the address that it maps in the caller's kernel tables.
 */
#include <core/arch.h>
#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>
#include <x86/tlb.h>

#define FLUSH_TYPE UVMF_FLUSHTYPE_MASK

static inline u64 *step(u64 e, u64 va, unsigned int level)
{
	u64 *table = mfn_va(pte_mfn(e));

	return &table[pt_index(va, level)];
}

u64 *l1_slot(paddr_t root, u64 va, struct frame **table)
{
	u64 e;

	e = __atomic_load_n(step(root, va, 4), __ATOMIC_RELAXED);
	if (unlikely(!(e & PTE_P)))
		return NULL;
	e = __atomic_load_n(step(e, va, 3), __ATOMIC_RELAXED);
	if (unlikely(!(e & PTE_P)))
		return NULL;
	e = __atomic_load_n(step(e, va, 2), __ATOMIC_RELAXED);
	if (unlikely(!(e & PTE_P)))
		return NULL;
	*table = mfn_to_frame(pte_mfn(e));
	return step(e, va, 1);
}

u64 mmu_walk(paddr_t root, u64 va)
{
	struct frame *table;
	u64 *slot = l1_slot(root, va, &table);

	return slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;
}

/* On a host with one CPU all vCPUs of a domain share its translations, so whoever is named, they
 * go. */
int vcpu_mask_any(gaddr_t mask)
{
	unsigned int n = current->domain->max_vcpus;
	u64 any = 0;

	for (unsigned int i = 0; i < n; i += 64) {
		u64 word = 0;

		if (guest_read(&word, gaddr_add(mask, i / 8), MIN(8U, (n - i + 7) / 8)))
			return -EINVAL;
		any |= word;
	}
	return !!any;
}

static int flush_others(u64 va, u64 flags)
{
	struct domain *d = current->domain;
	u64 whom = flags & ~FLUSH_TYPE;
	int rc = whom == UVMF_ALL ? 1 : vcpu_mask_any(GADDR(whom));

	if (rc <= 0)
		return rc;
	if ((flags & FLUSH_TYPE) == UVMF_TLB_FLUSH)
		tlb_flush_domain(d);
	else
		tlb_flush_page_domain(d, va);
	return 0;
}

static inline int flush(u64 va, u64 flags)
{
	if (flags == (UVMF_INVLPG | UVMF_LOCAL)) {
		tlb_flush_page_local(va);
		return 0;
	}
	if (!(flags & FLUSH_TYPE))
		return 0;
	if ((flags & FLUSH_TYPE) == FLUSH_TYPE)
		return -EINVAL;
	if (flags & ~FLUSH_TYPE)
		return flush_others(va, flags);
	tlb_flush_local();
	return 0;
}

/* Flushes only what was really changed, and so an address that was checked (XSA-279). */
static inline long update_va(u64 va, u64 val, u64 flags, struct domain *fd)
{
	struct vcpu *v = current;
	struct domain *d = v->domain;
	struct frame *table;
	u64 *slot;
	int rc = -EINVAL;

	if (unlikely(!guest_range_ok(GADDR(va), 1)))
		return -EINVAL;
	spin_lock(&d->mm_lock);
	slot = l1_slot(v->arch.kernel_l4, va, &table);
	if (likely(slot && frame_is_valid(table, FT_L1)))
		rc = l1_entry_write(d, fd, slot, val, PT_SET, 0);
	spin_unlock(&d->mm_lock);
	return likely(!rc) ? flush(va, flags) : rc;
}

long hc_update_va_mapping(u64 va, u64 val, u64 flags)
{
	return update_va(va, val, flags, current->domain);
}

long hc_update_va_mapping_otherdomain(u64 va, u64 val, u64 flags, u32 domid)
{
	struct domain *fd;
	long rc = foreign_get((domid_t)domid, &fd);

	if (rc)
		return rc;
	rc = update_va(va, val, flags, fd);
	foreign_put(fd);
	return rc;
}
