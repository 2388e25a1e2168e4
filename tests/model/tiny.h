/* SPDX-License-Identifier: MIT */
/*
 * A machine of eight frames with page tables of four entries, two domains and their CPUs: its whole
 * state as a value, and what must hold in it. For test_small_scope.c.
 */
#ifndef TESTS_MODEL_TINY_H
#define TESTS_MODEL_TINY_H

#include <core/frametype.h>

#include "../unit/fake_machine.h"

#define FIRST   16 /* frame */
#define FRAMES  8  /* from there on */
#define DOMAINS 2
#define GRANTS  2
#define ENTRIES 4 /* of a table */

struct tlb {
	u8 write, read, walk; /* bit: frame */
};

struct granted {
	u8 used, frame, readonly;
	u64 where;
};

extern struct domain *domains[DOMAINS];
extern struct tlb tlb[DOMAINS];
extern struct granted granted[GRANTS];

static inline struct frame *frame_of(unsigned int f)
{
	return mfn_to_frame(MFN(FIRST + f));
}

static inline u64 *words_of(unsigned int f)
{
	return mfn_va(MFN(FIRST + f));
}

/* tiny_state.c */
struct state;

/* Six frames are the first domain's, one is the second's, one is free. */
void tiny_start(void);
struct state *state_new(void);
void state_save(struct state *s);
void state_restore(const struct state *s);
/* The same for two states if nothing to come can tell them apart. Spoils s. */
u64 state_hash(struct state *s);

/* tiny_check.c */
void tlb_forget(void);
/* All that the domains can walk to now, their CPUs may hold. One that is dying does not run. */
void tlb_touch(void);
/* NULL, or what does not hold. */
const char *tiny_check(void);

#endif
