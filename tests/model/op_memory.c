/* SPDX-License-Identifier: MIT */
/* Operations on frames and page tables. */
#include <core/domain.h>
#include <core/guest_access.h>

#include "operation.h"
#include "real.h"

#define P  0x001ul
#define RW 0x002ul

static bool is_unknown(u64 frame)
{
	return spec_is_ram(frame) && spec.frame[frame].unknown;
}

static u64 address_of(const void *p)
{
	return (u64)p;
}

/* The guest stores to a page that it may write. */
static void make_store(struct operation *o)
{
	o->a[0] = pick_frame(o->d, LEAN_ANY);
	o->a[1] = pick_word();
	o->a[2] = pick_entry(o->d, o->a[0]);
}

static struct outcome run_store(const struct operation *o)
{
	u64 frame = o->a[0];

	if (!spec_is_ram(frame) || spec.frame[frame].unknown || !spec_may_store(o->d, frame))
		return (struct outcome){ 1, 1 };
	spec_store(frame, (int)o->a[1], o->a[2]);
	*real_word(frame, word_index[o->a[1]]) = o->a[2];
	return (struct outcome){ 0, 0 };
}

/* a: three addresses, then three values; how many; whose tables; whose frames. */
static void make_update(struct operation *o)
{
	int td = machine_random(12) ? o->d : pick_other(o->d);

	o->a[6] = machine_random(3) ? 1 : 1 + machine_random(3);
	for (unsigned int i = 0; i < 3; i++) {
		u64 table = machine_random(2) ? pick_frame(td, machine_random(4))
					      : pick_table(td, L1 + machine_random(4));

		o->a[i] = table << PAGE_SHIFT | word_index[pick_word()] * 8;
		o->a[i] |= machine_random(8) ? 0 : machine_random(8);
		o->a[3 + i] = pick_entry(td, table);
	}
	o->a[7] = td == o->d ? ID_SELF : spec.domain[td].id;
	if (machine_random(8) == 0)
		o->a[7] = pick_id(o->d);
	o->a[7] |= (u64)(machine_random(8)   ? ID_SELF
			 : machine_random(4) ? pick_id(o->d)
					     : ID_IO)
		   << 32;
}

static int foreign(int d, u32 id, int *out)
{
	*out = NOBODY;
	if (id == ID_IO)
		return 0;
	*out = spec_named(d, id);
	return *out < 0 ? *out : 0;
}

static struct outcome run_update(const struct operation *o)
{
	struct mmu_update r[3];
	u32 done = 77, count = (u32)o->a[6], expected = 0, owner = (u32)o->a[7],
	    frames = (u32)(o->a[7] >> 32);
	struct outcome out;
	int td, fd;

	for (unsigned int i = 0; i < 3; i++) {
		if (is_unknown(o->a[i] >> PAGE_SHIFT))
			return (struct outcome){ 1, 1 };
		r[i] = (struct mmu_update){ .ptr = o->a[i], .val = o->a[3 + i] };
	}
	out.spec = foreign(o->d, owner, &td);
	if (!out.spec && td == NOBODY)
		out.spec = -ESRCH;
	if (!out.spec)
		out.spec = foreign(o->d, frames, &fd);
	for (; !out.spec && expected < count; expected += !out.spec)
		out.spec = spec_update(td, fd, r[expected].ptr, r[expected].val);
	out.real = real_call(o->d, __HYPERVISOR_mmu_update, address_of(r), count,
			     count == 1 && o->a[0] & 64 ? 0 : address_of(&done),
			     frames | (owner == ID_SELF ? 0 : (u64)(owner + 1) << 16));
	if (done != 77 && done != expected)
		broken("%u requests are said to be done (%ld), %u were (%ld)", done, out.real,
		       expected, out.spec);
	return out;
}

static struct outcome ext(const struct operation *o, unsigned int cmd, u64 frame, u64 source,
			  u32 id, long expected)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = frame, .arg2.src_mfn = source };

	return (struct outcome){ expected, real_call(o->d, __HYPERVISOR_mmuext_op, address_of(&op),
						     1, 0, id) };
}

static void make_pin(struct operation *o)
{
	int td = machine_random(8) ? o->d : pick_other(o->d);

	o->a[1] = 1 + machine_random(4);
	o->a[0] = pick_frame(td, machine_random(6) ? LEAN_L1 + 1 - (int)o->a[1] : LEAN_ANY);
	o->a[2] = td == o->d ? ID_SELF : spec.domain[td].id;
}

static struct outcome run_pin(const struct operation *o)
{
	int td = spec_named(o->d, (u32)o->a[2]);

