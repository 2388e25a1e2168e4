/* SPDX-License-Identifier: MIT */
/* Scheduling calls. */
#include <pv/hypercall.h>
#include <pv/sched.h>

void pv_yield(void)
{
	hypercall_sched_op(SCHEDOP_yield, NULL);
}

void pv_block(void)
{
	hypercall_sched_op(SCHEDOP_block, NULL);
}

void pv_shutdown(unsigned int reason)
{
	struct sched_shutdown shutdown = { .reason = reason };

	/* Does not return for a reason the hypervisor knows; for another, end the domain all the
	 * same. */
	hypercall_sched_op(SCHEDOP_shutdown, &shutdown);
	shutdown.reason = SHUTDOWN_crash;
	for (;;)
		hypercall_sched_op(SCHEDOP_shutdown, &shutdown);
}

long pv_watchdog(uint32_t id, uint32_t seconds)
{
	struct sched_watchdog watchdog = { .id = id, .timeout = seconds };

	return hypercall_sched_op(SCHEDOP_watchdog, &watchdog);
}
