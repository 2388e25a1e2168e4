/* SPDX-License-Identifier: MIT */
/*
 * The machine under the hypervisor's core and pv rooms when they run as a host program: some frames
 * of RAM, one CPU, a translation cache that forgets only when it is flushed, domains and vCPUs by
 * hand.
 *
 * Guest addresses are host addresses: guest_read and guest_write copy. What a test does not link is
 * defined in fake_machine.c, weakly: link the real file and it takes the fake's place.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include <core/arch.h>
#include <core/frame.h>
#include <core/vcpu.h>

struct machine {
	u64 frames;
	u64 now;          /* time_now() */
	u64 flushes;      /* tlb_clock() */
	u64 page_flushes; /* tlb_flush_page_*() calls */
	u64 crashes;      /* domain_crash() calls */
	u64 guest_faults; /* guest_read, guest_write: this many succeed, then one fails; ~0: none
			     fails */
	bool preempt;     /* what preempt_point() answers */
	unsigned int (*preempt_fn)(void); /* or who is asked */
	void (*on_flush)(void);           /* a full flush happened */
	struct domain *domains[16];
	u64 *m2p;
	u64 restart[5]; /* of the last hypercall_restart() */
};

extern struct machine machine;

/* RAM of so many frames, the first 16 kept from the allocator. Once in a process: each test has its
 * own. */
void machine_start(u64 frames);
/* A domain with nothing but its locks, its limit of pages and one vCPU, which is up and has an
 * info. */
struct domain *machine_domain(domid_t id, u64 max_pages);
/* Makes v current. */
void machine_run(struct vcpu *v);
/* From a seed, the same numbers on every host. */
u32 machine_random(u32 below);
void machine_seed(u64 seed);

#endif /* FAKE_MACHINE_H */
