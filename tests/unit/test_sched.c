/* SPDX-License-Identifier: MIT */
/* The scheduler and vCPUs: shares of the CPU, sleep and wake-up, pause, run states, timers,
 * restarts, batches. */
#include <check.h>
#include <stdlib.h>

#include <core/errno.h>
#include <core/event.h>
#include <core/hypercall.h>
#include <core/sched.h>

#include "fake_arch.h"

#define MS 1000000UL

static struct domain *a, *b;
static u64 ran[3]; /* ns, of dom0, a, b (vCPU 0) */

static void setup(void)
{
	core_start(2048);
	a = core_domain(2, 16);
	b = core_domain(1, 16);
	vcpu_down(a->vcpus[1]);
	core_exit();
}

static void idle_dom0(void)
{
	domain_pause(dom0);
	core_exit();
}

/* Lets everybody compute for ns, in steps, and notes who ran. */
static void run_all(u64 ns)
{
	for (u64 t = 0; t < ns; t += MS) {
		struct vcpu *v = current;

		core_pass(MS);
		if (v != cpus[0].idle)
			ran[v->domain->id] += MS;
	}
}

static void expect_share(u64 got, u64 of, unsigned int percent)
{
	ck_assert_uint_ge(got * 100, of * (percent - 2));
	ck_assert_uint_le(got * 100, of * (percent + 2));
}

START_TEST(equal_shares)
{
	run_all(3000 * MS);
	for (unsigned int i = 0; i < 3; i++)
		expect_share(ran[i], 3000 * MS, 33);
}
END_TEST

START_TEST(weights)
{
	idle_dom0();
	sched_set_weight(a->vcpus[0], 768);
	run_all(4000 * MS);
	ck_assert_uint_eq(ran[0], 0);
	expect_share(ran[1], 4000 * MS, 75);
	expect_share(ran[2], 4000 * MS, 25);
}
END_TEST

START_TEST(idle_when_all_rest)
{
	u64 before;

	idle_dom0();
	domain_pause(a);
	core_exit();
	domain_pause(b);
	core_exit();
	ck_assert_ptr_eq(current, cpus[0].idle);
	ck_assert(domain_at_rest(a));
	before = cpus[0].idle_time;
	core_pass(50 * MS);
	domain_unpause(a);
	ck_assert(current->work & WORK_RESCHED);
	core_exit();
	ck_assert_ptr_eq(current, a->vcpus[0]);
	ck_assert_uint_eq(cpus[0].idle_time - before, 50 * MS);
}
END_TEST

static void become(struct domain *d)
{
	for (unsigned int i = 0; i < 100 && current->domain != d; i++)
		core_pass(SCHED_SLICE);
	ck_assert_ptr_eq(current->domain, d);
}

static u32 timer_port(struct domain *d)
{
	struct evtchn_bind_virq t = { .virq = VIRQ_TIMER, .vcpu = 0 };

	become(d);
	ck_assert_int_eq(hc_event_channel_op(EVTCHNOP_bind_virq, GADDR((u64)&t)), 0);
	return t.port;
}

START_TEST(sleep_until_the_timer)
{
	struct vcpu *v = a->vcpus[0];
	struct vcpu_runstate_info r;
	u64 deadline;

	(void)timer_port(a);
	deadline = machine.now + 100 * MS;
	ck_assert_int_eq(hc_set_timer_op(deadline), 0);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_block, GADDR(0)), 0);
	ck_assert_uint_eq(v->info->evtchn_upcall_mask, 0);
	core_exit();
	ck_assert_ptr_ne(current, v);
	ck_assert(vcpu_at_rest(v));
	run_all(99 * MS);
	ck_assert_uint_eq(ran[1], 0);
	run_all(2 * MS);
	ck_assert_ptr_eq(current, v); /* it slept: now it goes first */
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1);
	vcpu_runstate_read(v, &r);
	ck_assert_uint_ge(r.time[RUNSTATE_blocked], 99 * MS);
	ck_assert_uint_le(r.time[RUNSTATE_blocked], 101 * MS);
	ck_assert_int_eq(r.state, RUNSTATE_running);
}
END_TEST

