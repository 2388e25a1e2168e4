/* SPDX-License-Identifier: MIT */
/*
 * What core calls below and above itself, for tests that run real domains and vCPUs on the fake
 * machine: a switch that only changes `current`, page tables that are a list of grant mappings, no
 * devices.
 */
#ifndef FAKE_ARCH_H
#define FAKE_ARCH_H

#include "fake_machine.h"

struct fake_arch {
	u64 programmed; /* last deadline given to the hardware timer */
	u64 switches;
	u64 irq_polls;
	u32 pirq, pirq_port;     /* bound, or 0 */
	bool (*interrupt)(void); /* does one come at a preempt point? */
	int pirq_error;          /* what pirq_bind_port answers */
	int map_error;           /* what arch_grant_map answers */
	unsigned int
		relinquish_restarts; /* so often arch_domain_relinquish wants to be called again */
	u32 hardware_shutdown;       /* code + 1 */
	struct grant_mapping {
		u64 addr;
		u32 flags;
		mfn_t mfn;
		bool used;
	} mappings[64];
};

extern struct fake_arch arch;

/* The machine, its boot CPU with an idle vCPU, and dom0 with one vCPU that runs. */
struct domain *core_start(u64 frames);
/* A domain that runs, as domctl would make it. */
struct domain *core_domain(unsigned int vcpus, u64 max_pages);
/* The way out to the guest, as far as core is concerned: stops and switches where work says so. */
void core_exit(void);
/* Lets ns pass and timers fire, as an interrupt would. */
void core_pass(u64 ns);
/* Ends d: calls domain_destroy until it is done. */
void core_destroy(struct domain *d);
unsigned int core_mappings(void);

#endif /* FAKE_ARCH_H */
