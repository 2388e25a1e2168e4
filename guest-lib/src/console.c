/* SPDX-License-Identifier: MIT */
/*
 * The console: the ring shared with dom0, or the hypervisor's.
 *
 * A ring index counts bytes for ever; the place in the ring is the index modulo its size. The
 * reader moves _cons, the writer _prod; each tells the other by the event channel.
 */
#include <pv/console.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/sched.h>
#include <pv/time.h>

#define POLL_NS  10000000ULL /* look again after 10 ms even without an event */
#define DRAIN_NS 1000000000ULL

static struct pv_console *current;

void pv_console_init(struct pv_console *console, const struct pv_start *start)
{
	console->ring = start->console_ring;
	console->port = start->console_port;
	console->clock = &start->shared->vcpu_info[0].time;
}

void pv_console_set(struct pv_console *console)
{
	current = console;
}

struct pv_console *pv_console_get(void)
{
	return current;
}

static void other_end_notify(const struct pv_console *console)
{
	struct evtchn_send send = { .port = console->port };

	hypercall_event_channel_op(EVTCHNOP_send, &send);
}

/*
 * Waits for an event or some time: dom0's daemon need not tell of every byte that it takes. Where
 * the port's pending bit is still set, which only the port's handler may clear, polling returns at
 * once: then yield.
 */
static void other_end_await(const struct pv_console *console)
{
	evtchn_port_t port = console->port;
	uint64_t before = pv_time_now(console->clock);

	pv_poll(&port, 1, before + POLL_NS);
	if (pv_time_now(console->clock) - before < POLL_NS)
		pv_yield();
}

static size_t ring_put(struct pv_console *console, const char *data, size_t size, bool newline)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX prod = ring->out_prod;
	size_t taken = 0;

	while (taken < size) {
		size_t need = newline && data[taken] == '\n' ? 2 : 1;

		if (prod - PV_READ_ONCE(ring->out_cons) + need > sizeof(ring->out))
			break;
		if (need == 2)
			ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = '\r';
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = data[taken++];
	}
	pv_wmb();
	PV_WRITE_ONCE(ring->out_prod, prod);
	if (taken)
		other_end_notify(console);
	return taken;
}

long pv_console_try_write(struct pv_console *console, const char *data, size_t size)
{
	long rc;

	if (console->ring)
		return (long)ring_put(console, data, size, false);
	rc = hypercall_console_io(CONSOLEIO_write, (unsigned int)size, (char *)(uintptr_t)data);
	return rc ? rc : (long)size;
}

int pv_console_write(struct pv_console *console, const char *data, size_t size)
{
	if (!console->ring) {
		long rc = pv_console_try_write(console, data, size);

		return rc < 0 ? (int)rc : 0;
	}
	for (;;) {
		size_t taken = ring_put(console, data, size, true);

		data += taken;
		size -= taken;
		if (!size)
			return 0;
		other_end_await(console);
	}
}

static long ring_take(struct pv_console *console, char *data, size_t size)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX cons = ring->in_cons;
	size_t taken = 0;

	while (taken < size && cons != PV_READ_ONCE(ring->in_prod)) {
		pv_rmb();
		data[taken++] = ring->in[MASK_XENCONS_IDX(cons++, ring->in)];
	}
	pv_mb();
	PV_WRITE_ONCE(ring->in_cons, cons);
	if (taken)
		other_end_notify(console);
	return (long)taken;
}

long pv_console_read(struct pv_console *console, char *data, size_t size)
{
	if (console->ring)
		return ring_take(console, data, size);
	return hypercall_console_io(CONSOLEIO_read, (unsigned int)size, data);
}

void pv_console_drain(struct pv_console *console)
{
	struct xencons_interface *ring = console->ring;

	uint64_t start;

	if (!ring)
		return;
	start = pv_time_now(console->clock);
	while (PV_READ_ONCE(ring->out_cons) != ring->out_prod &&
	       pv_time_now(console->clock) - start < DRAIN_NS)
		other_end_await(console);
}
