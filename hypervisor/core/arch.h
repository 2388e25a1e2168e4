/* SPDX-License-Identifier: MIT */
/*
 * The way from core down to the machine and the guest kind: everything that core may call there,
 * and nothing else. Room and file of each stand above it.
 */
#ifndef PV_ARCH_H
#define PV_ARCH_H

#include <core/event.h>
#include <core/grant.h>

/* x86/time.c ---------------------------------------------------------------------------------- */
u64 time_now(void);              /* system time, ns since boot; never steps back on one CPU */
void time_program(u64 deadline); /* the CPU's one-shot timer; ~0 stops it; the past fires at once */
/* Writes pvclock data (version odd while written) and, for shared, wall-clock time. */
void time_write_info(struct vcpu *v);
void time_write_wallclock(struct domain *d);

/* x86/context.c ------------------------------------------------------------------------------- */
/* Switches the CPU from prev to next: CR3, stack, descriptor windows, segment state, FPU. Returns
 * when prev runs again. Interrupts off, no lock. */
void context_switch(struct vcpu *prev, struct vcpu *next);
/* The first code of a new vCPU's stack: goes through exit_work to its frame. Idle: sched_idle. */
void context_prepare(struct vcpu *v);
void cpu_idle(void); /* waits for an interrupt, interrupts open meanwhile */
void irq_poll(void); /* opens interrupts for a moment */
/* Makes another CPU leave its guest or its idle wait, to look at its vCPU's work (VECTOR_RESCHED).
 */
void cpu_kick(struct cpu *c);

/* x86/hostmap.c ------------------------------------------------------------------------------- */
/* A stack of STACK_SIZE with a guard page below, its top ready; NULL if there is no memory. */
struct stack_top *stack_alloc(void);
void stack_free(struct stack_top *top);

/* x86/tlb.c ----------------------------------------------------------------------------------- */
void tlb_flush_local(void);              /* all guest translations of this CPU */
void tlb_flush_domain(struct domain *d); /* on every CPU that runs d */
/* Counts full flushes of this CPU: a frame whose stamp is older needs no flush. */
u64 tlb_clock(void);

/* x86/cache.c --------------------------------------------------------------------------------- */
void cache_flush_page(const void *va); /* writes back and drops one page's lines, on all CPUs */

/* x86/m2p.c (in hostmap.c) -------------------------------------------------------------------- */
void m2p_set(mfn_t mfn, pfn_t pfn); /* mfn_valid; PFN_NONE: nobody's */

/* x86/uart.c ---------------------------------------------------------------------------------- */
void uart_write(const char *s, size_t n);      /* buffered; dropped never, waits when full */
void uart_write_sync(const char *s, size_t n); /* for panic: polls */

/* x86/link.lds.S: the linker's build id. */
extern char build_id_start[], build_id_end[];

/* x86/machine.c ------------------------------------------------------------------------------- */
const char *machine_cmdline(void); /* the hypervisor's own */
void machine_dump(void);           /* for panic: registers, stack, page walk, last hypercalls */
void machine_halt(void) NORETURN;
void machine_panic_end(void) NORETURN; /* reboots, or halts with noreboot */

/* pv: domain and vCPU parts ------------------------------------------------------------------- */
int arch_domain_init(struct domain *d) MUST_CHECK; /* pv/pv_domain.c */
/* Drops page-table roots, descriptor frames, LDT pages, pins, all frames; resumable. Vcpus at rest.
 */
int arch_domain_relinquish(struct domain *d) MUST_CHECK; /* pv/relinquish.c */
void arch_domain_free(struct domain *d);
int arch_vcpu_init(struct vcpu *v) MUST_CHECK;
void arch_vcpu_free(struct vcpu *v);
/* Context as VCPUOP_initialise and domctl give it; checks everything, then commits. */
int arch_vcpu_set_context(struct vcpu *v,
			  const struct vcpu_guest_context *c) MUST_CHECK; /* -ERESTART */

/* A frame leaves d's reservation (pv/root.c). -EINVAL: it is not in it. -EBUSY: it is a pinned page
 * table or half validated (XSA-252: only its owner unpins it). */
int arch_frame_release(struct domain *d, mfn_t mfn) MUST_CHECK;

/* dom0: what a hardware domain has ------------------------------------------------------------ */
/* An interrupt meets an event channel: -EINVAL: not mapped; -EBUSY: bound, or the hypervisor's own;
 * -ENOSPC: no vector. LOCK_PIRQ is taken. */
int pirq_bind_port(u32 pirq, u32 port) MUST_CHECK;
void pirq_unbind_port(u32 pirq);
/* SCHEDOP_shutdown of the hardware domain: poweroff, reboot or crash of the machine. */
void hardware_domain_shutdown(u32 code);

#endif /* PV_ARCH_H */
