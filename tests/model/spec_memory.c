/* SPDX-License-Identifier: MIT */
/*
 * Frames, and page tables as uses of frames.
 *
 * A frame belongs to one domain at most, and has one type as long as somebody uses it as that. A
 * table is whole when all it refers to is there; so making one takes what its entries refer to, and
 * the end of its last use gives that back.
 */
#include <string.h>

#include "spec.h"

#define P       0x001ul
#define RW      0x002ul
#define U       0x004ul
#define CACHE   0x098ul
#define PSE     0x080ul
#define G       0x100ul
#define ADDRESS 0x000ffffffffff000ul
/* Bits that change neither what an entry refers to nor what may be done with it. */
#define SOFT          (0x060ul | 0xe00ul | 0xfff0000000000000ul)
#define ADDRESS_LIMIT (1ul << 46)
#define XEN_FIRST     256
#define XEN_SLOTS     16

struct spec spec;
const u32 word_index[WORDS] = { 0,   1,   2,   3,   255, 256, 257, 258, 259, 260, 261, 262,
				263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 511 };

int word_place(u32 index)
{
	for (int i = 0; i < WORDS; i++)
		if (word_index[i] == index)
			return i;
	return -1;
}

static struct spec_frame *frame_at(u64 frame)
{
	return &spec.frame[frame];
}

static u64 target(u64 entry)
{
	return (entry & ADDRESS) >> PAGE_SHIFT;
}

bool spec_is_ram(u64 frame)
{
	return frame < FRAMES;
}

bool spec_is_table(u64 frame, enum type type)
{
	return frame_at(frame)->types && frame_at(frame)->type == type;
}

static bool is_xen_slot(unsigned int level, int word)
{
	return level == 4 && word_index[word] - XEN_FIRST < XEN_SLOTS;
}

/* References ------------------------------------------------------------------------------------
 */

int spec_get(int d, u64 frame)
{
	if (!spec_is_ram(frame) || frame_at(frame)->owner != d || !frame_at(frame)->refs)
		return -EINVAL;
	frame_at(frame)->refs++;
	return 0;
}

void spec_put(u64 frame)
{
	struct spec_frame *f = frame_at(frame);
	struct spec_domain *d = &spec.domain[f->owner];

	if (!f->refs || (f->refs == 1 && f->types))
		broken("frame %lu: the last reference goes while it is in use", frame);
	if (--f->refs)
		return;
	if (f->shared)
		d->shared_pages--;
	else
		d->pages--;
	memset(f, 0, sizeof(*f));
	f->owner = NOBODY;
}

void spec_given(int d, u64 frame, u64 pfn)
{
	struct spec_frame *f = frame_at(frame);

	if (!spec_is_ram(frame) || frame < 16 || f->owner != NOBODY)
		broken("frame %lu was given to domain %d and was not free", frame, d);
	memset(f, 0, sizeof(*f));
	f->owner = d;
	f->reserved = true;
	f->refs = 1;
	f->m2p = pfn;
	spec.domain[d].pages++;
}

int spec_release(int d, u64 frame)
{
	int rc = spec_get(d, frame);

	if (rc)
		return rc;
	if (frame_at(frame)->pinned)
		rc = -EBUSY;
	else if (!frame_at(frame)->reserved)
		rc = -EINVAL;
	else {
		frame_at(frame)->reserved = false;
		spec_put(frame);
	}
	spec_put(frame);
	return rc;
}

bool spec_may_take(int d, u64 frame)
{
	return spec_is_ram(frame) && frame_at(frame)->owner == d && frame_at(frame)->reserved &&
	       frame_at(frame)->refs == 1;
}

/* Entries ---------------------------------------------------------------------------------------
 */

static int device_entry(int d, int fd, u64 *e)
{
	if (spec_is_ram(target(*e)) || (*e & ADDRESS) >= ADDRESS_LIMIT)
		return -EINVAL;
	if (!spec.domain[fd == NOBODY ? d : fd].hardware)
		return -EPERM;
	spec.domain[d].device_entries++;
	return 0;
}

