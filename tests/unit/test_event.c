/* SPDX-License-Identifier: MIT */
/* Event channels: states, who may bind to whom, pending and upcall bits, limits, virtual
 * interrupts, end. */
#include <check.h>
#include <stdlib.h>

#include <core/errno.h>
#include <core/evtchn.h>
#include <core/hypercall.h>
#include <core/sched.h>

#include "fake_arch.h"

static struct domain *a, *b;

static long op(struct domain *d, u32 command, void *arg)
{
	machine_run(d->vcpus[0]);
	return hc_event_channel_op(command, GADDR((u64)arg));
}

static void setup(void)
{
	core_start(2048);
	a = core_domain(2, 16);
	b = core_domain(1, 16);
}

static bool pending(const struct domain *d, u32 port)
{
	return bit_test(port, d->shared_info->evtchn_pending);
}

static void mask(struct domain *d, u32 port)
{
	bit_set(port, d->shared_info->evtchn_mask);
}

static void unpend(struct domain *d, u32 port)
{
	bit_clear(port, d->shared_info->evtchn_pending);
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		d->vcpus[i]->info->evtchn_pending_sel = 0;
		d->vcpus[i]->info->evtchn_upcall_pending = 0;
	}
}

static u32 unbound(struct domain *d, const struct domain *remote)
{
	struct evtchn_alloc_unbound u = { .dom = DOMID_SELF, .remote_dom = remote->id };

	ck_assert_int_eq(op(d, EVTCHNOP_alloc_unbound, &u), 0);
	return u.port;
}

static u32 join(struct domain *d, const struct domain *remote, u32 port)
{
	struct evtchn_bind_interdomain i = { .remote_dom = remote->id, .remote_port = port };

	ck_assert_int_eq(op(d, EVTCHNOP_bind_interdomain, &i), 0);
	return i.local_port;
}

static u32 status(struct domain *d, u32 port, struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
	ck_assert_int_eq(op(d, EVTCHNOP_status, s), 0);
	return s->status;
}

static long closes(struct domain *d, u32 port)
{
	struct evtchn_close c = { port };

	return op(d, EVTCHNOP_close, &c);
}

static long sends(struct domain *d, u32 port)
{
	struct evtchn_send s = { port };

	return op(d, EVTCHNOP_send, &s);
}

START_TEST(interdomain_life)
{
	struct evtchn_status s;
	u32 pa = unbound(a, b), pb;

	ck_assert_uint_gt(pa, 0);
	ck_assert_uint_eq(status(a, pa, &s), EVTCHNSTAT_unbound);
	ck_assert_uint_eq(s.u.unbound.dom, b->id);
	ck_assert_int_eq(sends(a, pa), 0); /* nobody hears it */
	pb = join(b, a, pa);
	ck_assert(pending(b, pb)); /* for what was sent before */
	ck_assert_uint_eq(status(a, pa, &s), EVTCHNSTAT_interdomain);
	ck_assert_uint_eq(s.u.interdomain.dom, b->id);
	ck_assert_uint_eq(s.u.interdomain.port, pb);
	ck_assert_int_eq(sends(b, pb), 0);
	ck_assert(pending(a, pa));
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_pending_sel, 1UL << pa / 64);
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_upcall_pending, 1);
	ck_assert_int_eq(closes(b, pb), 0);
	ck_assert(!pending(b, pb));
	ck_assert_uint_eq(status(b, pb, &s), EVTCHNSTAT_closed);
	ck_assert_uint_eq(status(a, pa, &s), EVTCHNSTAT_unbound);
	ck_assert_uint_eq(s.u.unbound.dom, b->id);
	ck_assert_int_eq(closes(b, pb), -EINVAL);
	ck_assert_int_eq(closes(a, pa), 0);
	ck_assert_uint_eq(a->refs, 2); /* its own and its frames' */
	ck_assert_uint_eq(b->refs, 2);
}
END_TEST

START_TEST(strangers_are_refused)
{
	u32 port = unbound(a, dom0);
	struct evtchn_bind_interdomain i = { .remote_dom = a->id, .remote_port = port };
	struct evtchn_alloc_unbound u = { .dom = a->id, .remote_dom = b->id };
	struct evtchn_status s = { .dom = a->id, .port = port };

	ck_assert_int_eq(op(b, EVTCHNOP_bind_interdomain, &i), -EINVAL); /* kept for dom0 */
	i.remote_port = 5000;
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_interdomain, &i), -EINVAL);
	i.remote_port = 0;
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_interdomain, &i), -EINVAL);
	i.remote_dom = 77;
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_interdomain, &i), -ESRCH);
	ck_assert_int_eq(op(b, EVTCHNOP_alloc_unbound, &u), -EPERM);
	ck_assert_int_eq(op(b, EVTCHNOP_status, &s), -EPERM);
	ck_assert_int_eq(op(dom0, EVTCHNOP_alloc_unbound, &u), 0);
	ck_assert_int_eq(join(b, a, u.port) > 0, 1);
	ck_assert_int_eq(sends(b, 4000000), -EINVAL);
	ck_assert_int_eq(sends(b, 0), -EINVAL);
}
END_TEST

