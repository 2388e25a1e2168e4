/* SPDX-License-Identifier: MIT */
/*
 * Events on two vCPUs: each runs the handlers of its own ports alone, also while another's are
 * pending in the same word; a port that is given from one to the other and back loses nothing and
 * its handler never runs on both at once; a vCPU that registers its upcall leaves the ports as they
 * are; and what starting and moving refuse.
 * @options: dom0_max_vcpus=2
 */
#include "test.h"

#define LIMIT  (10 * PV_SECOND)
#define ROUNDS 300

static struct pv_vcpu vcpus[2];
static uint8_t stack[8192] __attribute__((aligned(16)));
static volatile bool started, give_back, stop;

/* A port's handler calls, by the vCPU that they ran on. */
struct counts {
	volatile unsigned int on[2];
};

static void count(evtchn_port_t port, void *data)
{
	struct counts *counts = data;

	(void)port;
	counts->on[pv_vcpu_current()->id]++;
}

static evtchn_port_t port_use(long port, pv_event_handler *handler, void *data)
{
	must(port > 0);
	must(!pv_event_handle((evtchn_port_t)port, handler, data));
	pv_event_clear((evtchn_port_t)port);
	must(!pv_event_unmask((evtchn_port_t)port));
	return (evtchn_port_t)port;
}

/* Lets the other vCPU run until the value differs. */
static bool changed(const volatile unsigned int *value, unsigned int from)
{
	uint64_t start = now();

	while (*value == from && now() - start < LIMIT)
		pv_yield();
	return *value != from;
}

/* ---- The second vCPU --------------------------------------------------------------------------
 */

static evtchn_port_t moving, its_listener;
static struct counts listened;
static int second_rc;

/* Gives the moving port back when it is asked for it. */
static void second_main(void *argument)
{
	expect(argument == &second_rc, "the argument is %p", argument);
	second_rc = pv_trap_init(&test_traps);
	if (!second_rc)
		second_rc = pv_events_vcpu_init();
	its_listener = port_use(pv_event_listen(DOMID_SELF), count, &listened);
	started = true;
	pv_events_enable();
	while (!stop) {
		if (give_back)
			give_back = pv_event_move(moving, 0) != 0;
		pv_yield();
	}
	pv_events_disable();
}

static bool second_start(void)
{
	static struct pv_vcpu third = { .id = 2 };
	uint64_t start = now();

	third.info = &test_start.shared->vcpu_info[2];
	expect_rc("a vCPU that is not there",
		  pv_vcpu_start(&third, stack + sizeof(stack), second_main, NULL), -XEN_ENOENT);
	expect_rc("start", pv_vcpu_start(&vcpus[1], stack + sizeof(stack), second_main, &second_rc),
		  0);
	while (!started && now() - start < LIMIT)
		pv_yield();
	expect_rc("start again",
		  pv_vcpu_start(&vcpus[1], stack + sizeof(stack), second_main, &second_rc),
		  -XEN_EEXIST);
	expect_rc("its own start", second_rc, 0);
	return started;
}

static void second_end(void)
{
	uint64_t start = now();

	stop = true;
	while (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) && now() - start < LIMIT)
		pv_yield();
	expect_rc("is_up after its function returned", hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
}

/* ---- Whose port it is -------------------------------------------------------------------------
 */

/* Ours is pending, and events are masked here, while the other takes its own. */
static void own_ports(evtchn_port_t first, evtchn_port_t second, struct counts *mine,
		      struct counts *its)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int before = its->on[1];

		must(!pv_event_send(first) && !pv_event_send(second));
		if (!changed(&its->on[1], before)) {
			test_fail("event %u does not reach the second vCPU", i);
			break;
		}
		expect(pv_event_pending(first), "our event is gone");
		must(!pv_events_enable());
		pv_events_disable();
	}
	expect_eq("ours, here", mine->on[0], ROUNDS);
	expect_eq("ours, on the second", mine->on[1], 0);
	expect_eq("its, here", its->on[0], 0);
}

