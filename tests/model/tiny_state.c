/* SPDX-License-Identifier: MIT */
/* The tiny machine: its beginning, and its state saved, restored and hashed (tiny.h). */
#include <stdlib.h>
#include <string.h>

#include <core/frame.c> /* for its free lists, which are part of a state */

#include <core/grant.h>
#include <core/guest_access.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "tiny.h"

_Static_assert(PT_ENTRIES == ENTRIES, "compiled for a tiny machine");

/* All that operations change. */
struct state {
	struct frame frame[FRAMES];
	u64 word[FRAMES][PT_ENTRIES];
	u64 m2p[FRAMES];
	struct zone zone;
	u64 free, flushes;
	struct {
		u64 pages, shared;
		u32 page_list, refs;
		u8 state;
		struct frame *old_table;
		paddr_t root;
	} domain[DOMAINS];
	struct tlb tlb[DOMAINS];
	struct granted granted[GRANTS];
};

struct domain *domains[DOMAINS];
struct tlb tlb[DOMAINS];
struct granted granted[GRANTS];

/* What the calls that are made here never need. */
int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn)
{
	(void)d;
	(void)n;
	(void)mfn;
	return -ENOSYS;
}

int segment_validate_page(struct domain *d, struct frame *f)
{
	(void)d;
	(void)f;
	return -EINVAL;
}

int segment_set_ldt(struct vcpu *v, u64 base, u32 entries)
{
	(void)v;
	(void)base;
	(void)entries;
	return -EINVAL;
}

void segment_drop_gdt(struct vcpu *v)
{
	(void)v;
}

void segment_drop_ldt(struct vcpu *v)
{
	(void)v;
}

#define ZONE (bit_last(FIRST)) /* all frames are of one */

void state_save(struct state *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned int f = 0; f < FRAMES; f++) {
		s->frame[f] = *frame_of(f);
		memcpy(s->word[f], words_of(f), sizeof(s->word[f]));
		s->m2p[f] = machine.m2p[FIRST + f];
	}
	s->zone = zones[ZONE];
	s->free = free_frames;
	s->flushes = machine.flushes;
	for (unsigned int d = 0; d < DOMAINS; d++) {
		const struct domain *r = domains[d];

		s->domain[d].pages = r->pages;
		s->domain[d].shared = r->shared_hv_pages;
		s->domain[d].page_list = r->page_list;
		s->domain[d].refs = r->refs;
		s->domain[d].state = (u8)r->state;
		s->domain[d].old_table = r->arch.old_table;
		s->domain[d].root = r->vcpus[0]->arch.kernel_l4;
	}
	memcpy(s->tlb, tlb, sizeof(tlb));
	memcpy(s->granted, granted, sizeof(granted));
}

void state_restore(const struct state *s)
{
	for (unsigned int f = 0; f < FRAMES; f++) {
		*frame_of(f) = s->frame[f];
		memcpy(words_of(f), s->word[f], sizeof(s->word[f]));
		machine.m2p[FIRST + f] = s->m2p[f];
	}
	zones[ZONE] = s->zone;
	free_frames = s->free;
	machine.flushes = s->flushes;
	for (unsigned int d = 0; d < DOMAINS; d++) {
		struct domain *r = domains[d];

		r->pages = s->domain[d].pages;
		r->shared_hv_pages = s->domain[d].shared;
		r->page_list = s->domain[d].page_list;
		r->refs = s->domain[d].refs;
		r->state = s->domain[d].state;
		r->arch.old_table = s->domain[d].old_table;
		r->vcpus[0]->arch.kernel_l4 = s->domain[d].root;
	}
	memcpy(tlb, s->tlb, sizeof(tlb));
	memcpy(granted, s->granted, sizeof(granted));
}

/* What two states have alike if nothing to come can tell them apart: of the clock, whether a frame
 * needs a flush; of a domain's list, nothing; of the numbers of pseudo-physical frames, nothing. */
static void normalise(struct state *s)
{
	for (unsigned int f = 0; f < FRAMES; f++) {
		struct frame *r = &s->frame[f];
		enum frame_state state = FT_STATE(r->type);

		if (!(r->refs & FRAME_FREE))
			r->next = r->prev = r->order = 0;
		if (state == FS_NONE)
			r->partial = r->partial >= (u32)s->flushes;
		else if (state == FS_VALID)
			r->partial = 0;
		s->m2p[f] = 0;
	}
	for (unsigned int i = 0; i <= FRAME_MAX_ORDER; i++)
		if (!(s->zone.filled & 1U << i))
			s->zone.head[i] = 0;
	s->flushes = 0;
	for (unsigned int d = 0; d < DOMAINS; d++)
		s->domain[d].page_list = 0;
}

u64 state_hash(struct state *s)
{
	const u64 *w = (const u64 *)s;
	u64 h = 0x9e3779b97f4a7c15;

	normalise(s);
	for (size_t i = 0; i < sizeof(*s) / sizeof(*w); i++) {
		h = (h ^ w[i]) * 0xff51afd7ed558ccd;
		h ^= h >> 32;
	}
	return h ? h : 1;
}

struct state *state_new(void)
{
	struct state *s = malloc(sizeof(*s));

	if (!s)
		abort();
	return s;
}

void tiny_start(void)
{
	machine_start(FIRST + FRAMES);
	machine.preempt = true;
	for (unsigned int d = 0; d < DOMAINS; d++)
		domains[d] = machine_domain((domid_t)(d + 1), FRAMES);
	machine_run(domains[0]->vcpus[0]);
	for (unsigned int f = 0; f < FRAMES - 1; f++)
		if (mfn_eq(domain_frame_alloc(domains[f == FRAMES - 2], 0, FRAME_BELOW_ANY),
			   MFN_NONE))
			abort();
	machine.on_flush = tlb_forget;
}
