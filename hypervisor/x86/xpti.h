/* SPDX-License-Identifier: MIT */
/*
 * Page-table isolation, for CPUs whose ring 3 can read what is mapped for ring 0 (Meltdown).
 *
 * A guest's own L4 shows two of the hypervisor's slots: the machine-to-physical table, which guests
 * may read, and the entry slot. While the hypervisor runs, the CPU has a root of its own with all
 * slots and, for its copies to and from the guest, the guest's half of the L4 that is loaded. Entry
 * code changes between the two. No translation is global, and none outlives a change of CR3.
 */
#ifndef X86_XPTI_H
#define X86_XPTI_H

#include <core/cpu.h>

extern bool xpti_on;

/* Boot, before hostmap_init: by the CPU and the option xpti=. */
void xpti_decide(void);
/* Boot, in hostmap_init: makes what guests' L4s hold of the hypervisor's slots. */
void xpti_init_slots(void);
/* The CPU's root for the hypervisor, into its entry data. */
void xpti_init_cpu(struct cpu *c);
/* The guest is to run on root: answers the CPU's own one that follows it, for CR3 to hold now. */
paddr_t xpti_follow(struct cpu *c, paddr_t root);
/* The entry at slot of an L4 was written: who runs on a copy is to see it. */
void xpti_l4_written(const u64 *slot);
/* A frame is about to become an L4: what was copied of it when it was one before is old. */
void xpti_l4_made(paddr_t l4);

#endif /* X86_XPTI_H */