/* Memory is mapped write-back, whatever is asked for. */
static int l1_take(int d, int fd, u64 *e)
{
	u64 frame = target(*e);
	int rc;

	if (fd == NOBODY || spec_get(fd, frame))
		return device_entry(d, fd, e);
	*e &= ~CACHE;
	if (!(*e & RW))
		return 0;
	spec_put(frame);
	rc = spec_get_type(fd, frame, WRITABLE);
	return rc;
}

void spec_entry_drop(int d, u64 e)
{
	if (!spec_is_ram(target(e)))
		spec.domain[d].device_entries--;
	else if (e & RW)
		spec_put_type(target(e));
	else
		spec_put(target(e));
}

static int upper_take(int d, u64 table, unsigned int level, u64 e)
{
	if ((e & ADDRESS) >= ADDRESS_LIMIT || e & PSE)
		return -EINVAL;
	if (level == 4 && target(e) == table)
		return e & RW ? -EINVAL : 0;
	return spec_get_type(d, target(e), L1 + level - 2);
}

static int entry_take(int d, int fd, u64 table, unsigned int level, u64 *e)
{
	return level == 1 ? l1_take(d, fd, e) : upper_take(d, table, level, *e);
}

static void entry_drop(int d, u64 table, unsigned int level, u64 e)
{
	if (level == 1)
		spec_entry_drop(d, e);
	else if (target(e) != table)
		spec_put_type(target(e));
}

static u64 adjusted(u64 e)
{
	return (e | U) & ~G;
}

/* Types -----------------------------------------------------------------------------------------
 */

/* Gives back what the entries in front of `end` refer to. */
static void table_drop(u64 frame, unsigned int level, int end)
{
	struct spec_frame *f = frame_at(frame);

	for (int i = 0; i < end; i++) {
		if (is_xen_slot(level, i))
			f->word[i] = 0;
		else if (f->word[i] & P)
			entry_drop(f->owner, frame, level, f->word[i]);
	}
}

static int table_make(int d, u64 frame, unsigned int level)
{
	struct spec_frame *f = frame_at(frame);

	if (!f->reserved)
		return -EINVAL;
	for (int i = 0; i < WORDS; i++) {
		u64 e = adjusted(f->word[i]);

		if (is_xen_slot(level, i)) {
			f->word[i] = (word_index[i] - XEN_FIRST + 1) * 0x1000 | 0x63;
		} else if (f->word[i] & P) {
			if (entry_take(d, d, frame, level, &e)) {
				table_drop(frame, level, i);
				return -EINVAL;
			}
			f->word[i] = e;
		}
	}
	return 0;
}

int spec_get_type(int d, u64 frame, enum type type)
{
	struct spec_frame *f;
	int rc = spec_get(d, frame);

	if (rc)
		return rc;
	f = frame_at(frame);
	if (f->types && f->type != type) {
		rc = -EINVAL;
	} else if (!f->types++) {
		f->type = type;
		if (type != WRITABLE)
			rc = table_make(d, frame, type);
		if (rc)
			f->types = 0;
	}
	if (rc)
		spec_put(frame);
	return rc;
}

void spec_put_type(u64 frame)
{
	struct spec_frame *f = frame_at(frame);

	if (!f->types)
		broken("frame %lu: a use ends that was none", frame);
	if (f->types == 1 && f->type != WRITABLE)
		table_drop(frame, f->type, WORDS);
	f->types--;
	spec_put(frame);
}

/* Calls -----------------------------------------------------------------------------------------
 */

/* Changes an entry of a table that is whole. */
static int entry_write(int d, int fd, u64 frame, int word, u64 e, bool keep_ad)
{
	unsigned int level = frame_at(frame)->type;
	u64 *slot = &frame_at(frame)->word[word], old = *slot, ad = keep_ad ? old & 0x60 : 0;
	int rc;

	if (is_xen_slot(level, word))
		return -EINVAL;
	if (e & P) {
		e = adjusted(e);
		if (old & P && !((old ^ e) & ~SOFT)) {
			*slot = e | ad;
			return 0;
		}
		rc = entry_take(d, fd, frame, level, &e);
		if (rc)
			return rc;
	}
	*slot = e | ad;
	if (old & P)
		entry_drop(d, frame, level, old);
	return 0;
}