START_TEST(no_sleep_with_an_event_pending)
{
	struct vcpu *v = a->vcpus[0];

	become(a);
	v->info->evtchn_upcall_pending = 1;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_block, GADDR(0)), 0);
	core_exit();
	ck_assert_ptr_eq(current, v);
	ck_assert_int_eq(v->block, VCPU_RUNS);
}
END_TEST

START_TEST(a_sleeper_gets_no_hoard)
{
	become(a);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_block, GADDR(0)), 0);
	core_exit();
	run_all(2000 * MS);
	memset(ran, 0, sizeof(ran));
	sched_unblock(a->vcpus[0]);
	core_exit();
	run_all(600 * MS);
	expect_share(ran[1], 600 * MS, 34); /* a third and no more than a slice besides */
}
END_TEST

/* One that ran alone passed no place where a choice was made: that is no hoard for who wakes. */
START_TEST(a_lone_runner_is_no_hoard_for_others)
{
	idle_dom0();
	domain_pause(b);
	core_exit();
	become(a);
	core_pass(3000 * MS);
	ck_assert_ptr_eq(current, a->vcpus[0]);
	domain_unpause(b);
	core_exit();
	run_all(1000 * MS);
	expect_share(ran[1], 1000 * MS, 50);
	expect_share(ran[2], 1000 * MS, 50);
}
END_TEST

START_TEST(poll_times_out)
{
	struct sched_poll p = { .nr_ports = 0 };
	struct vcpu *v = a->vcpus[0];

	become(a);
	p.timeout = machine.now + 20 * MS;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR((u64)&p)), 0);
	core_exit();
	ck_assert_int_eq(v->block, VCPU_POLLING);
	run_all(25 * MS);
	ck_assert_int_eq(v->block, VCPU_RUNS);
	ck_assert_uint_eq(a->pollers, 0);
}
END_TEST

START_TEST(yield)
{
	struct vcpu *v;
	u64 switches = arch.switches;

	become(a);
	v = current;
	switches = arch.switches;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_yield, GADDR(0)), 0);
	core_exit();
	ck_assert_ptr_ne(current, v);
	ck_assert_uint_eq(arch.switches, switches + 1);
	idle_dom0();
	domain_pause(b);
	core_exit();
	ck_assert_ptr_eq(current, v);
	switches = arch.switches;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_yield, GADDR(0)), 0);
	ck_assert_uint_eq(v->work, 0); /* alone: not even a look around */
	ck_assert_uint_eq(arch.switches, switches);
}
END_TEST

START_TEST(pause_counts)
{
	domain_pause(a);
	domain_pause(a);
	domain_unpause(a);
	run_all(100 * MS);
	ck_assert_uint_eq(ran[1], 0);
	domain_unpause(a);
	domain_unpause(a); /* one too many does nothing */
	ck_assert_uint_eq(a->pause_count, 0);
	run_all(100 * MS);
	ck_assert_uint_gt(ran[1], 0);
}
END_TEST

START_TEST(shutdown_says_why)
{
	struct sched_shutdown s = { SHUTDOWN_reboot };
	struct xen_domctl_getdomaininfo info;

	become(a);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_shutdown, GADDR((u64)&s)), 0);
	core_exit();
	ck_assert_ptr_ne(current->domain, a);
	domain_crash(a, "too late");
	domain_info(a, &info);
	ck_assert_uint_eq(info.flags & XEN_DOMINF_shutdown, XEN_DOMINF_shutdown);
	ck_assert_uint_eq(info.flags >> XEN_DOMINF_shutdownshift & 255, SHUTDOWN_reboot);
	ck_assert_uint_eq(info.nr_online_vcpus, 1);
	ck_assert_uint_eq(info.max_vcpu_id, 1);
	domain_crash(b, "entry %x of %s", 0x63, "L1");
	ck_assert_str_eq(b->crash_reason, "entry 63 of L1");
	s.reason = SHUTDOWN_MAX + 1;
	become(dom0);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_shutdown, GADDR((u64)&s)), -EINVAL);
	ck_assert_uint_eq(arch.hardware_shutdown, 0);
	ck_assert_int_eq(domain_resume(a), 0);
	ck_assert_int_eq(domain_resume(a), -EINVAL);
	become(a);
}
END_TEST

