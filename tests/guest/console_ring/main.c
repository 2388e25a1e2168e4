/* SPDX-License-Identifier: MIT */
/*
 * The console's ring, with the test as its other end: a handler that writes or reads at any
 * instruction of the library's own writing or reading loses nothing and makes nothing be lost. Each
 * is single-stepped, and at its n-th instruction the handler of #DB does the same, for every n.
 * Text comes out in pieces that are whole, also where the ring wraps and is full, and out_prod
 * never goes back. No event comes while a place is taken and not shown: a handler that filled the
 * rest of the ring then would wait for room that dom0 cannot make.
 */
#include "test.h"

#define TF 0x100

static union {
	struct xencons_interface ring;
	uint8_t page[PV_PAGE_SIZE];
} shared PV_PAGE_ALIGNED;
static struct pv_console console;

/* What the handler of #DB does, at which step; and what it saw. */
static void (*interrupter)(void);
static unsigned long step, interrupt_at;
static bool interrupted, went_back, open_unshown;
static XENCONS_RING_IDX last_prod;

static bool step_take(struct pv_regs *regs)
{
	XENCONS_RING_IDX prod = shared.ring.out_prod;

	went_back |= (int32_t)(prod - last_prod) < 0;
	last_prod = prod;
	open_unshown |= console.taken != prod && !regs->saved_upcall_mask;
	if (++step == interrupt_at) {
		interrupted = true;
		interrupter();
		last_prod = shared.ring.out_prod;
	}
	return true;
}

static void stepping(bool on)
{
	unsigned long flags = on ? TF : 0;

	__asm__ volatile("pushfq; andq $~0x100, (%%rsp); orq %0, (%%rsp); popfq"
			 :
			 : "r"(flags)
			 : "memory", "cc");
}

/* Runs what() and, at its n-th instruction, within(). False: it has fewer. */
static bool interrupted_run(unsigned long n, void (*what)(void), void (*within)(void))
{
	step = 0;
	interrupt_at = n;
	interrupter = within;
	interrupted = false;
	last_prod = shared.ring.out_prod;
	stepping(true);
	what();
	stepping(false);
	return interrupted;
}

/* ---- Output -----------------------------------------------------------------------------------
 */

static char taken[sizeof(shared.ring.out) + 1];

/* All that the ring holds, as dom0 takes it. */
static void output_take(void)
{
	struct xencons_interface *ring = &shared.ring;
	size_t n = 0;

	while (ring->out_cons != ring->out_prod && n < sizeof(taken) - 1)
		taken[n++] = ring->out[MASK_XENCONS_IDX(ring->out_cons++, ring->out)];
	taken[n] = 0;
}

static void outer_write(void)
{
	must(!pv_console_write(&console, "the outer one\n", 14));
}

static void inner_write(void)
{
	must(!pv_console_write(&console, "within\n", 7));
}

static bool output_right(void)
{
	return !strcmp(taken, "the outer one\r\nwithin\r\n") ||
	       !strcmp(taken, "within\r\nthe outer one\r\n");
}

static void writing(XENCONS_RING_IDX start)
{
	bool before = false, behind = false;

	shared.ring.out_prod = shared.ring.out_cons = console.taken = start;
	for (unsigned long n = 1; interrupted_run(n, outer_write, inner_write); n++) {
		output_take();
		before |= taken[0] == 'w';
		behind |= taken[0] == 't';
		if (output_right() && !went_back)
			continue;
		test_fail("interrupted at step %lu: \"%s\"%s", n, taken,
			  went_back ? ", out_prod went back" : "");
		return;
	}
	output_take();
	expect(before && behind, "no interruption came in the middle");
}

/* The ring is full but for some bytes: what does not fit is not begun. */
static void full(void)
{
	static const char digits[] = "0123456789";
	static char fill[sizeof(shared.ring.out) - 8];

	memset(fill, '.', sizeof(fill));
	must(pv_console_try_write(&console, fill, sizeof(fill)) == sizeof(fill));
	expect_rc("try_write into 8 bytes", pv_console_try_write(&console, digits, 10), 8);
	expect_rc("try_write into a full ring", pv_console_try_write(&console, digits, 10), 0);
	output_take();
	expect(!strcmp(taken + sizeof(fill), "01234567"), "the ring ends with \"%s\"",
	       taken + sizeof(fill));
}

/* ---- Input ------------------------------------------------------------------------------------
 */

static char outer_got[16], inner_got[16];
static long outer_n, inner_n;

static void outer_read(void)
{
	outer_n = pv_console_read(&console, outer_got, sizeof(outer_got));
}

static void inner_read(void)
{
	inner_n = pv_console_read(&console, inner_got, sizeof(inner_got));
}

static void reading(void)
{
	struct xencons_interface *ring = &shared.ring;
	bool more = true;

	for (unsigned long n = 1; more; n++) {
		inner_n = 0;
		memcpy(ring->in, "typed", 5);
		ring->in_cons = 0;
		ring->in_prod = 5;
		more = interrupted_run(n, outer_read, inner_read);
		if (outer_n + inner_n == 5 && ring->in_cons == 5)
			continue;
		test_fail("interrupted at step %lu: %ld and %ld bytes, in_cons %u", n, outer_n,
			  inner_n, ring->in_cons);
		return;
	}
}

void test_main(void)
{
	long port = pv_event_listen(DOMID_SELF), other;

	must(port > 0);
	other = pv_event_connect(DOMID_SELF, (evtchn_port_t)port);
	must(other > 0);
	test_traps.handler[PV_VECTOR_DB] = step_take;
	console.ring = &shared.ring;
	console.port = (evtchn_port_t)port;
	console.clock = &pv_vcpu_info()->time;
	writing(0);
	writing(sizeof(shared.ring.out) - 9);
	writing((XENCONS_RING_IDX)-9);
	must(!pv_events_enable());
	writing(0);
	pv_events_disable();
	expect(!open_unshown, "an event may come between a piece's place and its showing");
	full();
	reading();
}
