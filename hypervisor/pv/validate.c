/* SPDX-License-Identifier: MIT */
/*
 * Page tables as types: what makes a frame a page table, and what happens when it is none any more.
 *
 * A table of level n is valid when each present entry holds a reference to what it points at: a
 * type reference to a table of level n-1, or, in an L1, a general one to a frame, with FT_WRITABLE
 * if the entry has RW. frame.partial counts the entries that hold theirs, from 0 up: so validation
 * may stop after any entry and go on in either direction. It stops when the budget is spent, of
 * which empty entries take their part too; an L1 is the smallest step. Only an L4 may point at
 * itself, read-only, and that entry holds nothing: everything seen through it is read-only too, and
 * no chain of tables of one level can arise (XSA-185, 240).
 */
#include <core/arch.h>
#include <pv/pagetable.h>
#include <pv/validate.h>
#include <x86/xpti.h>

static bool is_hv_slot(unsigned int level, unsigned int i)
{
	return level == 4 && i - HV_L4_SLOT_FIRST < HV_L4_SLOTS;
}

static int upper_entry_get(struct domain *d, const struct frame *table, unsigned int level, u64 e)
{
	if (!pte_acceptable(e, level))
		return -EINVAL;
	if (level == 4 && mfn_eq(pte_mfn(e), frame_to_mfn(table)))
		return e & PTE_RW ? -EINVAL : 0;
	return frame_get_type(d, pte_mfn(e), FT_L1 + level - 2);
}

/* The table below that a present entry holds, or NULL: it points at its own table. */
static struct frame *table_below(const struct frame *table, u64 e)
{
	return mfn_eq(pte_mfn(e), frame_to_mfn(table)) ? NULL : mfn_to_frame(pte_mfn(e));
}

static int validate_upper_entry(struct domain *d, struct frame *f, unsigned int level, u64 *slot)
{
	u64 e = *slot, want = pte_adjust(e);
	int rc;

	if (!(e & PTE_P))
		return cpu_has_l1tf ? absent_entry_check(d, e) : 0;
	if (budget_spent())
		return -ERESTART;
	budget_use(BUDGET_PRESENT);
	rc = upper_entry_get(d, f, level, want);
	if (!rc && want != e)
		*slot = want;
	return rc;
}

static int validate_upper(struct domain *d, struct frame *f, unsigned int level)
{
	u64 *table = mfn_va(frame_to_mfn(f));

	if (budget_spent())
		return -ERESTART;
	if (unlikely(xpti_on) && level == 4)
		xpti_l4_made(mfn_to_paddr(frame_to_mfn(f)));
	budget_use((PT_ENTRIES - f->partial) * BUDGET_ENTRY);
	for (; f->partial < PT_ENTRIES; f->partial++) {
		int rc;

		if (is_hv_slot(level, f->partial)) {
			table[f->partial] = hv_l4_entries[f->partial - HV_L4_SLOT_FIRST];
			continue;
		}
		rc = validate_upper_entry(d, f, level, &table[f->partial]);
		if (rc)
			return rc;
	}
	return 0;
}

static int invalidate_upper(struct domain *d, struct frame *f, unsigned int level)
{
	u64 *table = mfn_va(frame_to_mfn(f));

	if (budget_spent())
		return -ERESTART;
	budget_use(f->partial * BUDGET_ENTRY);
	for (; f->partial; f->partial--) {
		unsigned int i = f->partial - 1;
		struct frame *below;
		int rc;

		if (is_hv_slot(level, i)) {
			table[i] = 0;
			continue;
		}
		below = table[i] & PTE_P ? table_below(f, table[i]) : NULL;
		if (!below)
			continue;
		if (budget_spent())
			return -ERESTART;
		budget_use(BUDGET_PRESENT);
		rc = frame_put_type(d, below);
		if (rc)
			return rc;
	}
	return 0;
}

static int validate_l1(struct domain *d, struct frame *f)
{
	u64 *table = mfn_va(frame_to_mfn(f));

	if (budget_spent())
		return -ERESTART;
	budget_use(PT_ENTRIES * (BUDGET_ENTRY + BUDGET_PRESENT));
	for (; f->partial < PT_ENTRIES; f->partial++) {
		u64 *slot = &table[f->partial], e = *slot;
		struct pt_answer a = { .e = e };

		if (e & PTE_P)
			a = l1_entry_get(d, d, pte_adjust(e), 0);
		else if (unlikely(cpu_has_l1tf))
			a.rc = absent_entry_check(d, e);
		if (a.rc)
			return -EINVAL;
		if (a.e != e)
			*slot = a.e;
	}
	return 0;
}

static int invalidate_l1(struct domain *d, struct frame *f)
{
	const u64 *table = mfn_va(frame_to_mfn(f));

	if (budget_spent())
		return -ERESTART;
	budget_use(PT_ENTRIES * (BUDGET_ENTRY + BUDGET_PRESENT));
	for (; f->partial; f->partial--)
		if (table[f->partial - 1] & PTE_P)
			l1_entry_put(d, table[f->partial - 1]);
	return 0;
}

static int pv_validate(struct domain *d, struct frame *f, enum frame_type type)
{
	if (type == FT_L1)
		return validate_l1(d, f);
	if (type > FT_L1 && type <= FT_L4)
		return validate_upper(d, f, type - FT_L1 + 1);
	return type == FT_DESCRIPTOR ? segment_validate_page(d, f) : -EINVAL;
}

static int pv_invalidate(struct domain *d, struct frame *f, enum frame_type type)
{
	if (type == FT_L1)
		return invalidate_l1(d, f);
	if (type > FT_L1 && type <= FT_L4)
		return invalidate_upper(d, f, type - FT_L1 + 1);
	return 0;
}

/* Translations of the old use can only be left on a CPU that has not flushed since the use ended.
 * Foreign mappings make it any CPU, whichever domain it runs; this host runs on one. */
static void pv_flush(struct domain *d, struct frame *f)
{
	(void)d;
	if (f->stamp == (u32)tlb_clock())
		tlb_flush_local();
}

const struct frametype_ops pv_frametype_ops = {
	.validate = pv_validate,
	.invalidate = pv_invalidate,
	.flush = pv_flush,
};

/* As entry_store; a CPU may run on a copy of an L4. */
static bool upper_store(u64 *slot, unsigned int level, u64 old, u64 e, enum pt_write how)
{
	bool done = entry_store(slot, old, e, how);

	if (unlikely(xpti_on) && level == 4)
		xpti_l4_written(slot);
	return done;
}

int upper_entry_write(struct domain *d, struct frame *table, unsigned int level, u64 *slot, u64 e,
		      enum pt_write how, u64 expected)
{
	u64 old = how == PT_EXACT ? expected : __atomic_load_n(slot, __ATOMIC_RELAXED);
	struct frame *below = NULL;
	int rc = 0;

	if (is_hv_slot(level, ((u64)slot & ~PAGE_MASK) / sizeof(*slot)))
		return -EINVAL;
	if (d->arch.old_table)
		return -ERESTART;
	if (e & PTE_P) {
		e = pte_adjust(e);
		if (pte_same_use(old, e))
			return upper_store(slot, level, old, e, how) ? 0 : -EAGAIN;
		rc = upper_entry_get(d, table, level, e);
		below = table_below(table, e);
	} else if (cpu_has_l1tf) {
		rc = absent_entry_check(d, e);
	}
	if (rc)
		return rc;
	if (!upper_store(slot, level, old, e, how))
		rc = -EAGAIN;
	else
		below = old & PTE_P ? table_below(table, old) : NULL;
	if (below)
		mmu_put_table(d, below);
	return rc;
}
