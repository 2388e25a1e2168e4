/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls in guest memory. Each entry is read once, right before its call,
 * and gets its result right after it. A preempted entry gets its new arguments and the batch
 * restarts there. A call that replaces the frame or the mode ends the batch: what follows was meant
 * for the old one.
 */
#include <core/errno.h>
#include <core/hypercall.h>

#define ENTRY_SIZE sizeof(struct multicall_entry)
#define RESULT     offsetof(struct multicall_entry, result)
#define ARGS       offsetof(struct multicall_entry, args)

_Static_assert(offsetof(struct multicall_entry, op) == 0 && RESULT == 8 && ARGS == 16,
	       "guest_read_call_in");

static inline long run(const u64 c[6])
{
	if (unlikely(c[0] >= HYPERCALL_MAX))
		return -ENOSYS;
	if (unlikely(c[0] == __HYPERVISOR_multicall))
		return -EINVAL;
	return hypercall_table[c[0] % HYPERCALL_MAX].call(c[1], c[2], c[3], c[4], c[5]);
}

static inline bool wants_stop(const struct vcpu *v, struct cpu *c)
{
	c->budget -= BUDGET_CALL;
	if (unlikely(c->budget <= 0))
		return preempt_point();
	return unlikely(v->work) || unlikely(vcpu_event_deliverable(v));
}

/* A preempted call with new arguments, if it has any. */
static int keep_args(struct vcpu *v, gaddr_t entry)
{
	if (v->hc.same_args)
		return 0;
	return guest_write(gaddr_add(entry, ARGS), v->hc.args, sizeof(v->hc.args));
}

/* What the call is to answer; in left, how many entries are still to be done when it is to come
 * again. */
static long run_list(struct vcpu *v, gaddr_t *entry, u32 *left)
{
	struct cpu *c = this_cpu(); /* nothing here gives the CPU away */
	u64 call[6];
	long rc;

	for (;;) {
		if (unlikely(guest_read_call_in(call, *entry)))
			return -EFAULT;
		rc = run(call);
		if (unlikely(v->work & WORK_FRAME))
			return rc;
		if (unlikely(rc == -ERESTART))
			return keep_args(v, *entry) ? -EFAULT : -ERESTART;
		if (unlikely(guest_write_u64_in(gaddr_add(*entry, RESULT), (u64)rc)))
			return -EFAULT;
		*entry = gaddr_add(*entry, ENTRY_SIZE);
		if (!--*left)
			return 0;
		if (wants_stop(v, c))
			return -ERESTART;
	}
}

long hc_multicall(gaddr_t list, u32 count)
{
	struct vcpu *v = current;
	long rc;

	if (unlikely(!guest_range_ok(list, (u64)count * ENTRY_SIZE)))
		return -EFAULT;
	if (unlikely(!count))
		return 0;
	v->hc.in_multicall = true;
	rc = run_list(v, &list, &count);
	v->hc.in_multicall = false;
	return likely(rc != -ERESTART) ? rc : hypercall_restart(list.v, count, 0, 0, 0);
}