static int m2p_update(int fd, u64 frame, u64 pfn)
{
	int rc = fd == NOBODY ? -EINVAL : spec_get(fd, frame);

	if (rc)
		return rc;
	frame_at(frame)->m2p = pfn;
	spec_put(frame);
	return 0;
}

int spec_update(int td, int fd, u64 ptr, u64 value)
{
	u64 frame = ptr >> PAGE_SHIFT;
	int word = word_place((ptr & 0xfff) / 8), rc;

	if (!spec.domain[td].alive)
		return -EINVAL;
	if ((ptr & 3) == 1)
		return m2p_update(fd, frame, value);
	if (ptr & 4 || !spec_is_ram(frame))
		return -EINVAL;
	if (frame_at(frame)->owner != td)
		return -EPERM;
	if (frame_at(frame)->types && frame_at(frame)->type != WRITABLE)
		return entry_write(td, fd, frame, word, value, (ptr & 3) == 2);
	rc = spec_get_type(td, frame, WRITABLE);
	if (rc)
		return rc;
	frame_at(frame)->word[word] = value;
	spec_put_type(frame);
	return 0;
}

struct spec_slot spec_slot_of(int d, u64 va)
{
	const struct spec_slot none = { 0, 0 };
	u64 frame = spec.domain[d].kernel_root;

	if (!frame)
		return none;
	for (unsigned int level = 4;; level--) {
		int word = word_place(va >> (12 + 9 * (level - 1)) & 511);
		u64 e;

		if (word < 0)
			return none; /* what is not followed is not present */
		e = frame_at(frame)->word[word];
		if (level == 1)
			return (struct spec_slot){ frame, word };
		if (!(e & P))
			return none;
		frame = target(e);
	}
}

static bool is_guest_address(u64 va)
{
	return va < 0x800000000000ul || va >= 0xffff880000000000ul;
}

int spec_update_va(int d, int fd, u64 va, u64 value)
{
	struct spec_slot slot;

	if (!is_guest_address(va))
		return -EINVAL;
	slot = spec_slot_of(d, va);
	if (!slot.frame || !spec_is_table(slot.frame, L1))
		return -EINVAL;
	return entry_write(d, fd, slot.frame, slot.word, value, false);
}

int spec_pin(int d, u64 frame, unsigned int level)
{
	int rc = spec.domain[d].alive ? spec_get_type(d, frame, L1 + level - 1) : -EINVAL;

	if (rc)
		return rc;
	if (frame_at(frame)->pinned || !frame_at(frame)->reserved) {
		spec_put_type(frame);
		return -EINVAL;
	}
	frame_at(frame)->pinned = true;
	return 0;
}

int spec_unpin(int d, u64 frame)
{
	if (!spec.domain[d].alive || spec_get(d, frame))
		return -EINVAL;
	if (!frame_at(frame)->pinned) {
		spec_put(frame);
		return -EINVAL;
	}
	frame_at(frame)->pinned = false;
	spec_put_type(frame);
	spec_put(frame);
	return 0;
}

int spec_set_root(int d, u64 frame, bool user)
{
	u64 *root = user ? &spec.domain[d].user_root : &spec.domain[d].kernel_root, old = *root;
	int rc;

	if (old && old == frame)
		return 0;
	if (frame || !user) {
		rc = spec_get_type(d, frame, L4);
		if (rc)
			return rc;
	}
	*root = frame;
	if (old)
		spec_put_type(old);
	return 0;
}

int spec_fill(int d, u64 frame, u64 source, bool copy)
{
	int rc = copy ? spec_get(d, source) : 0;

	if (rc)
		return rc;
	rc = spec_get_type(d, frame, WRITABLE);
	if (!rc) {
		if (copy)
			memmove(frame_at(frame)->word, frame_at(source)->word,
				sizeof(frame_at(frame)->word));
		else
			memset(frame_at(frame)->word, 0, sizeof(frame_at(frame)->word));
		spec_put_type(frame);
	}
	if (copy)
		spec_put(source);
	return rc;
}

bool spec_may_store(int d, u64 frame)
{
	const struct spec_frame *f = frame_at(frame);

	return f->owner == d && (!f->types || f->type == WRITABLE);
}

void spec_store(u64 frame, int word, u64 value)
{
	frame_at(frame)->word[word] = value;
}
