/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU and its hypervisor stack.
 *
 * `work` is the one byte that the way out tests: any bit set leads to the slow path (exit_work),
 * where alone pause, death, blocking, bounces and upcalls happen. A vCPU that is not on a CPU is at
 * rest: its whole state is in its frame and in this struct, since nothing ever sleeps inside a
 * handler.
 */
#ifndef PV_VCPU_H
#define PV_VCPU_H

#include <core/cpu.h>
#include <core/domain.h>
#include <core/list.h>
#include <core/timer.h>

/* vcpu.work; set with vcpu_work_set, cleared in exit_work. */
#define WORK_RESCHED 0x01 /* the CPU wants another vCPU to run */
#define WORK_STOP    0x02 /* it may not be runnable any more: paused, blocked, dying, offline */
#define WORK_RESTART 0x04 /* the hypercall is to be executed again with hc.args */
#define WORK_FRAME \
	0x08 /* a hypercall replaced the frame: leave by IRET with all registers; ends a batch */
#define WORK_NMI   0x10 /* an NMI is to be delivered */
#define WORK_EVENT 0x20 /* look at pending events (set by whoever raises one) */
#define WORK_TIME  0x40 /* time info or runstate area is to be written to the guest */

enum vcpu_block { VCPU_RUNS, VCPU_BLOCKED, VCPU_POLLING };

struct vcpu {
	/* What entry.S reads; offsets by x86/asm_offsets.c. */
	u8 work;
	u8 guest_kernel; /* 1: in guest kernel mode. The only thing that tells the modes apart. */
	struct vcpu_info
		*info; /* hypervisor address of its vcpu_info: shared info, own area or dummy */

	struct domain *domain;
	unsigned int id;
	struct stack_top *stack;
	u64 saved_rsp; /* of the switched-out stack */

	/* Run state (LOCK_SCHED of its CPU). */
	struct cpu *cpu;  /* where it runs or ran last */
	bool running;     /* is on a CPU now */
	bool queued;      /* is in a run queue */
	bool initialised; /* has a context */
	bool up;          /* VCPUOP_up */
	u8 block;         /* enum vcpu_block */
	u32 pause_count;  /* by the hypervisor itself */
	u32 poll_port;    /* VCPU_POLLING: the one port, or 0: any event wakes it */
	struct list_head run_link;
	u64 vruntime;
	u64 weight;
	u64 last_switch; /* system time at which it went on or off */
	u64 affinity[2];
	struct vcpu_runstate_info runstate;
	gaddr_t runstate_area; /* guest address, 0 none */
	gaddr_t time_area;     /* secondary vcpu_time_info, 0 none */

	struct timer singleshot, periodic, poll_timer;
	u64 period; /* ns, of the periodic timer */

	u32 virq_port[24]; /* NR_VIRQS: bound local or global VIRQs, 0 none (LOCK_EVENT) */
	u64 info_page_mfn; /* the frame that info lies in when registered, else ~0 */

	struct {
		u64 args[5]; /* WORK_RESTART: what the registers, or the multicall entry, are to
				hold */
		bool in_multicall;
		bool same_args; /* in a batch: the entry's arguments stay as they are */
	} hc;

	struct arch_vcpu arch;
};

/* A vCPU with stack and dummy info, down, not initialised. -ENOMEM. */
int vcpu_create(struct domain *d, unsigned int id, struct vcpu **out) MUST_CHECK;
void vcpu_free(struct vcpu *v);

static inline void vcpu_work_set(struct vcpu *v, u8 bits)
{
	__atomic_fetch_or(&v->work, bits, __ATOMIC_SEQ_CST);
}

static inline void vcpu_work_clear(struct vcpu *v, u8 bits)
{
	__atomic_fetch_and(&v->work, (u8)~bits, __ATOMIC_SEQ_CST);
}

/* May it run? up, not blocked, nobody pauses it or its domain, the domain lives. */
bool vcpu_runnable(const struct vcpu *v);

static inline bool vcpu_at_rest(const struct vcpu *v)
{
	return !__atomic_load_n(&v->running, __ATOMIC_ACQUIRE);
}

static inline bool vcpu_event_deliverable(const struct vcpu *v)
{
	return v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask;
}

void vcpu_pause(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
int vcpu_up(struct vcpu *v); /* -EINVAL: has no context, or no vcpu_info of its own */
void vcpu_down(struct vcpu *v);
/* Moves vcpu_info to guest memory: mfn and offset as the guest gave them; -EINVAL unaligned,
 * crosses a page, already moved, or no writable frame of the domain. */
int vcpu_register_info(struct vcpu *v, mfn_t mfn, u32 offset) MUST_CHECK;
/* Teardown: back to the dummy, the guest's frame is let go. */
void vcpu_drop_info(struct vcpu *v);
void vcpu_runstate_set(struct vcpu *v, int state); /* RUNSTATE_* */
void vcpu_runstate_read(struct vcpu *v, struct vcpu_runstate_info *out);
/* On the way out: writes runstate and time areas that the guest registered. */
void vcpu_areas_write(struct vcpu *v);

#endif /* PV_VCPU_H */