START_TEST(loopback)
{
	struct evtchn_status s;
	u32 p = unbound(a, a), q = join(a, a, p);

	unpend(a, q);
	ck_assert_int_eq(sends(a, p), 0);
	ck_assert(pending(a, q));
	ck_assert(!pending(a, p));
	ck_assert_int_eq(closes(a, p), 0);
	ck_assert_uint_eq(status(a, q, &s), EVTCHNSTAT_unbound);
	ck_assert_uint_eq(a->refs, 2);
}
END_TEST

START_TEST(masked_events_wait)
{
	u32 p = unbound(a, a), q = join(a, a, p);
	struct evtchn_unmask u = { q };

	unpend(a, q);
	mask(a, q);
	ck_assert_int_eq(sends(a, p), 0);
	ck_assert(pending(a, q));
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_upcall_pending, 0);
	ck_assert_int_eq(op(a, EVTCHNOP_unmask, &u), 0);
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_upcall_pending, 1);
	ck_assert(!bit_test(q, a->shared_info->evtchn_mask));
	u.port = 900;
	ck_assert_int_eq(op(a, EVTCHNOP_unmask, &u), -EINVAL);
}
END_TEST

START_TEST(vcpus)
{
	struct evtchn_bind_ipi i = { .vcpu = 1 };
	struct evtchn_bind_vcpu v = { .vcpu = 1 };

	ck_assert_int_eq(op(a, EVTCHNOP_bind_ipi, &i), 0);
	ck_assert_int_eq(sends(a, i.port), 0);
	ck_assert_uint_eq(a->vcpus[1]->info->evtchn_upcall_pending, 1);
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_upcall_pending, 0);
	v.port = i.port;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_vcpu, &v), -EINVAL); /* IPIs stay */
	v.port = unbound(a, b);
	ck_assert_int_eq(op(a, EVTCHNOP_bind_vcpu, &v), 0);
	v.vcpu = 2;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_vcpu, &v), -ENOENT);
	i.vcpu = 2;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_ipi, &i), -ENOENT);
}
END_TEST

START_TEST(virqs)
{
	struct evtchn_bind_virq t = { .virq = VIRQ_TIMER, .vcpu = 1 },
				g = { .virq = VIRQ_DOM_EXC, .vcpu = 0 };
	u32 first;

	ck_assert_int_eq(op(a, EVTCHNOP_bind_virq, &t), 0);
	first = t.port;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_virq, &t), -EEXIST);
	ck_assert_uint_eq(a->vcpus[1]->virq_port[VIRQ_TIMER],
			  first); /* a failed bind changes nothing */
	virq_send_vcpu(a->vcpus[1], VIRQ_TIMER);
	ck_assert(pending(a, first));
	virq_send_vcpu(a->vcpus[0], VIRQ_TIMER); /* not bound there */
	ck_assert_uint_eq(a->vcpus[0]->info->evtchn_upcall_pending, 0);
	t.virq = NR_VIRQS;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_virq, &t), -EINVAL);
	g.vcpu = 1;
	ck_assert_int_eq(op(a, EVTCHNOP_bind_virq, &g), -EINVAL); /* global: vCPU 0 only */
	g.vcpu = 0;
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_virq, &g), 0);
	virq_send_global(VIRQ_DOM_EXC);
	ck_assert(pending(dom0, g.port));
	ck_assert_int_eq(closes(a, first), 0);
	ck_assert_uint_eq(a->vcpus[1]->virq_port[VIRQ_TIMER], 0);
}
END_TEST

START_TEST(virq_handler_moves_and_returns)
{
	struct evtchn_bind_virq g = { .virq = VIRQ_ENOMEM, .vcpu = 0 }, h = g;

	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_virq, &g), 0);
	ck_assert_int_eq(op(b, EVTCHNOP_bind_virq, &h), 0);
	ck_assert_int_eq(virq_set_handler(b, VIRQ_TIMER), -EINVAL);
	ck_assert_int_eq(virq_set_handler(b, VIRQ_ENOMEM), 0);
	virq_send_global(VIRQ_ENOMEM);
	ck_assert(pending(b, h.port));
	ck_assert(!pending(dom0, g.port));
	machine_run(dom0->vcpus[0]);
	core_destroy(b);
	virq_send_global(VIRQ_ENOMEM);
	ck_assert(pending(dom0, g.port));
}
END_TEST

START_TEST(pirqs)
{
	struct evtchn_bind_pirq p = { .pirq = 9, .flags = BIND_PIRQ__WILL_SHARE };
	struct evtchn_status s;
	u32 next;

	ck_assert_int_eq(op(a, EVTCHNOP_bind_pirq, &p), -EPERM);
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_pirq, &p), 0);
	ck_assert_uint_eq(arch.pirq_port, p.port);
	evtchn_send_pirq(dom0, p.port);
	ck_assert(pending(dom0, p.port));
	ck_assert_int_eq(sends(dom0, p.port), -EINVAL);
	ck_assert_int_eq(closes(dom0, p.port), 0);
	ck_assert_uint_eq(arch.pirq_port, 0);
	evtchn_send_pirq(dom0, p.port);
	ck_assert(!pending(dom0, p.port));
	arch.pirq_error = -EBUSY;
	next = p.port;
	ck_assert_int_eq(op(dom0, EVTCHNOP_bind_pirq, &p), -EBUSY);
	ck_assert_uint_eq(status(dom0, next, &s), EVTCHNSTAT_closed);
}
END_TEST

