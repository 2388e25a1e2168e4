/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls in guest memory. Each entry is read once, right before its call, and
 * gets its result right after it. A preempted entry gets its new arguments and the batch restarts there.
 * A call that replaces the frame or the mode ends the batch: what follows was meant for the old one.
 */
#include <pv/errno.h>
#include <pv/hypercall.h>

#define ENTRIES_PER_POLL 16

/* The part of struct multicall_entry that is read. */
struct call {
	u64 op, result, args[5];
};

_Static_assert(offsetof(struct multicall_entry, args) == offsetof(struct call, args), "layout");

long hc_multicall(gaddr_t list, u32 count);

static inline long run(struct vcpu *v, const struct call *c)
{
	long rc;

	if (unlikely(c->op >= HYPERCALL_MAX))
		return -ENOSYS;
	if (unlikely(c->op == __HYPERVISOR_multicall))
		return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(c->args); i++)
		v->hc.args[i] = c->args[i];
	v->hc.in_multicall = true;
	rc = hypercall_table[c->op](c->args[0], c->args[1], c->args[2], c->args[3], c->args[4]);
	v->hc.in_multicall = false;
	return rc;
}

static bool wants_stop(const struct vcpu *v, u32 done)
{
	if (unlikely(!(done % ENTRIES_PER_POLL)))
		return preempt_point();
	return v->work || vcpu_event_deliverable(v);
}

static long restart_at(gaddr_t entry, u32 left)
{
	return hypercall_restart(entry.v, left, 0, 0, 0);
}

long hc_multicall(gaddr_t list, u32 count)
{
	struct vcpu *v = current;
	gaddr_t entry = list;
	struct call c;

	if (unlikely(!guest_range_ok(list, (u64)count * sizeof(struct multicall_entry))))
		return -EFAULT;
	for (u32 i = 0; i < count; i++, entry = gaddr_add(entry, sizeof(struct multicall_entry))) {
		long rc;

		if (unlikely(i && wants_stop(v, i)))
			return restart_at(entry, count - i);
		if (unlikely(guest_read(&c, entry, sizeof(c))))
			return -EFAULT;
		rc = run(v, &c);
		if (unlikely(v->hc.stop_batch))
			return rc;
		if (unlikely(rc == -ERESTART)) {
			if (guest_write(gaddr_add(entry, offsetof(struct call, args)), v->hc.args,
					sizeof(c.args)))
				return -EFAULT;
			return restart_at(entry, count - i);
		}
		if (unlikely(guest_write(gaddr_add(entry, offsetof(struct call, result)), &rc, sizeof(rc))))
			return -EFAULT;
	}
	return 0;
}
