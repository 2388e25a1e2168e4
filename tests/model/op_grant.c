/* SPDX-License-Identifier: MIT */
/* Operations on grants. */
#include <core/domain.h>
#include <core/grant_table.h>

#include "operation.h"
#include "real.h"

#define PER_PAGE 512

/* Where each mapping was asked for, so that it can be taken away. */
static u64 place_of[DOMAINS][HANDLES];

static long call(const struct operation *o, unsigned int cmd, void *arg)
{
	return real_call(o->d, __HYPERVISOR_grant_table_op, cmd, (u64)arg, 1, 0);
}

static u32 pick_ref(void)
{
	u32 ref = word_index[pick_word()];

	return machine_random(8) ? ref : ref + PER_PAGE * (1 + machine_random(3));
}

/* The domain writes an entry of its table. a: page, word, value. */
static void make_entry(struct operation *o)
{
	static const u16 flags[] = { GTF_permit_access, GTF_permit_access,
				     GTF_permit_access, GTF_permit_access | GTF_readonly,
				     GTF_invalid,       GTF_accept_transfer };
	int to = (int)machine_random(DOMAINS);

	o->a[0] = machine_random(GRANT_PAGES);
	o->a[1] = machine_random(WORDS);
	o->a[2] = flags[machine_random(ARRAY_SIZE(flags))] | id_of(to) << 16 |
		  pick_frame(o->d, machine_random(12) ? LEAN_DATA : LEAN_ANY) << 32;
}

static struct outcome run_entry(const struct operation *o)
{
	const struct spec_domain *s = &spec.domain[o->d];
	u64 frame;

	if (o->a[0] >= s->grant_pages)
		return (struct outcome){ 1, 1 };
	frame = s->grant_page[o->a[0]];
	spec_store(frame, (int)o->a[1], o->a[2]);
	*real_word(frame, word_index[o->a[1]]) = o->a[2];
	return (struct outcome){ 0, 0 };
}

/* By the address of an entry, or by what it maps. */
static u64 pick_place(int d, u32 *flags)
{
	if (machine_random(2))
		return pick_va(d);
	*flags |= GNTMAP_contains_pte;
	return (machine_random(6) ? pick_table(d, L1) : pick_frame(d, LEAN_ANY)) << PAGE_SHIFT |
	       word_index[pick_word()] * 8 | (machine_random(20) ? 0 : 4);
}

/* An entry of somebody's that names this domain, if one is found. */
static void pick_granted(int d, u64 *id, u64 *ref)
{
	for (u32 i = 0; i < 100; i++) {
		int granter = (int)machine_random(DOMAINS);
		const struct spec_domain *s = &spec.domain[granter];
		u32 page = machine_random(GRANT_PAGES), word = machine_random(WORDS);
		u64 v;

		*id = id_of(granter);
		*ref = pick_ref();
		if (page >= s->grant_pages || !machine_random(50))
			continue;
		v = spec.frame[s->grant_page[page]].word[word];
		if ((u16)(v >> 16) != spec.domain[d].id || !(v & GTF_permit_access))
			continue;
		*ref = page * PER_PAGE + word_index[word];
		return;
	}
}

/* a: id, ref, flags, place. */
static void make_map(struct operation *o)
{
	u32 flags = machine_random(8) ? GNTMAP_host_map : machine_random(256);

	if (!machine_random(5))
		flags |= GNTMAP_device_map;
	if (machine_random(2))
		flags |= GNTMAP_readonly;
	if (!machine_random(6))
		flags |= machine_random(8) << _GNTMAP_guest_avail0;
	pick_granted(o->d, &o->a[0], &o->a[1]);
	o->a[3] = pick_place(o->d, &flags);
	o->a[2] = flags;
}

static struct outcome run_map(const struct operation *o)
{
	struct gnttab_map_grant_ref m = { .host_addr = o->a[3],
					  .flags = (u32)o->a[2],
					  .ref = (u32)o->a[1],
					  .dom = (domid_t)o->a[0],
					  .status = 77 };
	struct outcome out;
	long rc = call(o, GNTTABOP_map_grant_ref, &m);

	out.real = rc ? rc : m.status;
	out.spec = spec_map(o->d, (u32)o->a[0], m.ref, m.flags, m.host_addr, m.handle);
	if (!out.spec && !out.real) {
		place_of[o->d][m.handle] = o->a[3];
		if (m.dev_bus_addr != spec.domain[o->d].map[m.handle].frame << PAGE_SHIFT)
			broken("a mapping's address is not that of its frame");
	}
	return out;
}

/* A handle in use, mostly. */
static u32 pick_handle(int d)
{
	u32 h = machine_random(HANDLES);

	if (!machine_random(12))
		return machine_random(2) ? h : h + HANDLES * machine_random(3);
	for (u32 i = 0; i < HANDLES; i++)
		if (spec.domain[d].map[(h + i) % HANDLES].used)
			return (h + i) % HANDLES;
	return h;
}

/* a: handle, place, device address, new place. */
static void make_unmap(struct operation *o)
{
	u32 handle = pick_handle(o->d), ignored;
	const struct spec_map *m = &spec.domain[o->d].map[handle % HANDLES];

	o->a[0] = handle;
	if (machine_random(6))
		o->a[1] = machine_random(12) ? place_of[o->d][handle % HANDLES]
					     : pick_place(o->d, &ignored);
	if (machine_random(4))
		o->a[2] = (m->frame + !machine_random(12)) << PAGE_SHIFT;
	o->a[3] = machine_random(8) ? pick_va(o->d) : 0;
}

