/* SPDX-License-Identifier: MIT */
/*
 * Weighted fair sharing of a CPU among its runnable vCPUs: the one with the smallest virtual
 * runtime (time run, divided by weight) runs next, for one slice at most. One that wakes starts no
 * more than a slice behind the others. Switching happens in exit_work and in idle alone.
 */
#ifndef PV_SCHED_H
#define PV_SCHED_H

#include <core/vcpu.h>

#define SCHED_SLICE          10000000UL /* ns */
#define SCHED_WEIGHT_DEFAULT 256

/* Makes c's queues, timers and idle vCPU; called on c, on the stack that idle keeps. */
void sched_init_cpu(struct cpu *c);
/* Chooses the CPU of a new vCPU. */
void sched_place(struct vcpu *v);
/* Something may have made v runnable: queues it, asks the CPU to reschedule if v should run first.
 */
void sched_wake(struct vcpu *v);
/* An event came: if v blocks or polls, it is to go on. */
void sched_unblock(struct vcpu *v);
/* v may not be runnable any more: takes it from the queue, or makes its CPU stop it. */
void sched_stop(struct vcpu *v);
/* Current goes to the end of those that wait. (Not "sched_yield": on the build host that is
 * libc's.) */
void sched_yield_current(void);
/* Picks and switches; returns when current runs again. Called with interrupts off, no lock held. */
void schedule(void);
void sched_set_weight(struct vcpu *v, u64 weight);
/* The idle vCPU's loop; never returns. */
void sched_idle(void) NORETURN;

#endif /* PV_SCHED_H */
