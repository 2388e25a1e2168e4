/* SPDX-License-Identifier: MIT */
/* Small calls: vm_assist, set_timer_op, xenpmu_op. */
#include <core/arch.h>
#include <core/errno.h>
#include <core/hypercall.h>

/* What a 64-bit guest may turn on; most of it is how things are here anyhow. */
#define ASSISTS                                                                         \
	(1UL << VMASST_TYPE_4gb_segments | 1UL << VMASST_TYPE_4gb_segments_notify |     \
	 1UL << VMASST_TYPE_writable_pagetables | 1UL << VMASST_TYPE_pae_extended_cr3 | \
	 1UL << VMASST_TYPE_runstate_update_flag)

static bool known_assist(u64 type)
{
	return type < 64 && ASSISTS >> type & 1;
}

long hc_vm_assist_enable(u64 type)
{
	if (!known_assist(type))
		return -EINVAL;
	__atomic_fetch_or(&current->domain->vm_assist, 1UL << type, __ATOMIC_RELAXED);
	return 0;
}

long hc_vm_assist_disable(u64 type)
{
	if (!known_assist(type))
		return -EINVAL;
	__atomic_fetch_and(&current->domain->vm_assist, ~(1UL << type), __ATOMIC_RELAXED);
	return 0;
}

/* Absolute system time; 0 stops. A time in the past, which a negative one is too, fires at once. */
long hc_set_timer_op(s64 timeout)
{
	struct timer *t = &current->singleshot;

	if (unlikely(!timeout))
		timer_stop(t);
	else
		timer_set(t, timeout < 0 ? 0 : (u64)timeout);
	return 0;
}

long hc_xenpmu_op_init(const struct xen_pmu_params *p)
{
	(void)p;
	return -EOPNOTSUPP;
}

long hc_xenpmu_op_finish(const struct xen_pmu_params *p)
{
	(void)p;
	return -EOPNOTSUPP;
}
