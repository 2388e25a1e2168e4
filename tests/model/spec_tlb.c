/* SPDX-License-Identifier: MIT */
/*
 * What the CPU may have cached since its last flush, which is all that it could walk to at some
 * moment: that a frame can be written by the guest, or that it is a table to walk from. Until it is
 * flushed, no such frame may become a page table that the guest could write, be written while the
 * CPU walks it, or belong to somebody else.
 */
#include "spec.h"

#define CACHED 1024

static struct cached {
	u64 frame;
	int owner;
	bool writable, table;
} cached[CACHED];
static unsigned int count;

void spec_tlb_flush(void)
{
	count = 0;
}

static void keep(u64 frame, bool writable, bool table)
{
	if (spec_is_ram(frame) && count < CACHED)
		cached[count++] =
			(struct cached){ frame, spec.frame[frame].owner, writable, table };
}

static void touch_below(u64 frame, unsigned int level, bool writable)
{
	keep(frame, false, true);
	for (int i = 0; i < WORDS; i++) {
		u64 e = spec.frame[frame].word[i], to = (e & 0x000ffffffffff000ul) >> PAGE_SHIFT;

		if ((e & 5) != 5 || !spec_is_ram(to))
			continue;
		if (level == 1)
			keep(to, writable && e & 2, false);
		else
			touch_below(to, level - 1, writable && e & 2);
	}
}

void spec_tlb_touch(int d)
{
	if (spec.domain[d].kernel_root)
		touch_below(spec.domain[d].kernel_root, 4, true);
}

/* One that is free is flushed for when it is given away again. */
void spec_tlb_check(void)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct cached *c = &cached[i];
		const struct spec_frame *f = &spec.frame[c->frame];

		if (f->owner == NOBODY)
			continue;
		if (f->owner != c->owner)
			broken("frame %lu changed hands, and the CPU may still reach it", c->frame);
		if (c->writable && f->types && f->type != WRITABLE)
			broken("frame %lu is a page table that the CPU may still write", c->frame);
		if (c->table && f->types && f->type == WRITABLE)
			broken("frame %lu is written while the CPU may walk it", c->frame);
	}
}