static struct outcome run_unmap(const struct operation *o)
{
	struct gnttab_unmap_grant_ref u = {
		.host_addr = o->a[1], .dev_bus_addr = o->a[2], .handle = (u32)o->a[0], .status = 77
	};
	struct outcome out;
	long rc = call(o, GNTTABOP_unmap_grant_ref, &u);

	out.real = rc ? rc : u.status;
	out.spec = spec_unmap(o->d, u.handle, o->a[1], o->a[2], 0, false);
	return out;
}

static struct outcome run_replace(const struct operation *o)
{
	struct gnttab_unmap_and_replace u = {
		.host_addr = o->a[1], .new_addr = o->a[3], .handle = (u32)o->a[0], .status = 77
	};
	struct outcome out;
	long rc = call(o, GNTTABOP_unmap_and_replace, &u);

	out.real = rc ? rc : u.status;
	out.spec = spec_unmap(o->d, u.handle, o->a[1], 0, o->a[3], true);
	return out;
}

/* a: for source and destination each: granted, id, frame or ref, word; the whole page if the
 * source's word is none. */
static void make_copy(struct operation *o)
{
	bool whole = !machine_random(3);

	for (unsigned int i = 0; i < 2; i++) {
		u64 *a = o->a + 4 * i;

		a[0] = machine_random(2);
		if (a[0]) {
			pick_granted(o->d, &a[1], &a[2]);
		} else {
			a[1] = machine_random(8) ? ID_SELF : pick_id(o->d);
			a[2] = pick_frame(o->d, LEAN_ANY);
		}
		a[3] = whole ? WORDS : pick_word();
	}
}

static bool has_unknown(int d, const struct spec_side *s)
{
	const struct spec_domain *granter;
	int g = s->granted ? spec_find(d, s->id) : NOBODY, word;
	u64 frame = s->frame_or_ref;

	if (g != NOBODY) {
		granter = &spec.domain[g];
		word = word_place((u32)s->frame_or_ref % PER_PAGE);
		if (s->frame_or_ref / PER_PAGE >= granter->grant_pages)
			return false;
		frame = granter->alive ? spec.frame[granter->grant_page[s->frame_or_ref / PER_PAGE]]
							 .word[word] >>
						 32
				       : 0;
		if (granter->grant[s->frame_or_ref / PER_PAGE][word].readers ||
		    granter->grant[s->frame_or_ref / PER_PAGE][word].writers)
			frame = granter->grant[s->frame_or_ref / PER_PAGE][word].frame;
	}
	return spec_is_ram(frame) && spec.frame[frame].unknown;
}

static struct gnttab_copy_ptr copy_ptr(const struct spec_side *s)
{
	struct gnttab_copy_ptr p = { .domid = (domid_t)s->id };

	if (s->granted)
		p.u.ref = (u32)s->frame_or_ref;
	else
		p.u.gmfn = s->frame_or_ref;
	p.offset = s->word < 0 ? 0 : (u16)(word_index[s->word] * 8);
	return p;
}

static struct outcome run_copy(const struct operation *o)
{
	struct spec_side side[2];
	struct gnttab_copy c = { .status = 77 };
	struct outcome out;
	long rc;

	for (unsigned int i = 0; i < 2; i++) {
		const u64 *a = o->a + 4 * i;

		side[i] =
			(struct spec_side){ a[0], (u32)a[1], a[2], a[3] == WORDS ? -1 : (int)a[3] };
		if (has_unknown(o->d, &side[i]))
			return (struct outcome){ 1, 1 };
	}
	c.source = copy_ptr(&side[0]);
	c.dest = copy_ptr(&side[1]);
	c.flags = (side[0].granted ? GNTCOPY_source_gref : 0) |
		  (side[1].granted ? GNTCOPY_dest_gref : 0);
	c.len = side[0].word < 0 ? PAGE_SIZE : 8;
	rc = call(o, GNTTABOP_copy, &c);
	out.real = rc ? rc : c.status;
	out.spec = spec_copy(o->d, &side[0], &side[1]);
	return out;
}

static void make_setup(struct operation *o)
{
	o->a[0] = pick_id(o->d);
	o->a[1] = machine_random(4);
}

static struct outcome run_setup(const struct operation *o)
{
	u64 frames[GRANT_PAGES + 1] = { 0 };
	struct gnttab_setup_table s = { .dom = (domid_t)o->a[0],
					.nr_frames = (u32)o->a[1],
					.status = 77 };
	int td = spec_target(o->d, (u32)o->a[0]);
	struct spec_domain *t = td < 0 ? NULL : &spec.domain[td];
	struct outcome out;
	long rc;

	s.frame_list.p = frames;
	rc = call(o, GNTTABOP_setup_table, &s);
	out.real = rc ? rc : s.status;
	if (!t)
		out.spec = td == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
	else
		out.spec = t->alive && s.nr_frames <= GRANT_PAGES ? GNTST_okay
								  : GNTST_general_error;
	for (u32 i = 0; !out.spec && !out.real && i < s.nr_frames; i++) {
		if (i >= t->grant_pages) {
			spec_shared(td, frames[i]);
			t->grant_page[t->grant_pages++] = frames[i];
		}
		if (t->grant_page[i] != frames[i])
			broken("frame %u of the table is %lu, was %lu", i, frames[i],
			       t->grant_page[i]);
	}
	return out;
}

const struct kind grant_kinds[] = {
	{ "(grant entry)", 18, make_entry, run_entry },
	{ "map_grant_ref", 16, make_map, run_map },
	{ "unmap_grant_ref", 12, make_unmap, run_unmap },
	{ "unmap_and_replace", 3, make_unmap, run_replace },
	{ "grant copy", 8, make_copy, run_copy },
	{ "setup_table", 2, make_setup, run_setup },
};
const unsigned int grant_kind_count = ARRAY_SIZE(grant_kinds);