	return ext(o, MMUEXT_PIN_L1_TABLE + (unsigned int)o->a[1] - 1, o->a[0], 0, (u32)o->a[2],
		   td < 0 ? td : spec_pin(td, o->a[0], (unsigned int)o->a[1]));
}

/* One that is pinned, if there is any. */
static void make_unpin(struct operation *o)
{
	make_pin(o);
	for (u64 i = 0, f = o->a[0]; i < FRAMES; i++, f++)
		if (spec.frame[f % FRAMES].owner == o->d && spec.frame[f % FRAMES].pinned &&
		    machine_random(8)) {
			o->a[0] = f % FRAMES;
			return;
		}
}

static struct outcome run_unpin(const struct operation *o)
{
	int td = spec_named(o->d, (u32)o->a[2]);

	return ext(o, MMUEXT_UNPIN_TABLE, o->a[0], 0, (u32)o->a[2],
		   td < 0 ? td : spec_unpin(td, o->a[0]));
}

static void make_root(struct operation *o)
{
	o->a[1] = !machine_random(4);
	o->a[0] = machine_random(8) ? pick_frame(o->d, LEAN_L4) : 0;
}

static struct outcome run_root(const struct operation *o)
{
	return ext(o, o->a[1] ? MMUEXT_NEW_USER_BASEPTR : MMUEXT_NEW_BASEPTR, o->a[0], 0, ID_SELF,
		   spec_set_root(o->d, o->a[0], o->a[1]));
}

/* A path of tables to one that is written last, and its root loaded. a: L4, L3, L2, L1, words. */
static void make_tree(struct operation *o)
{
	for (unsigned int i = 0; i < 4; i++)
		o->a[i] = pick_frame(o->d, LEAN_L4 + i);
	o->a[4] = machine_random(8);
}

static struct outcome run_tree(const struct operation *o)
{
	struct operation part = { .d = o->d, .a = { [6] = 1, [7] = (u64)ID_SELF << 32 | ID_SELF } };
	struct outcome out;

	for (unsigned int i = 0; i < 3; i++) {
		part.a[0] = o->a[i] << PAGE_SHIFT | (o->a[4] >> i & 1) * 8;
		part.a[3] = o->a[i + 1] << PAGE_SHIFT | 0x27;
		out = run_update(&part);
		if (out.spec != out.real)
			return out;
	}
	part.a[0] = o->a[0];
	part.a[1] = 0;
	return run_root(&part);
}

static void make_fill(struct operation *o)
{
	int td = machine_random(8) ? o->d : pick_other(o->d);

	o->a[0] = pick_frame(td, LEAN_ANY);
	o->a[1] = pick_frame(td, LEAN_ANY);
	o->a[2] = machine_random(2);
	o->a[3] = td == o->d ? ID_SELF : spec.domain[td].id;
}

static struct outcome run_fill(const struct operation *o)
{
	int td = spec_named(o->d, (u32)o->a[3]);

	if (is_unknown(o->a[0]) || is_unknown(o->a[1]))
		return (struct outcome){ 1, 1 };
	return ext(o, o->a[2] ? MMUEXT_COPY_PAGE : MMUEXT_CLEAR_PAGE, o->a[0], o->a[1],
		   (u32)o->a[3], td < 0 ? td : spec_fill(td, o->a[0], o->a[1], o->a[2]));
}

static void make_update_va(struct operation *o)
{
	o->a[0] = pick_va(o->d);
	o->a[1] = pick_entry(o->d, 6);
	o->a[2] = machine_random(6) ? ID_SELF : machine_random(4) ? pick_id(o->d) : ID_IO;
}

static struct outcome run_update_va(const struct operation *o)
{
	struct outcome out;
	int fd;

	if ((u32)o->a[2] == ID_SELF) {
		out.spec = spec_update_va(o->d, o->d, o->a[0], o->a[1]);
		out.real = real_call(o->d, __HYPERVISOR_update_va_mapping, o->a[0], o->a[1], 0, 0);
		return out;
	}
	out.spec = foreign(o->d, (u32)o->a[2], &fd);
	if (!out.spec)
		out.spec = spec_update_va(o->d, fd, o->a[0], o->a[1]);
	out.real = real_call(o->d, __HYPERVISOR_update_va_mapping_otherdomain, o->a[0], o->a[1], 0,
			     o->a[2]);
	return out;
}

static struct outcome reservation(const struct operation *o, unsigned int cmd, u64 *list, u32 id,
				  long expected)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = (domid_t)id };

	r.extent_start.p = list;
	return (struct outcome){ expected, real_call(o->d, __HYPERVISOR_memory_op, cmd,
						     address_of(&r), 0, 0) };
}