START_TEST(watchdog)
{
	struct sched_watchdog w = { .timeout = 1 };

	become(a);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_watchdog, GADDR((u64)&w)), 1);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_watchdog, GADDR((u64)&w)), 2);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_watchdog, GADDR((u64)&w)), -ENOSPC);
	w.id = 1;
	w.timeout = 0;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_watchdog, GADDR((u64)&w)), 0);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_watchdog, GADDR((u64)&w)), -EINVAL);
	run_all(900 * MS);
	ck_assert(!a->shut_down);
	run_all(200 * MS);
	ck_assert(a->shut_down);
	ck_assert_uint_eq(a->shutdown_code, SHUTDOWN_watchdog);
	become(dom0);
	core_destroy(a);
}
END_TEST

START_TEST(vcpu_ids)
{
	become(a);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_is_up, 0, GADDR(0)), 1);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_is_up, 1, GADDR(0)), 0);
	for (u32 i = 2; i < 8192; i++)
		ck_assert_int_eq(hc_vcpu_op(VCPUOP_is_up, i, GADDR(0)), -ENOENT);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_up, 1, GADDR(0)), 0);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, GADDR(0)), 0);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 1, GADDR(0)), -EINVAL);
}
END_TEST

START_TEST(singleshot)
{
	u32 port = timer_port(a);
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 1 };

	ck_assert_int_eq(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, GADDR((u64)&t)), 0);
	core_pass(0);
	ck_assert(bit_test(port, a->shared_info->evtchn_pending)); /* the past fires at once */
	t.flags = VCPU_SSHOTTMR_future;
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, GADDR((u64)&t)), -ETIME);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_set_singleshot_timer, 1, GADDR((u64)&t)), -EINVAL);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_set_singleshot_timer, 9, GADDR((u64)&t)), -ENOENT);
}
END_TEST

START_TEST(vcpu_info_moves)
{
	struct vcpu_register_vcpu_info r = { 0 };
	mfn_t m = domain_frame_alloc(a, 0, FRAME_BELOW_ANY);
	struct vcpu *v = a->vcpus[0];

	become(a);
	v->info->evtchn_upcall_mask = 1;
	r.mfn = m.v;
	r.offset = 4;
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, GADDR((u64)&r)), -EINVAL);
	r.offset = PAGE_SIZE - 56;
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, GADDR((u64)&r)), -EINVAL);
	r.offset = 64;
	r.mfn = 1;
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, GADDR((u64)&r)), -EINVAL);
	r.mfn = m.v;
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, GADDR((u64)&r)), 0);
	ck_assert_int_eq(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, GADDR((u64)&r)), -EINVAL);
	ck_assert_ptr_eq(v->info, (char *)mfn_va(m) + 64);
	ck_assert_uint_eq(v->info->evtchn_upcall_mask, 1);
	ck_assert_uint_eq(v->info->evtchn_upcall_pending, 1);
	ck_assert_uint_eq((u32)mfn_to_frame(m)->refs, 2);
	become(dom0);
	core_destroy(a);
}
END_TEST

