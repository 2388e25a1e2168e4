/* SPDX-License-Identifier: MIT */
/*
 * The console: the ring shared with dom0, or the hypervisor's.
 *
 * A ring index counts bytes for ever; the place in the ring is the index modulo its size. The
 * reader moves _cons, the writer _prod; each tells the other by the event channel.
 */
#include <pv/console.h>
#include <pv/cpu.h>
#include <pv/event.h>
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
	console->taken = console->ring ? console->ring->out_prod : 0;
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

	(void)pv_poll(&port, 1, before + POLL_NS);
	if (pv_time_now(console->clock) - before < POLL_NS)
		pv_yield();
}

/* ---- Output -----------------------------------------------------------------------------------
 */

/* A piece of output as it stands in the ring. */
struct piece {
	size_t size;
	char text[PV_CONSOLE_PIECE];
};

/* Fills the piece from data and returns how much of it went in. */
static size_t piece_fill(struct piece *piece, const char *data, size_t size, bool newline)
{
	size_t used = 0;

	piece->size = 0;
	for (; used < size; used++) {
		bool two = newline && data[used] == '\n';

		if (piece->size + 1 + two > sizeof(piece->text))
			break;
		if (two)
			piece->text[piece->size++] = '\r';
		piece->text[piece->size++] = data[used];
	}
	return used;
}

static size_t ring_room(const struct pv_console *console)
{
	const struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX used = PV_READ_ONCE(console->taken) - PV_READ_ONCE(ring->out_cons);

	return used < sizeof(ring->out) ? sizeof(ring->out) - used : 0;
}

/*
 * A trap's handler may write at any instruction of this, and then does all of it before this goes
 * on. So each takes its place first and fills it then. Who finds out_prod at its own place
 * interrupted nobody, and shows dom0 all that was filled; out_prod only ever moves from what was
 * seen there.
 */
static void place_show(struct pv_console *console)
{
	XENCONS_RING_IDX *prod = &console->ring->out_prod;

	for (;;) {
		XENCONS_RING_IDX seen = PV_READ_ONCE(*prod);
		XENCONS_RING_IDX end = PV_READ_ONCE(console->taken);

		if (seen == end)
			return;
		(void)pv_cmpxchg(prod, seen, end);
	}
}

static bool ring_put_masked(struct pv_console *console, const struct piece *piece)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX place;
	bool alone;

	do {
		place = PV_READ_ONCE(console->taken);
		alone = PV_READ_ONCE(ring->out_prod) == place;
		if (piece->size > ring_room(console))
			return false;
	} while (!pv_cmpxchg(&console->taken, place, place + (XENCONS_RING_IDX)piece->size));
	for (size_t i = 0; i < piece->size; i++)
		ring->out[MASK_XENCONS_IDX(place++, ring->out)] = piece->text[i];
	if (alone) {
		place_show(console);
		other_end_notify(console);
	}
	return true;
}

/*
 * Puts the whole piece into the ring, or nothing: false if there is no room for it now. Events wait
 * meanwhile: a handler may fill the ring, and dom0 would never make room, since it is shown nothing
 * beyond the place that is being filled.
 */
static bool ring_put(struct pv_console *console, const struct piece *piece)
{
	bool enabled = pv_events_save(), put = ring_put_masked(console, piece);

	pv_events_restore(enabled);
	return put;
}

/* What there is room for now, a piece at a time. */
static size_t ring_try(struct pv_console *console, const char *data, size_t size)
{
	struct piece piece;
	size_t done = 0, room;

	while (done < size && (room = ring_room(console))) {
		size_t wanted = size - done < room ? size - done : room;
		size_t used = piece_fill(&piece, data + done, wanted, false);

		if (ring_put(console, &piece))
			done += used;
	}
	return done;
}

long pv_console_try_write(struct pv_console *console, const char *data, size_t size)
{
	long rc;

	if (console->ring)
		return (long)ring_try(console, data, size);
	rc = hypercall_console_io(CONSOLEIO_write, (unsigned int)size, (char *)(uintptr_t)data);
	return rc ? rc : (long)size;
}

int pv_console_write(struct pv_console *console, const char *data, size_t size)
{
	struct piece piece;

	if (!console->ring) {
		long rc = pv_console_try_write(console, data, size);

		return rc < 0 ? (int)rc : 0;
	}
	while (size) {
		size_t used = piece_fill(&piece, data, size, true);

		while (!ring_put(console, &piece))
			other_end_await(console);
		data += used;
		size -= used;
	}
	return 0;
}

/* ---- Input ------------------------------------------------------------------------------------
 */

/* A handler that reads in the middle of this has the same bytes: then they are its. */
static long ring_take(struct pv_console *console, char *data, size_t size)
{
	struct xencons_interface *ring = console->ring;
	XENCONS_RING_IDX start, cons;

	do {
		start = cons = PV_READ_ONCE(ring->in_cons);
		while (cons - start < size && cons != PV_READ_ONCE(ring->in_prod)) {
			pv_rmb();
			data[cons - start] = ring->in[MASK_XENCONS_IDX(cons, ring->in)];
			cons++;
		}
	} while (!pv_cmpxchg(&ring->in_cons, start, cons));
	if (cons != start)
		other_end_notify(console);
	return (long)(cons - start);
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
