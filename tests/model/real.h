/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's core and pv rooms as they are, compiled for this machine: domains of the same
 * places as the specification's, and calls as a guest's CPU makes them. A call is preempted at
 * random and followed to its end.
 */
#ifndef TESTS_MODEL_REAL_H
#define TESTS_MODEL_REAL_H

#include "../unit/fake_arch.h"
#include "spec.h"

extern struct domain *real[DOMAINS];

/* The machine with a dom0 of its own, which is none of the specification's. */
void real_start(void);
/* A domain at place d, and its end; both tell the specification nothing. */
int real_create(int d);
void real_end(int d);
long real_call(int d, u64 nr, u64 a1, u64 a2, u64 a3, u64 a4);
/* The domain that is current on the machine's CPU. */
void real_run(int d);
u64 *real_word(u64 frame, u32 index);
/* After every call: what a way out does. */
void real_settle(void);

#endif
