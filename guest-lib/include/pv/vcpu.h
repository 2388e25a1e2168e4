/* SPDX-License-Identifier: MIT */
/*
 * More than one vCPU: what each has of its own, starting the others, knowing which one is running.
 *
 * A kernel keeps an array of struct pv_vcpu, names it in struct pv_events (event.h), whose
 * pv_events_init() fills it, and calls pv_vcpu_set_current() on the first vCPU before that. The
 * vCPUs that it starts then register entries of their own: pv_trap_init(), pv_events_vcpu_init().
 *
 * Statics: the context of the vCPU that is being started, so one is started at a time.
 */
#ifndef PV_VCPU_H
#define PV_VCPU_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_PORTS_PER_WORD 64
#define PV_PORT_WORDS     64

struct pv_vcpu {
	struct pv_vcpu *self;   /* at GS:0 while this vCPU runs in kernel mode */
	struct vcpu_info *info; /* of shared_info; after VCPUOP_register_vcpu_info, the new place */
	unsigned int id;
	unsigned long ports[PV_PORT_WORDS]; /* event channels that it handles; event.h keeps it */
};

/* The running vCPU, after pv_vcpu_set_current(): what struct pv_events wants to know. [upcall] */
static inline struct pv_vcpu *pv_vcpu_current(void)
{
	struct pv_vcpu *vcpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(vcpu));
	return vcpu;
}

/*
 * Makes *vcpu the running vCPU's: its GS base in kernel mode points there from now on. A struct
 * pv_vcpu may be the first member of something larger of the kernel's. For the first vCPU; the
 * others start so. Errors: those of set_segment_base.
 */
int pv_vcpu_set_current(struct pv_vcpu *vcpu) PV_MUST_CHECK;

/*
 * Starts the vCPU of that struct, filled by pv_events_init(): it calls main(argument) in kernel
 * mode, on the stack that ends at stack_top (16-byte aligned), on the caller's page tables, with
 * events masked and no traps set. When main() returns, the vCPU goes down for good. Errors: those
 * of VCPUOP_initialise (-XEN_ENOENT: the domain has no such vCPU; -XEN_EEXIST: it was started
 * before) and VCPUOP_up.
 */
int pv_vcpu_start(struct pv_vcpu *vcpu, void *stack_top, void (*main)(void *argument),
		  void *argument) PV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
