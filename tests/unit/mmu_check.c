/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <x86/pte.h>
#include <pv/validate.h>

#include "mmu_check.h"

#define FRAMES_MAX 4096
#define CACHED_MAX 4096

static struct tally {
	s64 refs, types;
} tally[FRAMES_MAX], extra[FRAMES_MAX];

/* What the CPU caches: a leaf, or a table that a walk may start from. */
static struct cached {
	mfn_t mfn;
	u16 owner;
	bool writable, table;
} cached[CACHED_MAX];
static unsigned int cached_count;

void mmu_check_extra(mfn_t mfn, int refs, int types)
{
	extra[mfn.v].refs += refs;
	extra[mfn.v].types += types;
}

static void forget(void)
{
	cached_count = 0;
}

static void cache(mfn_t mfn, bool writable, bool table)
{
	machine.on_flush = forget;
	if (cached_count < CACHED_MAX)
		cached[cached_count++] = (struct cached){ mfn, FRAME_OWNER(mfn_to_frame(mfn)->refs),
							  writable, table };
}

void mmu_touch(struct vcpu *v, u64 va)
{
	u64 e = v->arch.kernel_l4 | PTE_P | PTE_RW;
	bool writable = true;

	if (v->arch.kernel_l4 == hv_l4_empty)
		return;
	for (unsigned int level = 4; level; level--) {
		cache(pte_mfn(e), false, true);
		e = ((u64 *)mfn_va(pte_mfn(e)))[pt_index(va, level)];
		if (!(e & PTE_P))
			return;
		writable = writable && e & PTE_RW;
	}
	if (mfn_valid(pte_mfn(e)))
		cache(pte_mfn(e), writable, false);
}

/* ck_assert for what is asked of every entry of every table: it costs nothing while it holds. */
#define HOLDS(cond)                                \
	do {                                       \
		if (!(cond))                       \
			ck_abort_msg("%s", #cond); \
	} while (0)

static void add(mfn_t mfn, s64 refs, s64 types)
{
	HOLDS(mfn.v < FRAMES_MAX);
	tally[mfn.v].refs += refs;
	tally[mfn.v].types += types;
}

static void add_table_entries(const struct frame *f, unsigned int level, unsigned int held)
{
	const u64 *table = mfn_va(frame_to_mfn(f));

	for (unsigned int i = 0; i < held; i++) {
		bool hv = level == 4 && i >= HV_L4_SLOT_FIRST && i < HV_L4_SLOT_FIRST + HV_L4_SLOTS;
		u64 e = table[i];

		if (!(e & PTE_P) || hv)
			continue;
		HOLDS(e & PTE_U);
		HOLDS(!(e & PTE_G));
		if (level == 1) {
			if (mfn_valid(pte_mfn(e)))
				add(pte_mfn(e), 1, !!(e & PTE_RW));
		} else if (mfn_eq(pte_mfn(e), frame_to_mfn(f))) {
			HOLDS(level == 4 && !(e & PTE_RW));
		} else {
			HOLDS(!(e & PTE_PSE));
			add(pte_mfn(e), 1, 1);
		}
	}
}

static bool is_table_type(enum frame_type t)
{
	return t >= FT_L1 && t <= FT_L4;
}

static void add_frame(const struct frame *f)
{
	enum frame_state state = FT_STATE(f->type);
	enum frame_type type = FT_TYPE(f->type);

	ck_assert(state != FS_VALIDATING && state != FS_INVALIDATING);
	if (f->refs & (FRAME_ALLOCATED | FRAME_SHARED_HV))
		add(frame_to_mfn(f), 1, !!(f->refs & FRAME_SHARED_HV));
	if (f->type & FT_PINNED)
		add(frame_to_mfn(f), 1, 1);
	if (state == FS_PARTIAL || state == FS_REFUSED)
		add(frame_to_mfn(f), 1, 0);
	if (state == FS_NONE || !is_table_type(type))
		return;
	add_table_entries(f, type - FT_L1 + 1, state == FS_VALID ? PT_ENTRIES : f->partial);
}

static void add_domain(const struct domain *d)
{
	const struct vcpu *v = d->vcpus[0];

	if (v->arch.kernel_l4 != hv_l4_empty)
		add(paddr_to_mfn(v->arch.kernel_l4), 1, 1);
	if (v->arch.user_l4 != hv_l4_empty)
		add(paddr_to_mfn(v->arch.user_l4), 1, 1);
	if (d->arch.old_table)
		add(frame_to_mfn(d->arch.old_table), 1, 1);
}

static void check_l4_slots(const struct frame *f)
{
	const u64 *table = mfn_va(frame_to_mfn(f));

	if (frame_is_valid(f, FT_L4))
		ck_assert_mem_eq(table + HV_L4_SLOT_FIRST, hv_l4_entries,
				 HV_L4_SLOTS * sizeof(u64));
}

static void check_frame(const struct frame *f, const char *what)
{
	u64 mfn = frame_to_mfn(f).v;
	s64 refs = f->refs & FRAME_COUNT_MASK, types = f->type & FT_COUNT_MASK;

	if (refs != tally[mfn].refs)
		ck_abort_msg("%s: frame %lu has %ld references, %ld found", what, mfn, refs,
			     tally[mfn].refs);
	if (types != tally[mfn].types)
		ck_abort_msg("%s: frame %lu has %ld type references, %ld found (type %d state %d)",
			     what, mfn, types, tally[mfn].types, FT_TYPE(f->type),
			     FT_STATE(f->type));
	if (!refs && frame_type(f) != FT_NONE)
		ck_abort_msg("%s: frame %lu has a type without a reference", what, mfn);
	check_l4_slots(f);
}

static void check_cached(const struct cached *c, const char *what)
{
	const struct frame *f = mfn_to_frame(c->mfn);
	enum frame_type type = frame_type(f);

	if (f->refs & FRAME_FREE)
		return; /* flushed when it is handed out */
	ck_assert_msg(FRAME_OWNER(f->refs) == c->owner, "%s: frame %lu changed hands unflushed",
		      what, c->mfn.v);
	if (c->writable)
		ck_assert_msg(!is_table_type(type) && type != FT_DESCRIPTOR,
			      "%s: frame %lu became type %d while a CPU could write it", what,
			      c->mfn.v, type);
	if (c->table)
		ck_assert_msg(type != FT_WRITABLE,
			      "%s: frame %lu became writable while a CPU could walk it", what,
			      c->mfn.v);
}

void mmu_check(const char *what)
{
	memcpy(tally, extra, sizeof(tally));
	for (u64 m = 16; m < machine.frames; m++)
		if (!(mfn_to_frame(MFN(m))->refs & FRAME_FREE) &&
		    FRAME_OWNER(mfn_to_frame(MFN(m))->refs) != OWNER_HV)
			add_frame(mfn_to_frame(MFN(m)));
	for (unsigned int i = 0; i < ARRAY_SIZE(machine.domains); i++)
		if (machine.domains[i])
			add_domain(machine.domains[i]);
	for (u64 m = 16; m < machine.frames; m++)
		if (FRAME_OWNER(mfn_to_frame(MFN(m))->refs) != OWNER_HV)
			check_frame(mfn_to_frame(MFN(m)), what);
	for (unsigned int i = 0; i < cached_count; i++)
		check_cached(&cached[i], what);
}
