/* SPDX-License-Identifier: MIT */
/*
 * A timer event reaches code that makes no calls: a loop in kernel mode and one in user mode, with
 * all their registers kept; with events masked it does not; and neither can keep the CPU from its
 * deadline.
 */
#include "test.h"

#define WAIT (5 * PV_MILLISECOND)

static volatile uint64_t stop;
static unsigned int ticks;

static void tick(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	ticks++;
	stop = 1;
}

/* Counts in RBX until the word at RDI is set or RCX has run out; other registers have to survive.
 */
SNIPPET(spin, "1: incq %rbx; pause; cmpq $0, (%rdi); jne 2f; decq %rcx; jnz 1b; 2: nop");

static void spin_check(const char *what, bool user, bool unmasked)
{
	struct pv_regs in = user ? regs_user(spin) : regs_kernel(spin);
	const struct pv_regs *out;
	unsigned int before = ticks;

	stop = 0;
	in.rdi = (uint64_t)&stop;
	in.rcx = unmasked ? 2000000000 : 300000;
	in.rbx = 0;
	in.r8 = 0x8888;
	in.r11 = 0x1111;
	in.r15 = 0x5555;
	in.rdx = 0x2222;
	in.rflags |= unmasked ? 0x200 : 0;
	must(!pv_timer_set(now() + WAIT));
	out = run(&in);
	expect_fault(what, regs_fault(out), BP);
	expect(out->r8 == 0x8888 && out->r11 == 0x1111 && out->r15 == 0x5555 && out->rdx == 0x2222,
	       "%s: a register has changed", what);
	expect(ticks - before == (unmasked ? 1 : 0), "%s: %u ticks", what, ticks - before);
	expect(!unmasked || out->rcx, "%s: the event came too late", what);
	must(!pv_timer_set(0));
}

void test_main(void)
{
	long port = pv_event_bind_virq(VIRQ_TIMER, 0);

	must(port > 0);
	must(!pv_event_handle((evtchn_port_t)port, tick, NULL));
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	pv_event_clear((evtchn_port_t)port);
	pv_event_unmask((evtchn_port_t)port);
	user_root_make();
	spin_check("a loop in kernel mode", false, true);
	spin_check("a loop in user mode", true, true);
	spin_check("a masked loop in kernel mode", false, false);
	/* What was held back comes when events are unmasked. */
	pv_events_enable();
	pv_events_disable();
	spin_check("a loop in user mode again", true, true);
}
