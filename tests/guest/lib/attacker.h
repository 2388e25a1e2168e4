/* SPDX-License-Identifier: MIT */
/*
 * An ordinary domain that makes a list of hypercalls, each with the answer that it has to get:
 * attacker_make, then what it is to call, then attacker_run, then attacker_destroy.
 */
#ifndef ATTACKER_H
#define ATTACKER_H

#include "child.h"

/* Wanted answers: an error, whichever; any, since what comes behind shows whether it was right. */
#define REFUSED  0x7001L
#define WHATEVER 0x7002L

extern struct child attacker;

/* Makes it, with an empty list. */
void attacker_make(void);
/* The same with code of its own, which runs at once. */
void attacker_start(const char *code, const char *code_end);

/* Room in its data page; what a call wrote there can be read once the list has run. */
void *attacker_keep(const void *data, size_t size);
#define KEEP(...) attacker_keep(&(__VA_ARGS__), sizeof(__VA_ARGS__))
/* Where the attacker has what was kept. */
uint64_t attacker_va(const void *kept);

void attacker_add(const char *what, long wanted, struct child_call call);
#define ATTACK(what, wanted, name, ...) \
	attacker_add(what, wanted,      \
		     (struct child_call){ __HYPERVISOR_##name, { __VA_ARGS__ }, 0x5555 })

/* Runs the list and compares the answers. */
void attacker_run(void);
/* Destroys it. All of its pages come back, so no call kept a reference or lost one. */
void attacker_destroy(const char *what);

#endif