START_TEST(port_limit)
{
	struct evtchn_bind_ipi i = { .vcpu = 0 };
	u32 n = 0;

	while (!op(a, EVTCHNOP_bind_ipi, &i)) {
		ck_assert_uint_eq(i.port, n + 1);
		n++;
	}
	ck_assert_uint_eq(n, 1023);
	ck_assert_int_eq(op(a, EVTCHNOP_bind_ipi, &i), -ENOSPC);
	ck_assert_int_eq(closes(a, 500), 0);
	ck_assert_int_eq(op(a, EVTCHNOP_bind_ipi, &i), 0);
	ck_assert_uint_eq(i.port, 500);
}
END_TEST

START_TEST(reset_is_resumable)
{
	struct evtchn_bind_ipi i = { .vcpu = 0 };
	struct evtchn_reset r = { DOMID_SELF };
	struct evtchn_status s;
	unsigned int calls = 0;
	long rc;

	for (unsigned int n = 0; n < 300; n++)
		ck_assert_int_eq(op(a, EVTCHNOP_bind_ipi, &i), 0);
	machine_run(a->vcpus[0]);
	a->vcpus[0]->info->evtchn_upcall_mask = 0;
	a->vcpus[0]->info->evtchn_upcall_pending = 1; /* preempt_point() says stop, every time */
	do {
		rc = op(a, EVTCHNOP_reset, &r);
		a->vcpus[0]->work = 0;
		calls++;
	} while (rc == -ERESTART);
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_gt(calls, 5);
	ck_assert_uint_eq(status(a, 300, &s), EVTCHNSTAT_closed);
	ck_assert_uint_eq(unbound(a, b), 1);
}
END_TEST

START_TEST(death_frees_the_other_end)
{
	u32 pa = unbound(a, b), pb = join(b, a, pa);
	struct evtchn_status s;
	domid_t id = a->id;

	machine_run(dom0->vcpus[0]);
	core_destroy(a);
	ck_assert_ptr_null(domain_by_id(id));
	ck_assert_uint_eq(status(b, pb, &s), EVTCHNSTAT_unbound);
	ck_assert_int_eq(sends(b, pb), 0);
}
END_TEST

START_TEST(poll_wakes)
{
	u32 p = unbound(a, a), q = join(a, a, p);
	evtchn_port_t list[] = { q };
	struct sched_poll sp = { .nr_ports = 1 };
	struct vcpu *v = a->vcpus[0];

	set_xen_guest_handle(sp.ports, list);
	unpend(a, q);
	mask(a, q); /* polling does not need it unmasked */
	machine_run(v);
	v->running = true;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR((u64)&sp)), 0);
	ck_assert_int_eq(v->block, VCPU_POLLING);
	ck_assert_uint_eq(a->pollers, 1);
	ck_assert_int_eq(evtchn_send(a, p), 0);
	ck_assert_int_eq(v->block, VCPU_RUNS);
	ck_assert_uint_eq(a->pollers, 0);
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR((u64)&sp)),
			 0); /* pending: it does not rest */
	ck_assert_int_eq(v->block, VCPU_RUNS);
	list[0] = 4000;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR((u64)&sp)), -EINVAL);
	ck_assert_int_eq(v->block, VCPU_RUNS);
	sp.nr_ports = 129;
	ck_assert_int_eq(hc_sched_op(SCHEDOP_poll, GADDR((u64)&sp)), -EINVAL);
	ck_assert_uint_eq(a->pollers, 0);
}
END_TEST

START_TEST(fifo_is_absent)
{
	u64 arg[8] = { 0 };

	ck_assert_int_eq(op(a, EVTCHNOP_init_control, arg), -ENOSYS);
	ck_assert_int_eq(op(a, EVTCHNOP_expand_array, arg), -ENOSYS);
	ck_assert_int_eq(op(a, EVTCHNOP_set_priority, arg), -ENOSYS);
	ck_assert_int_eq(op(a, 99, arg), -ENOSYS);
	ck_assert_int_eq(op(a, EVTCHNOP_close, NULL), -EFAULT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("event");
	TCase *t = tcase_create("event");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, interdomain_life);
	tcase_add_test(t, strangers_are_refused);
	tcase_add_test(t, loopback);
	tcase_add_test(t, masked_events_wait);
	tcase_add_test(t, vcpus);
	tcase_add_test(t, virqs);
	tcase_add_test(t, virq_handler_moves_and_returns);
	tcase_add_test(t, pirqs);
	tcase_add_test(t, port_limit);
	tcase_add_test(t, reset_is_resumable);
	tcase_add_test(t, death_frees_the_other_end);
	tcase_add_test(t, poll_wakes);
	tcase_add_test(t, fifo_is_absent);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
