/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <x86/pte.h>
#include <pv/validate.h>

#include "../audit/audit.h"
#include "mmu_check.h"

#define FRAMES_MAX 4096
#define CACHED_MAX 4096

static struct audit_tally tally[FRAMES_MAX], extra[FRAMES_MAX];

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

/* Which check it was that found it. */
static const char *asked;

void audit_failed(const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	ck_abort_msg("%s: %s", asked, what);
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
		ck_assert_msg(!audit_is_table(type) && type != FT_DESCRIPTOR,
			      "%s: frame %lu became type %d while a CPU could write it", what,
			      c->mfn.v, type);
	if (c->table)
		ck_assert_msg(type != FT_WRITABLE,
			      "%s: frame %lu became writable while a CPU could walk it", what,
			      c->mfn.v);
}

static bool is_owned(const struct frame *f)
{
	return !(f->refs & FRAME_FREE) && FRAME_OWNER(f->refs) != OWNER_HV;
}

static void for_each_owned(void (*what)(const struct frame *f))
{
	for (u64 m = 16; m < machine.frames; m++)
		if (is_owned(mfn_to_frame(MFN(m))))
			what(mfn_to_frame(MFN(m)));
}

void mmu_check(const char *what)
{
	asked = what;
	audit_tally = tally;
	memcpy(tally, extra, sizeof(tally));
	for_each_owned(audit_frame);
	for (unsigned int i = 0; i < ARRAY_SIZE(machine.domains); i++)
		if (machine.domains[i])
			audit_roots(machine.domains[i]->vcpus[0]);
	for_each_owned(audit_compare);
	for (u64 m = 16; m < machine.frames; m++)
		if (mfn_to_frame(MFN(m))->refs & FRAME_FREE && tally[m].refs)
			ck_abort_msg("%s: free frame %lu is referred to", what, m);
	for (unsigned int i = 0; i < cached_count; i++)
		check_cached(&cached[i], what);
}
