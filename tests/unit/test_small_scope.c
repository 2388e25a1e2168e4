/* SPDX-License-Identifier: MIT */
/*
 * Everything that two domains can do with a handful of frames, to a depth: the type machine, the
 * validation of tables, entries, roots, pins, grants' mappings and the frame allocator as they are,
 * compiled for page tables of four entries and for calls that are preempted as early as can be.
 *
 *     test_small_scope [--depth N] [--tree-depth N]
 *
 * States are searched breadth first, from one in which nothing is made and from one in which a tree
 * of tables is loaded; a state that was seen is not looked at again. A domain runs on each of two
 * CPUs, whose TLBs hold all that could be walked to since the last flush. In every state:
 *
 *   - no CPU may write a page table of any kind or age, whole or half made;
 *   - no CPU may walk a table that somebody may write;
 *   - nobody reaches a frame of the other that was not granted;
 *   - the counts of each frame are those that its users explain.
 *
 * A call that is preempted is not followed: going on with it is one more operation, among all that
 * may come between. docs/checks.md has the figures.
 *
 * @limit: 180
 */
#include <stdlib.h>
#include <string.h>

#include <core/budget.h>
#include <core/grant.h>
#include <core/guest_access.h>
#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "../model/tiny.h"

#define WORDS 2 /* of a table's entries, that are written */
#define DEPTH 12

static const char *wrong;

/* Operations ------------------------------------------------------------------------------------
 */

static void run(unsigned int d)
{
	host_stack = domains[d]->vcpus[0]->stack;
	cpus[0].curr = domains[d]->vcpus[0];
	cpus[0].budget = BUDGET;
}

enum kind { UPDATE, PIN, UNPIN, ROOT, DECREASE, POPULATE, MAP, UNMAP, FLUSH, END };

struct op {
	u8 kind, d, frame, word, to, flags;
};

static struct op ops[4096];
static unsigned int op_count;

static void ext(const struct op *o, unsigned int cmd)
{
	struct mmuext_op e = { .cmd = cmd, .arg1.mfn = FIRST + o->frame };

	(void)hc_mmuext_op(GADDR((u64)&e), 1, GADDR(0), DOMID_SELF);
}

static void update(const struct op *o)
{
	struct mmu_update r = { .ptr = (u64)(FIRST + o->frame) << PAGE_SHIFT | o->word * 8,
				.val = o->flags ? (u64)(FIRST + o->to) << PAGE_SHIFT | o->flags
						: 0 };

	(void)hc_mmu_update(GADDR((u64)&r), 1, GADDR(0), DOMID_SELF);
}

/* As grant_map_op.c does it: what is mapped is referred to before, and let go after a flush. */
static void map(const struct op *o)
{
	struct granted *g = &granted[0];
	bool readonly = !(o->flags & PTE_RW);
	mfn_t mfn = MFN(FIRST + o->to);

	if (g->used)
		g++;
	if (g->used ||
	    (readonly ? frame_get(mfn, domains[1]) : frame_get_type(domains[1], mfn, FT_WRITABLE)))
		return;
	*g = (struct granted){ 1, o->to, readonly,
			       (u64)(FIRST + o->frame) << PAGE_SHIFT | o->word * 8 };
	if (!arch_grant_map(
		    domains[0], g->where,
		    GNTMAP_host_map | GNTMAP_contains_pte | (readonly ? GNTMAP_readonly : 0), mfn))
		return;
	*g = (struct granted){ 0 };
	if (!readonly)
		frametype_put_writable(mfn_to_frame(mfn));
	frame_put(mfn_to_frame(mfn));
}

static void unmap(const struct op *o)
{
	struct granted *g = &granted[o->frame];
	mfn_t mfn = MFN(FIRST + g->frame);

	if (!g->used || arch_grant_unmap(domains[0], g->where,
					 GNTMAP_host_map | GNTMAP_contains_pte |
						 (g->readonly ? GNTMAP_readonly : 0),
					 mfn, 0))
		return;
	tlb_flush_domain(domains[0]);
	if (!g->readonly)
		frametype_put_writable(mfn_to_frame(mfn));
	frame_put(mfn_to_frame(mfn));
	*g = (struct granted){ 0 };
}