static u32 pick_reservation(int d)
{
	if (spec.domain[d].control && machine_random(2))
		return id_of(pick_other(d));
	return machine_random(8) ? ID_SELF : pick_id(d);
}

static void make_decrease(struct operation *o)
{
	o->a[1] = pick_reservation(o->d);
	o->a[0] = pick_frame(o->d, LEAN_ANY);
}

static struct outcome run_decrease(const struct operation *o)
{
	int td = spec_target(o->d, (u32)o->a[1]);
	u64 list = o->a[0];

	return reservation(o, XENMEM_decrease_reservation, &list, (u32)o->a[1],
			   td < 0 ? td : !spec_release(td, o->a[0]));
}

static void make_populate(struct operation *o)
{
	o->a[1] = pick_reservation(o->d);
	o->a[0] = machine_random(5000);
}

static struct outcome run_populate(const struct operation *o)
{
	int td = spec_target(o->d, (u32)o->a[1]);
	const struct spec_domain *t = td < 0 ? NULL : &spec.domain[td];
	u64 list = o->a[0];
	struct outcome out = reservation(o, XENMEM_populate_physmap, &list, (u32)o->a[1],
					 t ? t->alive && t->pages < t->max_pages : td);

	if (out.real == 1 && out.spec == 1)
		spec_given(td, list, o->a[0]);
	return out;
}

/* a: frames, a[4]: how many; one for one, or four for a block of four. */
static void make_exchange(struct operation *o)
{
	o->a[4] = machine_random(2) ? 4 : 1;
	for (unsigned int i = 0; i < 4; i++)
		o->a[i] = pick_frame(o->d, machine_random(3) ? LEAN_DATA : LEAN_ANY);
	o->a[5] = machine_random(5000);
}

static int spec_exchange(int d, const u64 *frames, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		for (u32 j = 0; j < i; j++)
			if (frames[j] == frames[i])
				return -EINVAL;
		if (spec_may_take(d, frames[i]))
			continue;
		if (spec_get(d, frames[i]))
			return -EINVAL;
		spec_put(frames[i]);
		return -EBUSY;
	}
	for (u32 i = 0; i < n; i++)
		spec_put(frames[i]);
	return 0;
}

static struct outcome run_exchange(const struct operation *o)
{
	u32 n = (u32)o->a[4];
	u64 list = o->a[5];
	struct xen_memory_exchange x = {
		.in = { .nr_extents = n, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = n == 4 ? 2 : 0, .domid = DOMID_SELF },
	};
	struct outcome out = { .spec = spec_exchange(o->d, o->a, n) };

	x.in.extent_start.p = (void *)o->a;
	x.out.extent_start.p = &list;
	out.real = real_call(o->d, __HYPERVISOR_memory_op, XENMEM_exchange, address_of(&x), 0, 0);
	if (x.nr_exchanged != (out.spec ? 0 : n))
		broken("%lu frames are said to be exchanged", x.nr_exchanged);
	for (u32 i = 0; !out.spec && i < n; i++)
		spec_given(o->d, list + i, o->a[5] + i);
	return out;
}

static void make_nothing(struct operation *o)
{
	(void)o;
}

static struct outcome run_touch(const struct operation *o)
{
	real_run(o->d);
	spec_tlb_touch(o->d);
	return (struct outcome){ 0, 0 };
}

static struct outcome run_flush(const struct operation *o)
{
	return ext(o, MMUEXT_TLB_FLUSH_LOCAL, 0, 0, ID_SELF, 0);
}

#define POPULATE 0
const struct kind memory_kinds[] = {
	[POPULATE] = { "populate", 5, make_populate, run_populate },
	{ "store", 40, make_store, run_store },
	{ "mmu_update", 30, make_update, run_update },
	{ "pin", 8, make_pin, run_pin },
	{ "unpin", 8, make_unpin, run_unpin },
	{ "new_baseptr", 4, make_root, run_root },
	{ "(tree)", 5, make_tree, run_tree },
	{ "clear/copy_page", 4, make_fill, run_fill },
	{ "update_va_mapping", 10, make_update_va, run_update_va },
	{ "decrease", 3, make_decrease, run_decrease },
	{ "exchange", 2, make_exchange, run_exchange },
	{ "(touch)", 12, make_nothing, run_touch },
	{ "tlb_flush_local", 1, make_nothing, run_flush },
};
const struct kind *const populate_kind = &memory_kinds[POPULATE];
const unsigned int memory_kind_count = ARRAY_SIZE(memory_kinds);
