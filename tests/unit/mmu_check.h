/* SPDX-License-Identifier: MIT */
/*
 * The MMU's invariants, recomputed from nothing: what every page table, pin and root says is added
 * up and compared with the counts that the frames carry; and no translation that a CPU may still
 * hold is of a frame that is something else by now. (SECURITY: type safety, balance, translations,
 * undoing exactly.)
 */
#ifndef MMU_CHECK_H
#define MMU_CHECK_H

#include "fake_machine.h"

/* References that the test itself took on a frame, beside those of tables, pins and roots. */
void mmu_check_extra(mfn_t mfn, int refs, int types);
/* Fails the test at the first thing that does not add up; what: printed with it. */
void mmu_check(const char *what);
/* The CPU uses va in v's kernel tables: all that it would cache is cached, until a flush. */
void mmu_touch(struct vcpu *v, u64 va);

#endif /* MMU_CHECK_H */
