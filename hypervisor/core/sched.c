/* SPDX-License-Identifier: MIT */
/*
 * Weighted fair sharing. A vCPU's virtual runtime grows while it runs, the slower the heavier it
 * weighs; the runnable one that has least runs next. The queue is sorted by it and does not hold
 * the running one.
 *
 * A vCPU leaves its CPU in schedule() alone, which only exit_work and the idle loop call. Everybody
 * else changes what vcpu_runnable() looks at and then says so: sched_wake, sched_stop. Both decide
 * under the run queue's lock, so of a change and its opposite the last one counts.
 */
#include <core/arch.h>
#include <core/frame.h>
#include <core/lib.h>
#include <core/printk.h>
#include <core/sched.h>

#define WEIGHT_MAX 65535UL

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1;
unsigned int nr_cpus_present = 1;

static struct domain idle_domain = { .id = DOMID_IDLE };
static struct vcpu_info idle_info = { .evtchn_upcall_mask = 1 };
static struct vcpu boot_idle;

static void fire_slice(struct timer *t)
{
	struct cpu *c = container_of(t, struct cpu, rq.slice);

	if (c->rq.count)
		vcpu_work_set(c->curr, WORK_RESCHED);
}

void sched_init_cpu(struct cpu *c)
{
	struct vcpu *idle = c == &cpus[0] ? &boot_idle : kalloc(sizeof(*idle));

	spin_init(&c->rq.lock, LOCK_SCHED);
	list_init(&c->rq.vcpus);
	timer_init(&c->rq.slice, fire_slice);
	spin_init(&c->timers.lock, LOCK_TIMER);
	c->timers.programmed = ~0UL;
	BUG_ON(!idle);
	idle->domain = &idle_domain;
	idle->id = c->id;
	idle->info = &idle_info;
	idle->cpu = c;
	idle->running = true;
	list_init(&idle->run_link);
	idle->stack = stack_top();
	idle->stack->vcpu = idle;
	idle->stack->cpu = c;
	c->idle = c->curr = idle;
}

static bool may_use(const struct vcpu *v, unsigned int cpu)
{
	return v->affinity[cpu / 64] >> cpu % 64 & 1;
}

/* The allowed CPU with the fewest vCPUs. */
void sched_place(struct vcpu *v)
{
	struct cpu *best = NULL;

	for (unsigned int i = 0; i < NR_CPUS; i++)
		if ((cpus[i].online || i == 0) && may_use(v, i) &&
		    (!best || cpus[i].vcpus < best->vcpus))
			best = &cpus[i];
	v->cpu = best ? best : &cpus[0];
	v->cpu->vcpus++;
}

void sched_set_weight(struct vcpu *v, u64 weight)
{
	v->weight = MAX(1UL, MIN(weight, WEIGHT_MAX));
}

static u64 virtual_time(const struct vcpu *v, u64 ns)
{
	return likely(v->weight == SCHED_WEIGHT_DEFAULT) ? ns
							 : ns * SCHED_WEIGHT_DEFAULT / v->weight;
}

static void enqueue(struct run_queue *rq, struct vcpu *v)
{
	struct list_head *at = rq->vcpus.prev;

	while (at != &rq->vcpus && list_entry(at, struct vcpu, run_link)->vruntime > v->vruntime)
		at = at->prev;
	list_add(at, &v->run_link);
	v->queued = true;
	rq->count++;
}

static void dequeue(struct run_queue *rq, struct vcpu *v)
{
	list_del(&v->run_link);
	v->queued = false;
	rq->count--;
}

/* What the running vCPU has used since it was last charged. */
static void charge(struct cpu *c, struct vcpu *v, u64 now)
{
	u64 used = now - v->last_switch;

	v->last_switch = now;
	if (v == c->idle)
		c->idle_time += used;
	else
		v->vruntime += virtual_time(v, used);
}

static int resting_state(const struct vcpu *v)
{
	if (vcpu_runnable(v))
		return RUNSTATE_runnable;
	return v->up && v->block != VCPU_RUNS ? RUNSTATE_blocked : RUNSTATE_offline;
}

static void ask_resched(struct cpu *c)
{
	vcpu_work_set(c->curr, WORK_RESCHED);
	if (c != this_cpu())
		cpu_kick(c);
}

/* What the least served of those that run or wait has had: who was away starts there, however long
 * no choice was made. */
static void advance(struct cpu *c)
{
	struct run_queue *rq = &c->rq;
	u64 least = ~0UL;

	if (c->curr != c->idle)
		least = c->curr->vruntime;
	if (rq->count)
		least = MIN(least, list_first(&rq->vcpus, struct vcpu, run_link)->vruntime);
	if (least != ~0UL)
		rq->min_vruntime = MAX(rq->min_vruntime, least);
}