/* By the other, or it could not be run again; what is begun goes on with the next of these. */
static void end(const struct op *o)
{
	run(!o->d);
	domains[o->d]->state = DOMAIN_DYING;
	if (arch_domain_relinquish(domains[o->d]))
		return;
}

static bool is_possible(const struct op *o)
{
	return o->kind == END || domains[o->d]->state == DOMAIN_ALIVE;
}

static void apply(const struct op *o)
{
	run(o->d);
	switch ((enum kind)o->kind) {
	case UPDATE: update(o); break;
	case PIN: ext(o, MMUEXT_PIN_L1_TABLE + o->word); break;
	case UNPIN: ext(o, MMUEXT_UNPIN_TABLE); break;
	case ROOT: ext(o, MMUEXT_NEW_BASEPTR); break;
	case DECREASE:
		if (arch_frame_release(domains[o->d], MFN(FIRST + o->frame)))
			break; /* refused, as most are */
		break;
	case POPULATE: (void)domain_frame_alloc(domains[o->d], 0, FRAME_BELOW_ANY).v; break;
	case MAP: map(o); break;
	case UNMAP: unmap(o); break;
	case FLUSH: ext(o, MMUEXT_TLB_FLUSH_LOCAL); break;
	case END: end(o); break;
	}
	tlb_touch();
	wrong = tiny_check();
}

static void add(enum kind kind, unsigned int d, unsigned int frame, unsigned int word,
		unsigned int to, u64 flags)
{
	ops[op_count++] = (struct op){ (u8)kind, (u8)d, (u8)frame, (u8)word, (u8)to, (u8)flags };
}

static void add_of_frame(unsigned int d, unsigned int f)
{
	for (unsigned int word = 0; word < WORDS; word++) {
		add(UPDATE, d, f, word, 0, 0);
		for (unsigned int to = 0; to < FRAMES; to++) {
			add(UPDATE, d, f, word, to, PTE_P | PTE_U);
			add(UPDATE, d, f, word, to, PTE_P | PTE_U | PTE_RW);
		}
	}
	for (unsigned int level = 0; level < 4; level++)
		add(PIN, d, f, level, 0, 0);
	add(UNPIN, d, f, 0, 0, 0);
	add(ROOT, d, f, 0, 0, 0);
	add(DECREASE, d, f, 0, 0, 0);
}

/* Every domain tries everything with every frame: that most is not its own is for the hypervisor to
 * say. The second maps nothing; it grants. */
static void add_all(void)
{
	for (unsigned int f = 0; f < FRAMES; f++) {
		add_of_frame(0, f);
		add(PIN, 1, f, 0, 0, 0);
		add(UNPIN, 1, f, 0, 0, 0);
		add(DECREASE, 1, f, 0, 0, 0);
		add(UPDATE, 1, f, 0, f, PTE_P | PTE_U | PTE_RW);
		for (unsigned int to = 0; to < FRAMES; to++) {
			add(MAP, 0, f, 1, to, 0);
			add(MAP, 0, f, 1, to, PTE_RW);
		}
	}
	for (unsigned int g = 0; g < GRANTS; g++)
		add(UNMAP, 0, g, 0, 0, 0);
	for (unsigned int d = 0; d < DOMAINS; d++) {
		add(POPULATE, d, 0, 0, 0, 0);
		add(END, d, 0, 0, 0, 0);
	}
	add(FLUSH, 0, 0, 0, 0, 0);
}

/* The search ------------------------------------------------------------------------------------
 */

struct path {
	u16 op[DEPTH];
};

static u64 *seen;
static size_t seen_size, seen_count;
static struct path *level_now, *level_next;
static size_t now_count, next_count, next_room;
static u64 transitions;

static void *grow(void *p, size_t bytes)
{
	p = realloc(p, bytes);
	if (!p)
		abort();
	return p;
}

static bool put_hash(u64 h)
{
	size_t at = h & (seen_size - 1);

	while (seen[at] && seen[at] != h)
		at = (at + 1) & (seen_size - 1);
	if (seen[at])
		return false;
	seen[at] = h;
	seen_count++;
	return true;
}