START_TEST(batch)
{
	static struct multicall_entry e[40];
	struct vcpu *v;

	become(a);
	v = current;
	v->info->evtchn_upcall_mask = 0;
	for (unsigned int i = 0; i < 40; i++)
		e[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 77 };
	e[3].op = 99;
	e[4].op = __HYPERVISOR_multicall; /* none inside another */
	ck_assert_int_eq(hc_multicall(GADDR((u64)e), 8), 0);
	ck_assert_uint_eq(e[0].result, 0x40011);
	ck_assert_int_eq((long)e[3].result, -ENOSYS);
	ck_assert_int_eq((long)e[4].result, -EINVAL);
	ck_assert_uint_eq(e[7].result, 0x40011);
	ck_assert_uint_eq(e[8].result, 77);
	v->info->evtchn_upcall_pending =
		1; /* one that can be delivered: the batch stops and comes again */
	ck_assert_int_eq(hc_multicall(GADDR((u64)e), 40), -ERESTART);
	ck_assert(v->work & WORK_RESTART);
	ck_assert_uint_eq(v->hc.args[0], (u64)&e[1]);
	ck_assert_uint_eq(v->hc.args[1], 39);
	v->work = 0;
	ck_assert_int_eq(hc_multicall(GADDR(8), 3), -EFAULT);
	ck_assert_int_eq(hc_multicall(GADDR(HV_VIRT_START), 1), -EFAULT);
	ck_assert_int_eq(hc_multicall(GADDR((u64)e), 0), 0);
}
END_TEST

/* By number, as a batch makes it. */
static long by_number(u64 nr)
{
	struct multicall_entry e = { .op = nr };

	ck_assert_int_eq(hc_multicall(GADDR((u64)&e), 1), 0);
	return (long)e.result;
}

START_TEST(dispatch)
{
	u64 arg[32] = { 0 };

	become(a);
	ck_assert_int_eq(by_number(11), -ENOSYS);
	ck_assert_int_eq(by_number(HYPERCALL_MAX), -ENOSYS);
	ck_assert_int_eq(by_number(~0UL), -ENOSYS);
	ck_assert_int_eq(by_number(__HYPERVISOR_xsm_op), -EPERM); /* control domains only */
	ck_assert_int_eq(hc_sched_op(SCHEDOP_remote_shutdown, GADDR((u64)arg)), -EPERM);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_pin_override, GADDR((u64)arg)), -EPERM);
	ck_assert_int_eq(hc_sched_op(1000, GADDR((u64)arg)), -ENOSYS);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR(HV_VIRT_START)), -EFAULT);
	become(dom0);
	ck_assert_int_eq(by_number(__HYPERVISOR_xsm_op), -ENOSYS);
	arg[0] = (u64)SHUTDOWN_poweroff << 32 | 500;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_remote_shutdown, GADDR((u64)arg)), -ESRCH);
}
END_TEST

START_TEST(rewind_restores_the_call)
{
	struct cpu_regs regs = { .rip = 0x1002, .orig_rax = 20, .rax = 5 };
	struct vcpu *v;

	become(a);
	v = current;
	ck_assert_int_eq(hypercall_restart(1, 2, 3, 4, 5), -ERESTART);
	hypercall_rewind(v, &regs);
	ck_assert_uint_eq(regs.rip, 0x1000);
	ck_assert_uint_eq(regs.rax, 20);
	ck_assert_uint_eq(regs.rdi, 1);
	ck_assert_uint_eq(regs.r8, 5);
	v->work = 0;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sched");
	TCase *t = tcase_create("sched");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, equal_shares);
	tcase_add_test(t, weights);
	tcase_add_test(t, idle_when_all_rest);
	tcase_add_test(t, sleep_until_the_timer);
	tcase_add_test(t, no_sleep_with_an_event_pending);
	tcase_add_test(t, a_sleeper_gets_no_hoard);
	tcase_add_test(t, a_lone_runner_is_no_hoard_for_others);
	tcase_add_test(t, poll_times_out);
	tcase_add_test(t, yield);
	tcase_add_test(t, pause_counts);
	tcase_add_test(t, shutdown_says_why);
	tcase_add_test(t, watchdog);
	tcase_add_test(t, vcpu_ids);
	tcase_add_test(t, singleshot);
	tcase_add_test(t, vcpu_info_moves);
	tcase_add_test(t, batch);
	tcase_add_test(t, dispatch);
	tcase_add_test(t, rewind_restores_the_call);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
