/* SPDX-License-Identifier: MIT */
#include <x86/pte.h>
#include <pv/validate.h>

#include "audit.h"

struct audit_tally *audit_tally;

#define HOLDS(cond) ((cond) ? (void)0 : audit_failed("%s", #cond))

void audit_add(mfn_t mfn, int refs, int types)
{
	if (mfn.v > max_mfn) {
		audit_failed("frame %lx is not there", mfn.v);
		return;
	}
	audit_tally[mfn.v].refs += refs;
	audit_tally[mfn.v].types += types;
}

static void add_entry(const struct frame *table, unsigned int level, u64 e)
{
	HOLDS(e & PTE_U);
	HOLDS(!(e & PTE_G));
	if (level == 1) {
		if (mfn_valid(pte_mfn(e)))
			audit_add(pte_mfn(e), 1, !!(e & PTE_RW));
	} else if (mfn_eq(pte_mfn(e), frame_to_mfn(table))) {
		HOLDS(level == 4 && !(e & PTE_RW)); /* a self map */
	} else {
		HOLDS(!(e & PTE_PSE));
		audit_add(pte_mfn(e), 1, 1);
	}
}

static bool is_ours(unsigned int level, unsigned int i)
{
	return level == 4 && i >= HV_L4_SLOT_FIRST && i < HV_L4_SLOT_FIRST + HV_L4_SLOTS;
}

static void add_entries(const struct frame *f, unsigned int level, unsigned int held)
{
	const u64 *table = mfn_va(frame_to_mfn(f));

	for (unsigned int i = 0; i < held; i++)
		if (table[i] & PTE_P && !is_ours(level, i))
			add_entry(f, level, table[i]);
}

void audit_frame(const struct frame *f)
{
	enum frame_state state = FT_STATE(f->type);
	enum frame_type type = FT_TYPE(f->type);

	HOLDS(state != FS_VALIDATING && state != FS_INVALIDATING);
	if (f->refs & (FRAME_ALLOCATED | FRAME_SHARED_HV))
		audit_add(frame_to_mfn(f), 1, !!(f->refs & FRAME_SHARED_HV));
	if (f->type & FT_PINNED)
		audit_add(frame_to_mfn(f), 1, 1);
	if (state == FS_PARTIAL || state == FS_REFUSED)
		audit_add(frame_to_mfn(f), 1, 0);
	if (state != FS_NONE && audit_is_table(type))
		add_entries(f, type - FT_L1 + 1, state == FS_VALID ? PT_ENTRIES : f->partial);
}

void audit_roots(const struct vcpu *v)
{
	const struct domain *d = v->domain;

	if (v->arch.kernel_l4 != hv_l4_empty)
		audit_add(paddr_to_mfn(v->arch.kernel_l4), 1, 1);
	if (v->arch.user_l4 != hv_l4_empty)
		audit_add(paddr_to_mfn(v->arch.user_l4), 1, 1);
	if (!v->id && d->arch.old_table)
		audit_add(frame_to_mfn(d->arch.old_table), 1, 1);
}

static bool shows_ours(const struct frame *f)
{
	const u64 *table = mfn_va(frame_to_mfn(f));

	return !memcmp(table + HV_L4_SLOT_FIRST, hv_l4_entries, HV_L4_SLOTS * sizeof(u64));
}

void audit_compare(const struct frame *f)
{
	u64 mfn = frame_to_mfn(f).v;
	s64 refs = f->refs & FRAME_COUNT_MASK, types = f->type & FT_COUNT_MASK;
	const struct audit_tally *found = &audit_tally[mfn];

	if (refs != found->refs)
		audit_failed("frame %lx of %u has %ld references, %d found", mfn,
			     FRAME_OWNER(f->refs), refs, found->refs);
	if (types != found->types)
		audit_failed("frame %lx of %u has %ld type references, %d found (type %d state %d)",
			     mfn, FRAME_OWNER(f->refs), types, found->types, FT_TYPE(f->type),
			     FT_STATE(f->type));
	if (!refs && frame_type(f) != FT_NONE)
		audit_failed("frame %lx has a type without a reference", mfn);
	if (frame_is_valid(f, FT_L4) && !shows_ours(f))
		audit_failed("frame %lx is a root without the hypervisor's slots", mfn);
}
