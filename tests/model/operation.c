/* SPDX-License-Identifier: MIT */
/* All kinds of operations in one table, choices for their arguments, and domains as a whole. */
#include <check.h>
#include <string.h>

#include <core/domain.h>
#include <core/frame.h>
#include <core/grant_table.h>

#include "operation.h"
#include "real.h"

/* Choices ---------------------------------------------------------------------------------------
 */

u32 pick_word(void)
{
	return machine_random(4) ? machine_random(4) : machine_random(WORDS);
}

/* The place of an entry that is there, if there is one. */
static u32 pick_present(u64 frame)
{
	u32 start = machine_random(WORDS);

	for (u32 i = 0; i < WORDS; i++) {
		u64 e = spec.frame[frame].word[(start + i) % WORDS];

		if (e & 1 && spec_is_ram((e & 0x000ffffffffff000ul) >> PAGE_SHIFT) && e & 4)
			return (start + i) % WORDS;
	}
	return start;
}

/* Along d's tables, mostly. */
u64 pick_va(int d)
{
	u64 va = machine_random(20) ? 0 : 8, frame = spec.domain[d].kernel_root;
	bool along = machine_random(8);

	for (unsigned int level = 4; level; level--) {
		u32 word = pick_word();

		if (along && frame && level > 1) {
			word = pick_present(frame);
			frame = (spec.frame[frame].word[word] & 0x000ffffffffff000ul) >> PAGE_SHIFT;
			if (!spec_is_ram(frame))
				frame = 0;
		}
		va |= (u64)word_index[word] << (12 + 9 * (level - 1));
	}
	return va & 1ul << 47 ? va | 0xffff000000000000ul : va;
}

/* A frame is used for one purpose mostly, or whole trees would hardly ever arise. */
enum leaning leaning_of(u64 frame)
{
	static const u8 of[16] = { LEAN_L4,   LEAN_L3,   LEAN_L3,   LEAN_L2,   LEAN_L2,   LEAN_L1,
				   LEAN_L1,   LEAN_L1,   LEAN_L1,   LEAN_DATA, LEAN_DATA, LEAN_DATA,
				   LEAN_DATA, LEAN_DATA, LEAN_DATA, LEAN_L4 };

	return of[frame % 16];
}

u64 pick_frame(int d, enum leaning leaning)
{
	u64 start = machine_random(FRAMES + 4);

	if (!machine_random(24) || start >= FRAMES)
		return start;
	if (!machine_random(16))
		d = pick_other(d);
	if (!machine_random(8))
		leaning = LEAN_ANY;
	for (u64 i = 0; i < FRAMES; i++) {
		u64 f = (start + i) % FRAMES;

		if (spec.frame[f].owner == d && (leaning == LEAN_ANY || leaning_of(f) == leaning))
			return f;
	}
	return start;
}

u64 pick_table(int d, enum type type)
{
	u64 start = machine_random(FRAMES);

	for (u64 i = 0; i < FRAMES; i++)
		if (spec.frame[(start + i) % FRAMES].owner == d &&
		    spec_is_table((start + i) % FRAMES, type))
			return (start + i) % FRAMES;
	return pick_frame(d, LEAN_L4 + (L4 - type));
}

static const u64 rare_bits[] = { 0x080, 0x100,     0x004,     0x010,     0x008, 0x040,
				 0x200, 1ul << 63, 1ul << 51, 1ul << 52, 0x001 };

u64 pick_entry(int d, u64 table)
{
	enum leaning l = leaning_of(table);
	u64 e = 0x21;

	if (!machine_random(6))
		return machine_random(4) ? 0 : (u64)machine_random(~0u) << 1;
	if (l < LEAN_L1 || machine_random(2))
		e |= 2;
	if (!machine_random(8))
		e ^= rare_bits[machine_random(ARRAY_SIZE(rare_bits))];
	if (!machine_random(12))
		e &= ~2ul;
	if (spec.domain[d].hardware)
		e &= ~0x98ul; /* it alone may choose how memory is cached: not followed */
	if (l < LEAN_L1)
		return e | pick_frame(d, l + 1) << PAGE_SHIFT;
	return e | pick_frame(d, machine_random(3) ? LEAN_DATA : machine_random(LEAN_ANY))
			   << PAGE_SHIFT;
}

int pick_other(int d)
{
	for (unsigned int i = 0; i < 8; i++) {
		int other = (int)machine_random(DOMAINS);

		if (other != d && spec.domain[other].exists)
			return other;
	}
	return d;
}

u32 id_of(int d)
{
	return spec.domain[d].exists ? spec.domain[d].id : 30000 + (u32)d;
}

u32 pick_id(int d)
{
	switch (machine_random(8)) {
	case 0: return 1 + machine_random(200);
	case 1:
	case 2:
	case 3: return id_of(pick_other(d));
	case 4: return spec.domain[d].id;
	default: return ID_SELF;
	}
}

/* Domains ---------------------------------------------------------------------------------------
 */

