/* SPDX-License-Identifier: MIT */
/*
 * Grants. An entry is a word of a page that the granter writes; while somebody uses it, what it
 * said at its first use counts. A mapping has a part in page tables and one for devices; each is a
 * use, and each refers to the frame: the first by its entry, the second by itself.
 */
#include <pv_abi.h>
#include <string.h>

#include "spec.h"

#define PER_PAGE 512
#define PARTS    (GNTMAP_host_map | GNTMAP_device_map)
#define P        0x001ul
#define RW       0x002ul

struct entry {
	struct spec_grant *use;
	u64 *word; /* NULL: its granter is dead */
};

/* False: there is no such entry. */
static bool find_entry(int d, u32 ref, struct entry *e)
{
	u32 page = ref / PER_PAGE;
	int word = word_place(ref % PER_PAGE);

	if (page >= spec.domain[d].grant_pages || word < 0)
		return false;
	e->use = &spec.domain[d].grant[page][word];
	e->word = spec.domain[d].alive ? &spec.frame[spec.domain[d].grant_page[page]].word[word]
				       : NULL;
	return true;
}

/* The first use, and the first that writes, must find the right to it in the entry. */
static int claim(const struct entry *e, u32 id, bool write)
{
	u64 v = *e->word;

	if ((v & GTF_type_mask) != GTF_permit_access || (u16)(v >> 16) != id)
		return GNTST_general_error;
	if (write && v & GTF_readonly)
		return GNTST_general_error;
	*e->word = v | GTF_reading | (write ? GTF_writing : 0);
	return GNTST_okay;
}

static int pin(const struct entry *e, u32 id, bool write)
{
	struct spec_grant *g = e->use;
	bool first = !g->readers && !g->writers;
	int rc;

	if (!first && g->grantee != id)
		return GNTST_general_error;
	if (first || (write && !g->writers)) {
		rc = claim(e, id, write);
		if (rc)
			return rc;
	}
	if (first) {
		g->frame = *e->word >> 32;
		g->grantee = id;
	}
	*(write ? &g->writers : &g->readers) += 1;
	return GNTST_okay;
}

static void unpin(const struct entry *e, bool write)
{
	struct spec_grant *g = e->use;

	*(write ? &g->writers : &g->readers) -= 1;
	if (!e->word)
		return;
	if (write && !g->writers)
		*e->word &= ~(u64)GTF_writing;
	if (!g->writers && !g->readers)
		*e->word &= ~(u64)GTF_reading;
}

static int use(int d, u32 ref, u32 id, bool write, u64 *frame)
{
	struct entry e;
	int rc;

	if (!spec.domain[d].alive || !find_entry(d, ref, &e))
		return GNTST_bad_gntref;
	rc = pin(&e, id, write);
	if (rc)
		return rc;
	*frame = e.use->frame;
	if (spec_get(d, *frame)) {
		rc = GNTST_bad_page;
	} else if (write) {
		spec_put(*frame);
		if (spec_get_type(d, *frame, WRITABLE))
			rc = GNTST_general_error;
	}
	if (rc)
		unpin(&e, write);
	return rc;
}

static void end_use(int d, u32 ref, bool write)
{
	struct entry e;

	if (!find_entry(d, ref, &e))
		broken("the use of an entry ends that does not exist");
	unpin(&e, write);
}

static void drop_frame(u64 frame, bool write)
{
	if (write)
		spec_put_type(frame);
	else
		spec_put(frame);
}

/* Where a mapping stands: an entry by its machine address, or by what it maps. */
static struct spec_slot find_slot(int d, u64 where, u32 flags)
{
	u64 frame = where >> PAGE_SHIFT;
	struct spec_slot slot = { 0, 0 };

	if (!(flags & GNTMAP_contains_pte)) {
		if (where < 0x800000000000ul || where >= 0xffff880000000000ul)
			slot = spec_slot_of(d, where);
		if (slot.frame && !spec_is_table(slot.frame, L1))
			slot.frame = 0;
		return slot;
	}
	if (where & 7 || !spec_is_ram(frame) || spec.frame[frame].owner != d ||
	    !spec_is_table(frame, L1))
		return slot;
	return (struct spec_slot){ frame, word_place((where & 0xfff) / 8) };
}

static u64 *word_at(struct spec_slot slot)
{
	return &spec.frame[slot.frame].word[slot.word];
}

static bool writes(u32 flags)
{
	return !(flags & GNTMAP_readonly);
}

static int place(int d, u64 where, u32 flags, u64 frame)
{
	struct spec_slot slot = find_slot(d, where, flags);
	u64 old;

	if (!slot.frame)
		return GNTST_general_error;
	old = *word_at(slot);
	*word_at(slot) = frame << PAGE_SHIFT | 0x65 | (writes(flags) ? RW : 0) |
			 ((u64)(flags >> _GNTMAP_guest_avail0) << 9 & 0xe00);
	if (old & P)
		spec_entry_drop(d, old);
	return GNTST_okay;
}

static int map_part(int d, int granter, u32 ref, bool host, u64 where, u32 flags, u64 *frame)
{
	int rc = use(granter, ref, spec.domain[d].id, writes(flags), frame);

	if (rc || !host)
		return rc;
	rc = place(d, where, flags, *frame);
	if (rc) {
		drop_frame(*frame, writes(flags));
		end_use(granter, ref, writes(flags));
	}
	return rc;
}

