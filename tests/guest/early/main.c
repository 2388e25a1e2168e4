/* SPDX-License-Identifier: MIT */
/*
 * What the library does before it is set up, without the tests' framework: constructors run before
 * pv_main(), in the order of their priorities, on an aligned stack; event functions that are called
 * before pv_events_init() say so, or do nothing and harm nothing.
 */
#include <pv/pv.h>

static struct pv_start start;
static struct pv_console console;
static struct pv_event_slot slots[16];
static struct pv_events events = { .slots = slots, .nr_slots = 16 };
static unsigned int failures, hits;
static char order[4];

static void expect(bool held, const char *what)
{
	if (held)
		return;
	pv_printf("FAIL: %s\n", what);
	failures++;
}

static void order_add(char c)
{
	order[strlen(order)] = c;
}

__attribute__((constructor)) static void third(void)
{
	order_add('3');
}

__attribute__((constructor(202))) static void second(void)
{
	order_add('2');
}

__attribute__((constructor(201))) static void first(void)
{
	order_add('1');
}

static void count(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	hits++;
}

static void before_events(void)
{
	expect(!pv_vcpu_info(), "a vcpu_info before pv_events_init()");
	expect(pv_events_enable() == -XEN_ENODEV, "pv_events_enable() before pv_events_init()");
	expect(!pv_events_enabled() && !pv_events_save(), "events are enabled");
	pv_events_disable();
	pv_events_restore(true);
	expect(start.shared->vcpu_info[0].evtchn_upcall_mask == 1, "events came to be unmasked");
	expect(pv_event_handle(1, count, NULL) == -XEN_ENODEV, "a handler before its table");
	expect(pv_event_move(1, 0) == -XEN_ENODEV, "a port moved");
	expect(pv_event_unmask(4096) == -XEN_EINVAL, "an unmasked port that is not there");
	pv_event_mask(1);
	pv_event_clear(1);
	expect(!pv_event_pending(1), "a pending port");
	expect(!pv_poll(NULL, 0, 1), "pv_poll()");
	expect(pv_domain_id() >= 0, "pv_domain_id()");
}

static void with_events(void)
{
	long port;

	events.shared = start.shared;
	expect(!pv_events_init(&events), "pv_events_init()");
	port = pv_event_bind_ipi(0);
	expect(port > 0 && !pv_event_handle((evtchn_port_t)port, count, NULL), "a port");
	expect(!pv_event_unmask((evtchn_port_t)port) && !pv_events_enable(), "unmasking");
	hits = 0;
	expect(!pv_event_send((evtchn_port_t)port) && hits == 1, "an event");
	pv_events_disable();
}

void pv_main(const struct start_info *info)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	if (pv_start_read(&start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &start);
	pv_console_set(&console);
	expect(!strcmp(order, "123"), "the constructors' order");
	/* What `call` and `push %rbp` leave of an aligned stack. */
	expect(frame % 16 == 0, "the stack's alignment");
	before_events();
	with_events();
	pv_printf("Test result: %s\n", failures ? "FAILURE" : "SUCCESS");
	pv_console_drain(&console);
	pv_shutdown(SHUTDOWN_reboot);
}
