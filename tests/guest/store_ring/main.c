/* SPDX-License-Identifier: MIT */
/*
 * The XenStore client's waiting, with the test as xenstored: its answers, and watch events in
 * between, stand in the ring before the calls are made. pv_store_wait() comes back at once while
 * events are kept that came with an answer, and waits when there are none.
 */
#include "test.h"

#define LIMIT (2 * PV_SECOND)

static union {
	struct xenstore_domain_interface ring;
	uint8_t page[PV_PAGE_SIZE];
} shared PV_PAGE_ALIGNED;
static struct pv_store store;
static uint64_t deadline;

static void bytes_put(const void *data, size_t size)
{
	const char *from = data;

	for (size_t i = 0; i < size; i++)
		shared.ring.rsp[MASK_XENSTORE_IDX(shared.ring.rsp_prod++)] = from[i];
}

static void message_put(uint32_t type, uint32_t id, const char *body, size_t size)
{
	struct xsd_sockmsg header = { .type = type, .req_id = id, .len = (uint32_t)size };

	bytes_put(&header, sizeof(header));
	bytes_put(body, size);
}

static void answer_put(uint32_t type)
{
	message_put(type, store.next_id + 1, "OK", 3);
}

static void event_put(void)
{
	message_put(XS_WATCH_EVENT, 0, "data/w\0mine", 12);
}

/* Waiting for ever ends here. */
static void late(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	test_fail("pv_store_wait() sleeps although events are kept");
	test_end();
}

/* xenstored comes at last. */
static void event_arrive(evtchn_port_t port, void *data)
{
	(void)port;
	event_put();
	must(!pv_event_send(*(evtchn_port_t *)data));
}

static void timer_set(evtchn_port_t timer, pv_event_handler *handler, void *data, uint64_t when)
{
	must(!pv_event_handle(timer, handler, data));
	deadline = now() + when;
	must(!pv_timer_set(deadline));
}

/* Three events, told of before and with the answers of the calls. */
static unsigned int events_take(void)
{
	char path[16], token[16];
	unsigned int n = 0;

	while (pv_store_event(&store, path, sizeof(path), token, sizeof(token)) > 0) {
		expect(!strcmp(path, "data/w") && !strcmp(token, "mine"), "an event %s %s", path,
		       token);
		n++;
	}
	return n;
}

static void kept(evtchn_port_t timer)
{
	answer_put(XS_WATCH);
	expect_rc("watch", pv_store_watch(&store, "data/w", "mine"), 0);
	for (unsigned int i = 0; i < 2; i++) {
		event_put();
		answer_put(XS_WRITE);
		expect_rc("write", pv_store_write(&store, PV_STORE_NO_TRANSACTION, "data/w", "1"),
			  0);
	}
	timer_set(timer, late, NULL, LIMIT);
	pv_store_wait(&store);
	must(!pv_timer_set(0));
	expect_eq("events kept", events_take(), 2);
}

static void waiting(evtchn_port_t timer, evtchn_port_t far)
{
	timer_set(timer, event_arrive, &far, 20 * PV_MILLISECOND);
	pv_event_clear(store.port);
	while (!events_take())
		pv_store_wait(&store);
	expect(now() >= deadline, "an event before it was sent");
}

void test_main(void)
{
	long near = pv_event_listen(DOMID_SELF), far;
	long timer = pv_event_bind_virq(VIRQ_TIMER, 0);

	must(near > 0 && timer > 0);
	far = pv_event_connect(DOMID_SELF, (evtchn_port_t)near);
	must(far > 0);
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	pv_event_clear((evtchn_port_t)timer);
	must(!pv_event_unmask((evtchn_port_t)timer) && !pv_events_enable());
	store.ring = &shared.ring;
	store.port = (evtchn_port_t)near;
	kept((evtchn_port_t)timer);
	waiting((evtchn_port_t)timer, (evtchn_port_t)far);
}