/* The run queue's lock is held. */
static void wake(struct cpu *c, struct vcpu *v)
{
	struct run_queue *rq = &c->rq;
	u64 floor;

	if (v->queued || v->running || !vcpu_runnable(v))
		return;
	vcpu_runstate_set(v, RUNSTATE_runnable);
	charge(c, c->curr, v->runstate.state_entry_time);
	advance(c);
	floor = rq->min_vruntime > SCHED_SLICE ? rq->min_vruntime - SCHED_SLICE : 0;
	v->vruntime = MAX(v->vruntime, floor);
	enqueue(rq, v);
	if (c->curr == c->idle || v->vruntime < c->curr->vruntime)
		ask_resched(c);
	else if (c == this_cpu() && !timer_is_set(&rq->slice))
		timer_set(&rq->slice, rq->slice_end);
	else if (c != this_cpu())
		ask_resched(c);
}

void sched_wake(struct vcpu *v)
{
	struct cpu *c = v->cpu;

	spin_lock(&c->rq.lock);
	wake(c, v);
	spin_unlock(&c->rq.lock);
}

void sched_unblock(struct vcpu *v)
{
	struct cpu *c = v->cpu;
	u8 was;

	spin_lock(&c->rq.lock);
	was = v->block;
	v->block = VCPU_RUNS;
	if (was != VCPU_RUNS)
		wake(c, v);
	spin_unlock(&c->rq.lock);
	if (was == VCPU_POLLING) {
		__atomic_fetch_sub(&v->domain->pollers, 1, __ATOMIC_SEQ_CST);
		timer_stop(&v->poll_timer);
	}
}

void sched_stop(struct vcpu *v)
{
	struct cpu *c = v->cpu;

	spin_lock(&c->rq.lock);
	if (!vcpu_runnable(v)) {
		if (v->queued) {
			dequeue(&c->rq, v);
			vcpu_runstate_set(v, resting_state(v));
		} else if (v->running) {
			vcpu_work_set(v, WORK_STOP);
			if (c != this_cpu())
				cpu_kick(c);
		}
	}
	spin_unlock(&c->rq.lock);
}

void sched_yield_current(void)
{
	struct vcpu *v = current;
	struct cpu *c = this_cpu();
	struct run_queue *rq = &c->rq;

	if (!rq->count)
		return;
	spin_lock(&rq->lock);
	charge(c, v, time_now());
	if (rq->count)
		v->vruntime = MAX(v->vruntime,
				  list_entry(rq->vcpus.prev, struct vcpu, run_link)->vruntime);
	spin_unlock(&rq->lock);
	vcpu_work_set(v, WORK_RESCHED);
}

static struct vcpu *pick(struct cpu *c)
{
	struct run_queue *rq = &c->rq;
	struct vcpu *v;

	if (list_empty(&rq->vcpus))
		return c->idle;
	v = list_first(&rq->vcpus, struct vcpu, run_link);
	dequeue(rq, v);
	rq->min_vruntime = MAX(rq->min_vruntime, v->vruntime);
	return v;
}

/* Lock held. prev is at rest as far as others may see: with several CPUs the switch itself must be
 * what clears `running`, once prev's stack is left. */
static void change(struct cpu *c, struct vcpu *prev, struct vcpu *next, u64 now)
{
	if (prev != c->idle)
		vcpu_runstate_set(prev, resting_state(prev));
	if (next != c->idle)
		vcpu_runstate_set(next, RUNSTATE_running);
	if (next->runstate_area.v || next->time_area.v)
		vcpu_work_set(next, WORK_TIME);
	next->last_switch = now;
	next->cpu = c;
	next->stack->cpu = c;
	next->running = true;
	c->curr = next;
	__atomic_store_n(&prev->running, false, __ATOMIC_RELEASE);
}

void schedule(void)
{
	struct cpu *c = this_cpu();
	struct run_queue *rq = &c->rq;
	struct vcpu *prev = c->curr, *next;
	u64 now;

	domain_reap();
	now = time_now();
	spin_lock(&rq->lock);
	charge(c, prev, now);
	if (prev != c->idle && vcpu_runnable(prev))
		enqueue(rq, prev);
	next = pick(c);
	rq->slice_end = now + SCHED_SLICE;
	if (rq->count)
		timer_set(&rq->slice, rq->slice_end);
	if (next != prev)
		change(c, prev, next, now);
	spin_unlock(&rq->lock);
	if (next != prev)
		context_switch(prev, next);
}

void sched_idle(void)
{
	struct vcpu *idle = current;

	for (;;) {
		vcpu_work_clear(idle, 0xff);
		schedule();
		if (!idle->work && !this_cpu()->rq.count)
			cpu_idle();
	}
}
