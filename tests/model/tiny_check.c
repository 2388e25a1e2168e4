/* SPDX-License-Identifier: MIT */
/* What the CPUs of the tiny machine may have cached, and what must hold in every state (tiny.h). */
#include <string.h>

#include <pv/pagetable.h>
#include <pv/validate.h>

#include "tiny.h"

/* What CPUs may have cached ----------------------------------------------------------------------
 */

void tlb_forget(void)
{
	memset(tlb, 0, sizeof(tlb));
}

static void walk(struct tlb *t, u64 mfn, unsigned int level, bool writable)
{
	const u64 *table = mfn_va(MFN(mfn));

	if (mfn - FIRST < FRAMES)
		t->walk |= (u8)(1 << (mfn - FIRST));
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		u64 to = pte_mfn(table[i]).v;
		bool w = writable && table[i] & PTE_RW;

		if ((table[i] & (PTE_P | PTE_U)) != (PTE_P | PTE_U) || to - FIRST >= FRAMES)
			continue;
		if (level > 1)
			walk(t, to, level - 1, w);
		else if (w)
			t->write |= (u8)(1 << (to - FIRST));
		else
			t->read |= (u8)(1 << (to - FIRST));
	}
}

void tlb_touch(void)
{
	for (unsigned int d = 0; d < DOMAINS; d++)
		if (domains[d]->state == DOMAIN_ALIVE)
			walk(&tlb[d], domains[d]->vcpus[0]->arch.kernel_l4 >> PAGE_SHIFT, 4, true);
}

/* What must hold --------------------------------------------------------------------------------
 */

static const char *wrong;

static bool is_granted(unsigned int f)
{
	for (unsigned int g = 0; g < GRANTS; g++)
		if (granted[g].used && granted[g].frame == f)
			return true;
	return false;
}

static bool is_table(const struct frame *f)
{
	return FT_STATE(f->type) != FS_NONE && FT_TYPE(f->type) >= FT_L1 &&
	       FT_TYPE(f->type) <= FT_L4;
}

/* A frame that is free is flushed for when it is given away. */
static void check_reach(unsigned int d, unsigned int f)
{
	const struct frame *r = frame_of(f);
	u8 bit = (u8)(1 << f);

	if (r->refs & FRAME_FREE)
		return;
	if (tlb[d].write & bit && is_table(r))
		wrong = "a CPU may write a page table";
	if (tlb[d].walk & bit && frame_type(r) == FT_WRITABLE)
		wrong = "a CPU may walk a frame that may be written";
	if (FRAME_OWNER(r->refs) == domains[d]->id)
		return;
	if (tlb[d].walk & bit)
		wrong = "a CPU may walk another domain's frame";
	if ((tlb[d].write | tlb[d].read) & bit && (d || !is_granted(f)))
		wrong = "a domain reaches a frame that is not its own and was not granted";
}

static u32 refs[FRAMES], types[FRAMES];

static void explain(u64 mfn, bool use)
{
	if (mfn - FIRST >= FRAMES)
		return;
	refs[mfn - FIRST]++;
	types[mfn - FIRST] += use;
}

static void explain_frame(unsigned int f)
{
	const struct frame *r = frame_of(f);
	enum frame_state state = FT_STATE(r->type);
	unsigned int level = FT_TYPE(r->type) - FT_L1 + 1,
		     held = state == FS_VALID ? PT_ENTRIES : MIN(r->partial, PT_ENTRIES);

	if (r->refs & FRAME_ALLOCATED)
		explain(FIRST + f, false);
	if (r->type & FT_PINNED)
		explain(FIRST + f, true);
	if (state == FS_PARTIAL || state == FS_REFUSED)
		explain(FIRST + f, false);
	if (!is_table(r))
		return;
	for (unsigned int i = 0; i < held; i++) {
		u64 e = words_of(f)[i];

		if (e & PTE_P && !(level == 4 && pte_mfn(e).v == FIRST + f))
			explain(pte_mfn(e).v, level > 1 || e & PTE_RW);
	}
}

static void check_counts(void)
{
	memset(refs, 0, sizeof(refs));
	memset(types, 0, sizeof(types));
	for (unsigned int f = 0; f < FRAMES; f++)
		if (!(frame_of(f)->refs & FRAME_FREE))
			explain_frame(f);
	for (unsigned int d = 0; d < DOMAINS; d++) {
		if (mmu_root_own(domains[d]->vcpus[0]->arch.kernel_l4))
			explain(domains[d]->vcpus[0]->arch.kernel_l4 >> PAGE_SHIFT, true);
		if (domains[d]->arch.old_table)
			explain(frame_to_mfn(domains[d]->arch.old_table).v, true);
	}
	for (unsigned int f = 0; f < FRAMES; f++)
		if ((u32)frame_of(f)->refs != refs[f] || (u32)frame_of(f)->type != types[f])
			wrong = "a frame's counts are not what its users explain";
}

const char *tiny_check(void)
{
	wrong = NULL;
	for (unsigned int d = 0; d < DOMAINS; d++)
		for (unsigned int f = 0; f < FRAMES; f++)
			check_reach(d, f);
	check_counts();
	return wrong;
}