/* What the hypervisor made of place d, as the specification wants to know it. */
static void adopt(int d)
{
	struct spec_domain *s = &spec.domain[d];
	const struct domain *r = real[d];

	*s = (struct spec_domain){ .exists = true, .alive = true, .control = !d, .hardware = !d };
	s->id = r->id;
	s->max_pages = r->max_pages;
	s->info_page = va_mfn(r->shared_info).v;
	spec_shared(d, s->info_page);
	spec.frame[s->info_page].unknown = true;
	for (u32 i = 0; i < r->grants->nr_frames && i < GRANT_PAGES; i++) {
		s->grant_page[s->grant_pages] = va_mfn(r->grants->shared[i]).v;
		spec_shared(d, s->grant_page[s->grant_pages++]);
	}
}

static void make_domain(struct operation *o)
{
	o->a[0] = 1 + machine_random(DOMAINS - 1);
	o->a[1] = machine_random(4) ? 18 : machine_random(24);
}

/* Memory to begin with. */
static void populate(int d, u32 pages)
{
	const struct operation one = { .d = (u16)d, .a = { 1, ID_SELF } };

	while (pages--) {
		struct outcome out = populate_kind->run(&one);

		if (out.spec != out.real)
			broken("populate: %ld, should be %ld", out.real, out.spec);
	}
}

static struct outcome run_create(const struct operation *o)
{
	int d = (int)o->a[0], rc;

	if (spec.domain[d].exists)
		return (struct outcome){ 1, 1 };
	rc = real_create(d);
	if (rc)
		return (struct outcome){ 0, rc };
	adopt(d);
	populate(d, (u32)o->a[1]);
	return (struct outcome){ 0, 0 };
}

static struct outcome run_end(const struct operation *o)
{
	int d = (int)o->a[0];

	if (!spec.domain[d].alive)
		return (struct outcome){ 1, 1 };
	spec_end(d);
	real_end(d);
	return (struct outcome){ 0, 0 };
}

const struct kind domain_kinds[] = {
	{ "(create domain)", 3, make_domain, run_create },
	{ "(end domain)", 1, make_domain, run_end },
};
const unsigned int domain_kind_count = ARRAY_SIZE(domain_kinds);

/* The table of all ------------------------------------------------------------------------------
 */

static const struct {
	const struct kind *kinds;
	const unsigned int *count;
} groups[] = {
	{ memory_kinds, &memory_kind_count },
	{ event_kinds, &event_kind_count },
	{ grant_kinds, &grant_kind_count },
	{ domain_kinds, &domain_kind_count },
};

const struct kind *operation_kind(unsigned int kind)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++) {
		if (kind < *groups[i].count)
			return &groups[i].kinds[kind];
		kind -= *groups[i].count;
	}
	return NULL;
}

unsigned int operation_kinds(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(groups); i++)
		n += *groups[i].count;
	return n;
}

static unsigned int pick_kind(void)
{
	static unsigned int total;
	unsigned int at, kind = 0;

	if (!total)
		for (unsigned int i = 0; i < operation_kinds(); i++)
			total += operation_kind(i)->weight;
	for (at = machine_random(total); at >= operation_kind(kind)->weight; kind++)
		at -= operation_kind(kind)->weight;
	return kind;
}

/* Mostly by the domain of the one before: a switch makes the CPU forget. */
void operation_make(struct operation *o)
{
	static int d;

	if (!machine_random(4))
		d = (int)machine_random(DOMAINS);
	if (!spec.domain[d].alive)
		d = 0;
	*o = (struct operation){ .kind = (u16)pick_kind(), .d = (u16)d };
	operation_kind(o->kind)->make(o);
}

struct outcome operation_run(const struct operation *o)
{
	struct outcome out = { 1, 1 };

	if (!spec.domain[o->d].alive)
		return out; /* something before it was left out */
	out = operation_kind(o->kind)->run(o);
	if (out.spec != out.real)
		broken("the specification answers %ld, the hypervisor %ld", out.spec, out.real);
	real_settle();
	spec_reap();
	compare_states();
	spec_tlb_check();
	return out;
}

static u64 free_at_start;

/* The first place is a control domain's, which has the machine's devices too. */
static void create_first(void)
{
	ck_assert_int_eq(real_create(0), 0);
	real[0]->control = real[0]->hardware = true;
	adopt(0);
	populate(0, 18);
}

static void end_first(void)
{
	struct operation o = { 0 };

	real[0]->hardware = false; /* a domain that has them is never ended */
	run_end(&o);
}

static void end_all(void)
{
	struct operation o = { 0 };

	for (o.a[0] = 1; o.a[0] < DOMAINS; o.a[0]++)
		run_end(&o);
	end_first();
	real_settle();
	spec_reap();
	compare_states();
}

/* What the first domains leave in the allocator of small objects stays there: so all places are
 * filled once before the count. */
void operation_start(void)
{
	struct operation o = { 0 };

	memset(&spec, 0, sizeof(spec));
	for (u64 f = 0; f < FRAMES; f++)
		spec.frame[f].owner = NOBODY;
	real_start();
	create_first();
	for (o.a[0] = 1; o.a[0] < DOMAINS; o.a[0]++)
		run_create(&o);
	end_all();
	free_at_start = frame_free_count();
	create_first();
}

void operation_end(void)
{
	end_all();
	for (int d = 0; d < DOMAINS; d++)
		if (spec.domain[d].exists)
			broken("domain %d is dead and still held", d);
	if (frame_free_count() != free_at_start)
		broken("%lu frames were free in the beginning, %lu are in the end", free_at_start,
		       frame_free_count());
}