static int map_parts(int d, int granter, u32 ref, u32 flags, u64 where, u64 *frame)
{
	int rc = 0;

	if (flags & GNTMAP_device_map)
		rc = map_part(d, granter, ref, false, 0, flags, frame);
	if (rc || !(flags & GNTMAP_host_map))
		return rc;
	rc = map_part(d, granter, ref, true, where, flags, frame);
	if (rc && flags & GNTMAP_device_map) {
		drop_frame(*frame, writes(flags));
		end_use(granter, ref, writes(flags));
	}
	return rc;
}

static bool any_handle(int d)
{
	for (unsigned int i = 0; i < HANDLES; i++)
		if (!spec.domain[d].map[i].used)
			return true;
	return false;
}

int spec_map(int d, u32 id, u32 ref, u32 flags, u64 where, u32 handle)
{
	int granter, rc;
	u64 frame;

	if (!(flags & PARTS) ||
	    (flags & (GNTMAP_application_map | GNTMAP_contains_pte) && !(flags & GNTMAP_host_map)))
		return GNTST_bad_gntref;
	granter = spec_find(d, id);
	if (granter == NOBODY)
		return GNTST_bad_domain;
	if (!any_handle(d))
		return GNTST_no_space;
	rc = map_parts(d, granter, ref, flags, where, &frame);
	if (rc)
		return rc;
	if (handle >= HANDLES || spec.domain[d].map[handle].used)
		broken("domain %d was given handle %u, which is not free", d, handle);
	spec.domain[d].map[handle] = (struct spec_map){ true, granter, ref, flags & 0xff, frame };
	return GNTST_okay;
}

static bool is_as_mapped(u64 e, const struct spec_map *m)
{
	return e & P && (e & 0x000ffffffffff000ul) >> PAGE_SHIFT == m->frame &&
	       !(e & RW) == !writes(m->flags);
}

/* Takes the mapping's entry away, or puts what stands at new_where in its place. */
static int clear(int d, const struct spec_map *m, u64 where, u64 new_where)
{
	struct spec_slot slot = find_slot(d, where, m->flags), from;

	if (!slot.frame || !is_as_mapped(*word_at(slot), m))
		return GNTST_general_error;
	if (!new_where) {
		*word_at(slot) = 0;
		return GNTST_okay;
	}
	if (m->flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	from = find_slot(d, new_where, 0);
	if (!from.frame || (from.frame == slot.frame && from.word == slot.word))
		return GNTST_general_error;
	*word_at(slot) = *word_at(from);
	*word_at(from) = 0;
	return GNTST_okay;
}

static void end_parts(struct spec_map *m, u32 parts, bool host_frame_too)
{
	if (parts & GNTMAP_host_map) {
		if (host_frame_too)
			drop_frame(m->frame, writes(m->flags));
		end_use(m->granter, m->ref, writes(m->flags));
	}
	if (parts & GNTMAP_device_map) {
		drop_frame(m->frame, writes(m->flags));
		end_use(m->granter, m->ref, writes(m->flags));
	}
	m->flags &= ~parts;
	m->used = m->flags & PARTS;
}

int spec_unmap(int d, u32 handle, u64 where, u64 device, u64 new_where, bool replace)
{
	struct spec_map *m = handle < HANDLES ? &spec.domain[d].map[handle] : NULL;
	u32 parts;
	int rc = GNTST_okay;

	if (!m || !m->used || (replace && (!new_where || !where)))
		return GNTST_bad_handle;
	parts = m->flags & ((where ? GNTMAP_host_map : 0) | (device ? GNTMAP_device_map : 0));
	if (parts & GNTMAP_device_map && device != m->frame << PAGE_SHIFT)
		return GNTST_bad_dev_addr;
	if (parts & GNTMAP_host_map)
		rc = clear(d, m, where, new_where);
	if (rc)
		parts &= ~(u32)GNTMAP_host_map;
	end_parts(m, parts, true);
	return rc;
}

/* Its page tables are gone, and with them what the host parts referred to. */
void spec_end_maps(int d)
{
	for (unsigned int i = 0; i < HANDLES; i++)
		if (spec.domain[d].map[i].used)
			end_parts(&spec.domain[d].map[i], spec.domain[d].map[i].flags & PARTS,
				  false);
}

static int open_side(int d, const struct spec_side *s, bool write, int *granter, u64 *frame)
{
	*granter = NOBODY;
	if (s->granted) {
		*granter = spec_find(d, s->id);
		if (*granter == NOBODY)
			return GNTST_bad_domain;
		return use(*granter, (u32)s->frame_or_ref, spec.domain[d].id, write, frame);
	}
	*frame = s->frame_or_ref;
	if (s->id != ID_SELF && s->id != spec.domain[d].id)
		return GNTST_permission_denied;
	if (write ? spec_get_type(d, *frame, WRITABLE) : spec_get(d, *frame))
		return GNTST_bad_page;
	return GNTST_okay;
}

static void close_side(const struct spec_side *s, bool write, int granter, u64 frame)
{
	drop_frame(frame, write);
	if (granter != NOBODY)
		end_use(granter, (u32)s->frame_or_ref, write);
}

int spec_copy(int d, const struct spec_side *from, const struct spec_side *to)
{
	int from_granter, to_granter, rc;
	u64 source, dest;

	rc = open_side(d, from, false, &from_granter, &source);
	if (rc)
		return rc;
	rc = open_side(d, to, true, &to_granter, &dest);
	if (!rc) {
		if (from->word < 0)
			memmove(spec.frame[dest].word, spec.frame[source].word,
				sizeof(spec.frame[dest].word));
		else
			spec.frame[dest].word[to->word] = spec.frame[source].word[from->word];
		close_side(to, true, to_granter, dest);
	}
	close_side(from, false, from_granter, source);
	return rc;
}
