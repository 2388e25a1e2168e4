/* SPDX-License-Identifier: MIT */
/*
 * clock: prints the date and time each second from its timer event, and ends when dom0 asks it to
 * through control/shutdown. In dom0, which has no store page, it ends after ten seconds, so that it
 * can be tried alone.
 */
#include <pv/pv.h>

#define NR_SLOTS   32
#define DOM0_TICKS 10

static struct pv_start start;
static struct pv_console console;
static struct pv_store store;
static struct pv_event_slot slots[NR_SLOTS];
static struct pv_events events = { .slots = slots, .nr_slots = NR_SLOTS };
static unsigned int ticks;
static bool store_changed;

static uint64_t now(void)
{
	return pv_time_now(&pv_vcpu_info()->time);
}

static void tick(evtchn_port_t port, void *data)
{
	uint64_t wall = pv_time_wall_base(start.shared) + now();
	struct pv_date date = pv_date_from_ns(wall);
	uint64_t rest = PV_SECOND - wall % PV_SECOND;

	(void)port;
	(void)data;
	ticks++;
	pv_printf("%04u-%02u-%02u %02u:%02u:%02u\n", date.year, date.month, date.day, date.hour,
		  date.minute, date.second);
	/* At the next full second, at least half a one from now. */
	if (pv_timer_set(now() + (rest < PV_SECOND / 2 ? rest + PV_SECOND : rest)))
		pv_shutdown(SHUTDOWN_crash);
}

static void store_notice(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	store_changed = true;
}

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	pv_printf("clock: %s: error %d\n", what, -rc);
	pv_console_drain(&console);
	pv_shutdown(SHUTDOWN_crash);
}

static void event_use(evtchn_port_t port, pv_event_handler *handler)
{
	check(pv_event_handle(port, handler, NULL), "event port");
	check(pv_event_unmask(port), "event port");
}

/* The request to end, if there is one. The store polls its own port: so with events masked. Its
 * answers come by that port too: only a watch event is a reason to ask. */
static enum pv_control request_read(void)
{
	char path[64], token[16];
	bool watched = false;
	int rc;

	store_changed = false;
	while ((rc = pv_store_event(&store, path, sizeof(path), token, sizeof(token))) > 0)
		watched = true;
	check(rc, "store event");
	if (!watched)
		return PV_CONTROL_NONE;
	rc = pv_control_read(&store);
	check(rc, "control/shutdown");
	return (enum pv_control)rc;
}

static unsigned int run(void)
{
	for (;;) {
		enum pv_control request = PV_CONTROL_NONE;

		if (start.dom0 && ticks == DOM0_TICKS)
			return SHUTDOWN_poweroff;
		pv_events_disable();
		if (store_changed)
			request = request_read();
		if (request != PV_CONTROL_NONE)
			return pv_control_reason(request);
		/* Unmasks and waits in one step, so that no event falls in between. */
		pv_block();
	}
}

void pv_main(const struct start_info *info)
{
	long port;

	if (pv_start_read(&start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &start);
	pv_console_set(&console);
	events.shared = start.shared;
	check(pv_events_init(&events), "events");
	/* Xen starts a PV guest with a timer of 100 Hz, which would come by the same event. */
	check((int)hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), "periodic timer");
	port = pv_event_bind_virq(VIRQ_TIMER, 0);
	check((int)port, "timer event");
	event_use((evtchn_port_t)port, tick);
	if (!start.dom0) {
		check(pv_store_init(&store, &start), "store");
		check(pv_control_watch(&store), "watch");
		event_use(store.port, store_notice);
		store_changed = true;
	}
	check(pv_timer_set(now() + 1), "timer");
	unsigned int reason = run();

	pv_console_drain(&console);
	pv_shutdown(reason);
}
