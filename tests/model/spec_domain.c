/* SPDX-License-Identifier: MIT */
/* Domains: who may act on whom, what ends with one, and what keeps a dead one's name in use. */
#include <pv_abi.h>
#include <string.h>

#include "spec.h"

int spec_find(int caller, u32 id)
{
	if (id == ID_SELF)
		return caller;
	for (int d = 0; d < DOMAINS; d++)
		if (spec.domain[d].exists && spec.domain[d].id == id)
			return d;
	return NOBODY;
}

int spec_target(int caller, u32 id)
{
	int d = spec_named(caller, id);

	return d >= 0 && !spec.domain[d].alive ? -ESRCH : d;
}

int spec_named(int caller, u32 id)
{
	int d;

	if (id != ID_SELF && id != spec.domain[caller].id && !spec.domain[caller].control)
		return -EPERM;
	d = spec_find(caller, id);
	return d == NOBODY ? -ESRCH : d;
}

u32 spec_holders(int d)
{
	const struct spec_domain *s = &spec.domain[d];
	u32 n = s->alive + (s->pages + s->shared_pages > 0);

	for (int i = 0; i < DOMAINS; i++) {
		for (u32 p = 0; p < PORTS; p++)
			n += spec.domain[i].port[p].state == PORT_INTERDOMAIN &&
			     spec.domain[i].port[p].remote == d;
		for (u32 h = 0; h < HANDLES; h++)
			n += spec.domain[i].map[h].used && spec.domain[i].map[h].granter == d;
	}
	return n;
}

void spec_shared(int d, u64 frame)
{
	struct spec_frame *f = &spec.frame[frame];

	if (f->owner != NOBODY)
		broken("frame %lu is shown to domain %d and belongs to %d", frame, d, f->owner);
	memset(f, 0, sizeof(*f));
	f->owner = d;
	f->shared = true;
	f->refs = f->types = 1;
	f->type = WRITABLE;
	spec.domain[d].shared_pages++;
}

void spec_unshared(u64 frame)
{
	spec_put_type(frame);
}

/* Pins first, and roots: what is left of a tree goes with the table above it. */
static void end_memory(int d)
{
	struct spec_domain *s = &spec.domain[d];
	u64 kernel = s->kernel_root, user = s->user_root;

	s->kernel_root = s->user_root = 0;
	if (kernel)
		spec_put_type(kernel);
	if (user)
		spec_put_type(user);
	for (u64 f = 0; f < FRAMES; f++) {
		if (spec.frame[f].owner != d || !spec.frame[f].reserved)
			continue;
		if (spec.frame[f].pinned) {
			spec.frame[f].pinned = false;
			spec_put_type(f);
		}
		spec.frame[f].reserved = false;
		spec_put(f);
	}
}

void spec_end(int d)
{
	struct spec_domain *s = &spec.domain[d];

	spec_end_ports(d);
	s->alive = false;
	spec_unshared(s->info_page);
	for (u32 i = 0; i < s->grant_pages; i++)
		spec_unshared(s->grant_page[i]);
	end_memory(d);
	spec_end_maps(d);
}

void spec_reap(void)
{
	for (int d = 0; d < DOMAINS; d++)
		if (spec.domain[d].exists && !spec_holders(d))
			memset(&spec.domain[d], 0, sizeof(spec.domain[d]));
}

/* The same numbers once more, from all that refers. */

static u32 refs[FRAMES], types[FRAMES];

static void explain(u64 frame, bool use)
{
	refs[frame]++;
	types[frame] += use;
}

static void explain_table(u64 frame)
{
	const struct spec_frame *f = &spec.frame[frame];

	for (int i = 0; i < WORDS; i++) {
		u64 to = (f->word[i] & 0x000ffffffffff000ul) >> PAGE_SHIFT;

		if (!(f->word[i] & 1) || !spec_is_ram(to) || (f->type == L4 && to == frame) ||
		    (f->type == L4 && word_index[i] >= 256 && word_index[i] < 272))
			continue;
		explain(to, f->type != L1 || f->word[i] & 2);
	}
}

static void explain_domain(const struct spec_domain *s)
{
	if (s->kernel_root)
		explain(s->kernel_root, true);
	if (s->user_root)
		explain(s->user_root, true);
	for (unsigned int i = 0; i < HANDLES; i++)
		if (s->map[i].used && s->map[i].flags & GNTMAP_device_map)
			explain(s->map[i].frame, !(s->map[i].flags & GNTMAP_readonly));
}

void spec_check(void)
{
	memset(refs, 0, sizeof(refs));
	memset(types, 0, sizeof(types));
	for (u64 f = 0; f < FRAMES; f++) {
		const struct spec_frame *s = &spec.frame[f];

		if (s->reserved)
			explain(f, false);
		if (s->pinned)
			explain(f, true);
		if (s->shared && spec.domain[s->owner].alive)
			explain(f, true);
		if (s->types && s->type != WRITABLE)
			explain_table(f);
	}
	for (int d = 0; d < DOMAINS; d++)
		explain_domain(&spec.domain[d]);
	for (u64 f = 0; f < FRAMES; f++)
		if (spec.frame[f].refs != refs[f] || spec.frame[f].types != types[f])
			broken("frame %lu: %u references, %u uses; its users explain %u and %u", f,
			       spec.frame[f].refs, spec.frame[f].types, refs[f], types[f]);
}