static bool is_new(u64 h)
{
	u64 *old = seen;
	size_t old_size = seen_size;

	if (seen_count * 2 >= seen_size) {
		seen_size = old_size ? old_size * 2 : 1 << 16;
		seen = calloc(seen_size, sizeof(*seen));
		if (!seen)
			abort();
		seen_count = 0;
		for (size_t i = 0; i < old_size; i++)
			if (old[i])
				put_hash(old[i]);
		free(old);
	}
	return put_hash(h);
}

static void print_path(const struct path *p, unsigned int depth)
{
	static const char *const names[] = { "update",   "pin", "unpin", "root",  "decrease",
					     "populate", "map", "unmap", "flush", "end" };

	for (unsigned int i = 0; i < depth; i++) {
		const struct op *o = &ops[p->op[i]];

		printf("  domain %u: %s(frame %u, word or level %u, to %u, flags %#x)\n", o->d,
		       names[o->kind], o->frame, o->word, o->to, o->flags);
	}
	printf("%s\n", wrong);
}

static bool expand(const struct state *start, const struct path *p, unsigned int depth, bool last)
{
	static struct state *here, *there;

	if (!here) {
		here = state_new();
		there = state_new();
	}
	state_restore(start);
	for (unsigned int i = 0; i < depth; i++)
		apply(&ops[p->op[i]]);
	state_save(here);
	for (unsigned int i = 0; i < op_count; i++) {
		struct path next = *p;

		if (!is_possible(&ops[i]))
			continue;
		apply(&ops[i]);
		transitions++;
		next.op[depth] = (u16)i;
		if (wrong) {
			print_path(&next, depth + 1);
			return false;
		}
		state_save(there);
		state_restore(here);
		if (!is_new(state_hash(there)) || last)
			continue;
		if (next_count == next_room) {
			next_room = next_room ? next_room * 2 : 4096;
			level_next = grow(level_next, next_room * sizeof(*level_next));
		}
		level_next[next_count++] = next;
	}
	return true;
}

static bool search(const char *from, const struct state *start, unsigned int depth)
{
	struct path *p;

	if (seen)
		memset(seen, 0, seen_size * sizeof(*seen));
	seen_count = transitions = 0;
	next_room = next_count = 0;
	level_next = NULL;
	level_now = calloc(1, sizeof(*level_now));
	now_count = 1;
	for (unsigned int n = 0; n < depth; n++) {
		for (size_t i = 0; i < now_count; i++)
			if (!expand(start, &level_now[i], n, n + 1 == depth))
				return false;
		printf("%s: depth %u: %zu states, %lu operations done\n", from, n + 1, seen_count,
		       transitions);
		fflush(stdout);
		p = level_now;
		level_now = level_next;
		now_count = next_count;
		free(p);
		level_next = NULL;
		next_count = next_room = 0;
	}
	free(level_now);
	return true;
}

/* The first domain's frames in their order: L4, L3, L2, L1, which maps one writable. */
static bool make_tree(void)
{
	u8 own[FRAMES], n = 0;

	for (u8 f = 0; f < FRAMES; f++)
		if (FRAME_OWNER(frame_of(f)->refs) == domains[0]->id)
			own[n++] = f;
	for (unsigned int i = 0; i < 4; i++)
		apply(&(struct op){ UPDATE, 0, own[i], 0, own[i + 1],
				    (u8)(PTE_P | PTE_U | PTE_RW) });
	apply(&(struct op){ ROOT, 0, own[0], 0, 0, 0 });
	return !wrong && mmu_root_own(domains[0]->vcpus[0]->arch.kernel_l4);
}

int main(int argc, char **argv)
{
	unsigned int depth = 2, tree_depth = 3;
	static struct state *start; /* kept to the end */

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--depth"))
			depth = (unsigned int)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--tree-depth"))
			tree_depth = (unsigned int)atoi(argv[i + 1]);
	}
	if (depth > DEPTH || tree_depth > DEPTH)
		return 2;
	tiny_start();
	add_all();
	start = state_new();
	state_save(start);
	if (!search("from nothing", start, depth))
		return 1;
	state_restore(start);
	if (!make_tree())
		return 99;
	state_save(start);
	return !search("from a tree", start, tree_depth);
}
