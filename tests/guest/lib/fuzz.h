/* SPDX-License-Identifier: MIT */
/*
 * Random operations of a hostile guest, from a seed. The guest is a fork (child.h) that knows its
 * own frames, so most operations get far; each may fault, and the guest lives on.
 *
 * Statics: the generator's state, the place.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "child.h"

#define FUZZ_FRAMES  8 /* own pages to make tables of, to map, to give away */
#define FUZZ_FOREIGN 4
#define FUZZ_SLOTS   128 /* L1 entries below the child that map what the fuzzing wants */

/* The kinds of operations, as they are counted. */
/* clang-format off */
#define FUZZ_KINDS(K) \
	K(by_number) K(by_row) K(mmu_update) K(mmuext) K(va_mapping) K(multicall) K(grant) \
	K(reservation) K(descriptor) K(context) K(instruction) K(debug_control) K(bytes) K(frame)
/* clang-format on */
#define FUZZ_KIND(name) FUZZ_##name,
enum fuzz_kind { FUZZ_KINDS(FUZZ_KIND) FUZZ_NR_KINDS };

struct fuzz_place {
	const struct child *child;
	xen_pfn_t frame[FUZZ_FRAMES];
	xen_pfn_t foreign[FUZZ_FOREIGN]; /* of the control domain */
	uint64_t *scratch;               /* a page for structures */
	uint64_t slots;                  /* the address that the first of FUZZ_SLOTS maps */
};

extern struct fuzz_place fuzz;

/* The generator: xorshift. The state must not be 0. */
void fuzz_seed(uint64_t seed);
uint64_t fuzz_random(void);

/* True once in `n` times: for what ends the guest. */
bool fuzz_rarely(unsigned int n);

/* Interesting values: frames, entries of page tables, machine addresses of entries, guest
 * addresses, domains, and any of them or a number. */
xen_pfn_t fuzz_frame(void);
uint64_t fuzz_pte(void);
uint64_t fuzz_entry(void);
uint64_t fuzz_pointer(void);
domid_t fuzz_domain(void);
uint64_t fuzz_value(void);

/* A value for DR7 that turns no breakpoint on: QEMU 7.2 dies of some. guest/debugreg has them. */
#define FUZZ_DR7(value) ((value) & ~0xffUL)

/* Room for a structure in the scratch page, filled with random values. */
void *fuzz_structure(size_t size);

/* One hypercall; one instruction, in kernel or user mode; with whatever they need. */
enum fuzz_kind fuzz_hypercall(void);
enum fuzz_kind fuzz_instruction(void);

/* Sets traps, callbacks and stacks again after an operation that may have changed them. */
void fuzz_repair(void);

#endif
