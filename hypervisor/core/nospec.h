/* SPDX-License-Identifier: MIT */
/*
 * Numbers and addresses of guests behind their check (Spectre v1).
 *
 * A CPU goes on behind a check whose outcome it has predicted, with a number that is about to be
 * refused. What it reads there is dropped, but not out of the caches: one read beyond a table, and
 * a second whose address comes from the first, tell a guest what stood there. So there is one of
 * these between a check and its use:
 *
 *   nospec_index   a number into a table: below the table's length, without a branch.
 *   nospec_clamp   the same, where the table's last row is what refuses.
 *   a fence        what follows waits until all checks before are decided. Every lock has one
 *                  (lock.h), and so have frame_get, behind the question whose frame it is, and
 *                  the door to guest memory (guest_access.h), behind the question whose address.
 *
 * Nothing is needed for a number that its type or an AND keeps inside, for what is found by
 * comparing, for what is used under a lock that was taken after the check, and for what a control
 * domain alone may ask, which may read all memory. docs/security.md has the list.
 *
 * `spec-ctrl=no-mask` takes both away at boot (x86/patch.h): a mask becomes one NOP, and a fence
 * goes into the instruction before it, which is made longer by prefixes.
 */
#ifndef PV_NOSPEC_H
#define PV_NOSPEC_H

#include <core/types.h>

#ifdef PV_HOST_TEST /* nothing to take away */
#define NOSPEC_SITE(from, to, feature) ""
#else
#define NOSPEC_SITE(from, to, feature)                                                   \
	".pushsection .patch, \"a\", @progbits\n.quad " from ", 0\n.long " to " - " from \
	", " feature "\n.popsection\n"
#endif

/* Assembler text: an instruction, which may be anywhere (no address relative to its own), and the
 * fence behind it. PATCH_GUARD of patch.h. */
#define NOSPEC_FENCED(insn) "773: " insn "\nlfence\n774:\n" NOSPEC_SITE("773b", "774b", "2")

/* i if it is below n, else 0. PATCH_MASK. */
static inline __attribute__((always_inline)) u64 nospec_index(u64 i, u64 n)
{
	u64 mask;

	__asm__("773: cmp %2, %0\nsbb %1, %1\nand %1, %0\n774:\n" NOSPEC_SITE("773b", "774b", "1")
		: "+r"(i), "=&r"(mask)
		: "re"(n)
		: "cc");
	return i;
}

/* i, at most `last`: where the last row of a table refuses, so that no check is needed besides. It
 * costs as much as one and is always there. */
static inline __attribute__((always_inline)) u64 nospec_clamp(u64 i, u64 last)
{
	__asm__("cmp %1, %0\ncmova %1, %0" : "+r"(i) : "r"(last) : "cc");
	return i;
}

/* After a branch whose outcome decides what the caller may touch. */
static inline void nospec_fence(void)
{
	__asm__ volatile("773: lfence\n774:\n" NOSPEC_SITE("773b", "774b", "1") : : : "memory");
}

#endif /* PV_NOSPEC_H */