static void opened_there(void)
{
	long port = pv_event_connect(DOMID_SELF, its_listener);
	unsigned int before = listened.on[1];

	must(port > 0);
	must(!pv_event_send((evtchn_port_t)port));
	expect(changed(&listened.on[1], before), "a port opened on the second vCPU is silent");
	expect_eq("its events here", listened.on[0], 0);
}

/* ---- A port that moves ------------------------------------------------------------------------
 */

static volatile unsigned int inside, at_once, calls;

/* Gives the other vCPU every chance to come in too. */
static void linger(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1)
		at_once++;
	calls++;
	pv_yield();
	__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

static bool moving_take_back(void)
{
	uint64_t start = now();

	give_back = true;
	while (give_back && now() - start < LIMIT)
		pv_yield();
	return !give_back;
}

/* True if the moving port's handler is called after the first `before` calls. */
static bool answered(unsigned int before, const char *which, unsigned int round)
{
	bool yes = changed(&calls, before);

	expect(yes, "the event %s move %u is lost", which, round);
	return yes;
}

/*
 * One event is pending here when the port goes, the next comes after that. The third comes while
 * the handler of the second lingers there, and with it one of ours in the same word: whoever looked
 * at all ports would go in too.
 */
static bool move(evtchn_port_t far, evtchn_port_t ours, unsigned int round)
{
	unsigned int before = calls;

	must(!pv_event_send(far));
	expect_rc("a port moved", pv_event_move(moving, 1), 0);
	must(!pv_events_enable());
	if (!answered(before, "pending at", round))
		return false;
	before = calls;
	must(!pv_event_send(far));
	if (!answered(before, "after", round))
		return false;
	before = calls;
	must(!pv_event_send(far) && !pv_event_send(ours));
	return answered(before, "in the handler after", round);
}

static void moves(evtchn_port_t far, evtchn_port_t ours)
{
	bool well = true;

	for (unsigned int i = 0; i < ROUNDS && well; i++) {
		well = move(far, ours, i) && moving_take_back();
		pv_events_disable();
	}
	expect(well, "the port does not come back");
	expect_eq("handlers that ran at once", at_once, 0);
}

static void refusals(evtchn_port_t ipi)
{
	expect_rc("an IPI moved", pv_event_move(ipi, 1), -XEN_EINVAL);
	expect_rc("a port moved to nowhere", pv_event_move(moving, 2), -XEN_ERANGE);
	expect_rc("port 4096", pv_event_move(4096, 1), -XEN_ERANGE);
	expect_rc("another's port moved", pv_event_move(its_listener, 0), -XEN_EPERM);
	expect_rc("the IPI is still ours", pv_event_send(ipi), 0);
	pv_event_clear(ipi);
}

void test_main(void)
{
	struct counts mine = { { 0, 0 } }, its = { { 0, 0 } };
	evtchn_port_t first, second;
	long far;

	if (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		test_skip("this domain has one vCPU");
	test_events.vcpus = vcpus;
	test_events.nr_vcpus = PV_ARRAY_SIZE(vcpus);
	test_events.current = pv_vcpu_current;
	must(!pv_vcpu_set_current(&vcpus[0]) && !pv_events_init(&test_events));
	first = port_use(pv_event_bind_ipi(0), count, &mine);
	second = port_use(pv_event_bind_ipi(1), count, &its);
	moving = port_use(pv_event_listen(DOMID_SELF), linger, NULL);
	far = pv_event_connect(DOMID_SELF, moving);
	must(far > 0);
	if (second_start()) {
		expect(!pv_bit_test(&test_start.shared->evtchn_mask[first / 64], first % 64),
		       "the second vCPU masked a port of ours");
		own_ports(first, second, &mine, &its);
		opened_there();
		refusals(first);
		moves((evtchn_port_t)far, first);
	} else {
		test_fail("the second vCPU does not run");
	}
	second_end();
}
