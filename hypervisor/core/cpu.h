/* SPDX-License-Identifier: MIT */
/*
 * A physical CPU. Nothing obtained from this_cpu() may be kept across schedule().
 *
 * The hypervisor runs with interrupts off, except in idle and at preempt points: so data that only
 * one CPU uses needs no lock, and a spinlock needs no irqsave form.
 */
#ifndef PV_CPU_H
#define PV_CPU_H

#include <core/list.h>
#include <core/lock.h>
#include <core/regs.h>
#include <core/timer.h>
#include <core/types.h>

#define NR_CPUS 128

struct entry_data; /* x86/entry.S: what the SYSCALL entry page reads RIP-relative */

struct timer_queue {
	struct spinlock lock; /* LOCK_TIMER */
	struct timer *root;   /* earliest deadline */
	u64 programmed;       /* deadline the hardware is set to, or ~0 */
};

struct run_queue {
	struct spinlock lock;   /* LOCK_SCHED */
	struct list_head vcpus; /* runnable, by virtual runtime; the running one is not in it */
	struct timer slice;     /* preempts the current vCPU when others wait */
	u64 min_vruntime;
	u64 slice_end; /* system time at which the current vCPU is to be preempted */
	unsigned int count;
};

struct cpu {
	unsigned int id; /* 0 is the boot CPU */
	u32 apic_id, acpi_id;
	struct vcpu
		*curr; /* who runs now (the same as stack_top()->vcpu, except inside the switch) */
	struct vcpu *idle;      /* runs on the hypervisor's own L4 */
	struct vcpu *fpu_owner; /* whose FPU state the registers hold */
	paddr_t loaded_l4;      /* exactly what CR3 holds; changed with it, interrupts off */
	struct entry_data *entry;
	u64 spec_serial; /* of the domain that ran last (x86/spec.c) */
	struct run_queue rq;
	struct timer_queue timers;
	unsigned int vcpus; /* that live here */
	s64 budget;         /* budget.h */
	u64 idle_time;      /* ns */
	u64 cr4;
	bool online;
	u8 nmi_pending, mce_pending; /* set on IST stacks from ring 0, served on the way out */
	struct {
		u64 cr3_loads, invlpg, wrmsr, locked, hypercalls, interrupts;
	} count; /* debug counters for the benchmark */
};

extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus;         /* online */
extern unsigned int nr_cpus_present; /* counted in the MADT */

static inline struct cpu *this_cpu(void)
{
	return stack_top()->cpu;
}

#define current (stack_top()->vcpu)

#endif /* PV_CPU_H */
