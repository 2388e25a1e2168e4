/* SPDX-License-Identifier: MIT */
/*
 * The operations of a run: made up at random from the state of the specification, then plain data
 * that can be done again, or left out.
 */
#ifndef TESTS_MODEL_OPERATION_H
#define TESTS_MODEL_OPERATION_H

#include "spec.h"

#define ARGS 8

struct operation {
	u16 kind;
	u16 d;
	u64 a[ARGS];
};

/* What both sides answered. */
struct outcome {
	long spec, real;
};

struct kind {
	const char *name;
	unsigned int weight;
	void (*make)(struct operation *o); /* kind and d are set, the rest is 0 */
	struct outcome (*run)(const struct operation *o);
};

extern const struct kind memory_kinds[], event_kinds[], grant_kinds[], domain_kinds[];
extern const unsigned int memory_kind_count, event_kind_count, grant_kind_count, domain_kind_count;

extern const struct kind *const populate_kind; /* of memory_kinds */

/* operation.c */
unsigned int operation_kinds(void);
const struct kind *operation_kind(unsigned int kind);
void operation_make(struct operation *o);
/* Does it on both sides and compares what they answered, and everything that can be seen. */
struct outcome operation_run(const struct operation *o);
void operation_start(void); /* both sides from the beginning */
void operation_end(void);   /* all domains go, and nothing is left of them */

/* Choices for those who make operations up. */
u32 pick_word(void);
u64 pick_va(int d);
enum leaning { LEAN_L4, LEAN_L3, LEAN_L2, LEAN_L1, LEAN_DATA, LEAN_ANY };
enum leaning leaning_of(u64 frame);
u64 pick_frame(int d, enum leaning leaning); /* mostly d's */
/* One of d's live tables of that type, mostly. */
u64 pick_table(int d, enum type type);
u64 pick_entry(int d, u64 table);
u32 pick_id(int d); /* of d itself, mostly; ID_SELF or another */
int pick_other(int d);
u32 id_of(int d); /* or one that nobody has */

/* compare.c */
void compare_states(void);

#endif
