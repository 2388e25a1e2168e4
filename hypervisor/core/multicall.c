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

/* An entry's operation and arguments. */
struct call {
	u64 op, a1, a2, a3, a4, a5;
};

static inline __attribute__((always_inline)) int read_call(struct call *c, gaddr_t entry)
{
	guest_open();
	guest_get(c->op, entry, fault);
	guest_get(c->a1, gaddr_add(entry, ARGS), fault);
	guest_get(c->a2, gaddr_add(entry, ARGS + 8), fault);
	guest_get(c->a3, gaddr_add(entry, ARGS + 16), fault);
	guest_get(c->a4, gaddr_add(entry, ARGS + 24), fault);
	guest_get(c->a5, gaddr_add(entry, ARGS + 32), fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

_Static_assert(HYPERCALL_MAX > 56, "the last row is nobody's");

static inline long run(const struct call *c, u64 last)
{
	return hypercall_table[nospec_clamp(c->op, last)].call(c->a1, c->a2, c->a3, c->a4, c->a5);
}

static inline bool wants_stop(const struct vcpu *v, struct cpu *c)
{
	if (unlikely((c->budget -= BUDGET_CALL) < 0))
		return preempt_point();
	return unlikely(vcpu_event_deliverable(v));
}

/* The result of an entry that is done; then the next one. */
static inline int answer(gaddr_t *entry, u32 *left, long rc)
{
	if (unlikely(guest_write_word_in(gaddr_add(*entry, RESULT), (u64)rc)))
		return -EFAULT;
	*entry = gaddr_add(*entry, ENTRY_SIZE);
	--*left;
	return 0;
}

/* A preempted call with new arguments, if it has any. */
static __attribute__((noinline)) long keep_args(struct vcpu *v, gaddr_t entry)
{
	if (!v->hc.same_args && guest_write(gaddr_add(entry, ARGS), v->hc.args, sizeof(v->hc.args)))
		return -EFAULT;
	return -ERESTART;
}

/* A call was preempted, or left work for the way out. */
static inline long end_early(struct vcpu *v, gaddr_t *entry, u32 *left, long rc)
{
	if (v->work & WORK_FRAME)
		return rc;
	if (rc == -ERESTART)
		return keep_args(v, *entry);
	if (answer(entry, left, rc))
		return -EFAULT;
	return *left ? -ERESTART : 0;
}

/* What the call is to answer; in left, how many entries are still to be done when it is to come
 * again. */
static long run_list(struct vcpu *v, gaddr_t *entry, u32 *left)
{
	struct cpu *c = this_cpu(); /* nothing here gives the CPU away */
	u64 last = HYPERCALL_MAX - 1;
	struct call call;
	long rc;

	__asm__("" : "+r"(last)); /* not made anew for each entry */
	for (;;) {
		if (unlikely(read_call(&call, *entry)))
			return -EFAULT;
		rc = run(&call, last);
		if (unlikely(v->work) || unlikely(rc == -ERESTART))
			return end_early(v, entry, left, rc);
		if (unlikely(answer(entry, left, rc)))
			return -EFAULT;
		if (!*left)
			return 0;
		if (wants_stop(v, c))
			return -ERESTART;
	}
}

long hc_multicall(gaddr_t list, u32 count)
{
	struct vcpu *v = current;
	long rc;

	if (unlikely(v->hc.in_multicall))
		return -EINVAL;
	if (unlikely(!guest_range_ok(list, (u64)count * ENTRY_SIZE)))
		return -EFAULT;
	if (unlikely(!count))
		return 0;
	v->hc.in_multicall = true;
	rc = run_list(v, &list, &count);
	v->hc.in_multicall = false;
	return likely(rc != -ERESTART) ? rc : hypercall_restart(list.v, count, 0, 0, 0);
}
