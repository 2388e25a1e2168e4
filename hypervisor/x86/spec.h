/* SPDX-License-Identifier: MIT */
/*
 * Defences against speculation, by what the CPU says that it needs; spec-ctrl= switches each on or
 * off. docs/security.md has the table and the costs.
 *
 *   thunk  indirect calls of the hypervisor go through a return that cannot be predicted
 *   ibrs   predictors do not obey less privileged code: where the CPU can, set for good
 *   ibpb   a switch to another domain drops what the last one taught the branch predictor
 *   rsb    the same for the return stack: 32 calls fill it
 *   verw   on the way to a guest, CPU buffers are cleared (MDS and its kin)
 *   ssbd   loads do not pass stores to unknown addresses; set for good, off unless asked for
 *   bhi    indirect branches of the hypervisor do not follow branch history of guests; set for good
 *   mask   numbers and addresses of guests stay in bounds after the check (core/nospec.h)
 */
#ifndef X86_SPEC_H
#define X86_SPEC_H

#include <core/cpu.h>

extern struct spec {
	bool thunk, ibrs, ibpb, rsb, verw, ssbd, bhi, mask;
} spec;

/* Boot, in this order: what the CPU needs; what the option says of it ("no-verw" ...: always true);
 * what the CPU cannot do is off again, and the first word that is not known is named. */
void spec_choose(void);
bool spec_option(const char *value);
void spec_settle(void);
/* The words of what is on, "xpti" first if it is. */
const char *spec_text(void);
/* Every CPU: what is set for good. */
void spec_init_cpu(void);
/* This CPU is about to run a vCPU of d. */
void spec_switch(struct cpu *c, const struct domain *d);

#endif /* X86_SPEC_H */
