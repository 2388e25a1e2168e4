/* SPDX-License-Identifier: MIT */
/*
 * The upcall: taken when events are unmasked and a port is pending and unmasked, once for each, in
 * kernel and in user mode, at once after the hypercall that unmasks; never with events masked or on
 * a masked port; and the interrupted code goes on with all its registers.
 */
#include "test.h"

static unsigned int hits, last_port;

static void count(evtchn_port_t port, void *data)
{
	expect(data == &hits, "the handler got other data");
	expect(!pv_events_enabled(), "events are unmasked in the handler");
	last_port = port;
	hits++;
}

static evtchn_port_t port_make(void)
{
	long port = pv_event_bind_ipi(0);

	must(port > 0);
	must(!pv_event_handle((evtchn_port_t)port, count, &hits));
	pv_event_clear((evtchn_port_t)port);
	return (evtchn_port_t)port;
}

static void expect_hits(const char *what, unsigned int wanted)
{
	expect(hits == wanted, "%s: %u upcalls, expected %u", what, hits, wanted);
	hits = 0;
}

static void masks(evtchn_port_t port)
{
	pv_event_unmask(port);
	must(!pv_event_send(port));
	expect_hits("events masked", 0);
	pv_events_enable();
	expect_hits("unmasked with one pending", 1);
	must(!pv_event_send(port));
	expect_hits("sent with events unmasked", 1);
	pv_events_disable();
	must(!pv_event_send(port) && !pv_event_send(port));
	pv_events_enable();
	expect_hits("two sends, one event", 1);
	pv_event_mask(port);
	must(!pv_event_send(port));
	expect_hits("the port masked", 0);
	expect(pv_event_pending(port), "the event of a masked port is lost");
	pv_event_unmask(port);
	expect_hits("the port unmasked", 1);
	pv_events_disable();
}

static void several(void)
{
	evtchn_port_t port[4];

	for (unsigned int i = 0; i < 4; i++) {
		port[i] = port_make();
		pv_event_unmask(port[i]);
		must(!pv_event_send(port[i]));
	}
	pv_events_enable();
	expect_hits("four ports", 4);
	pv_events_disable();
	for (unsigned int i = 0; i < 4; i++)
		must(!pv_event_close(port[i]));
}

SNIPPET(user_code, "movl $0x1234, %eax; movl $0x5678, %ecx; nop; nop");

/* Pending when user mode is entered with IF set: the upcall comes first, then the program runs. */
static void user(evtchn_port_t port)
{
	struct pv_regs in = regs_user(user_code);
	const struct pv_regs *out;

	must(!pv_event_send(port));
	in.rflags |= 0x200;
	in.rbx = 0x1111;
	in.r11 = 0x2222;
	out = run(&in);
	expect_fault("the program", regs_fault(out), BP);
	expect_hits("in user mode", 1);
	expect(out->rbx == 0x1111 && out->r11 == 0x2222 && out->rax == 0x1234 && out->rcx == 0x5678,
	       "registers after an upcall in user mode");
}

SNIPPET(kernel_code, "pushq %rax; call force; popq %rbx");
__asm__(".pushsection .text; force: movl $17, %eax; xorl %edi, %edi; syscall; ret; .popsection");

static void kernel(evtchn_port_t port)
{
	struct pv_regs in = regs_kernel(kernel_code);
	const struct pv_regs *out;

	must(!pv_event_send(port));
	in.rflags |= 0x200;
	in.rax = 0x4444;
	in.r15 = 0x5555;
	out = run(&in);
	expect_fault("kernel code", regs_fault(out), BP);
	expect_hits("in kernel mode", 1);
	expect(out->rbx == 0x4444 && out->r15 == 0x5555, "registers after an upcall");
	expect_eq("IF after the upcall", out->rflags & 0x200, 0x200);
}

/* A port that was just connected is pending, for what may have been sent before; its handler runs
 * once. */
static void connected(void)
{
	long near = pv_event_listen(DOMID_SELF), far;

	must(near > 0);
	far = pv_event_connect(DOMID_SELF, (evtchn_port_t)near);
	must(far > 0);
	expect(pv_event_pending((evtchn_port_t)far), "a port just connected is not pending");
	must(!pv_event_handle((evtchn_port_t)far, count, &hits));
	must(!pv_events_enable());
	expect_hits("connected, but masked", 0);
	expect_rc("unmask", pv_event_unmask((evtchn_port_t)far), 0);
	expect_hits("connected and unmasked", 1);
	pv_events_disable();
	expect_rc("close", pv_event_close((evtchn_port_t)far), 0);
	expect_rc("close the other", pv_event_close((evtchn_port_t)near), 0);
	expect_rc("unmask a port beyond all", pv_event_unmask(1U << 20), -XEN_EINVAL);
	/* The number comes again, masked, whatever its former use left. */
	near = pv_event_listen(DOMID_SELF);
	must(near > 0);
	expect(test_start.shared->evtchn_mask[near / 64] >> near % 64 & 1,
	       "a new port is not masked");
	must(!pv_event_close((evtchn_port_t)near));
}

/* With every port taken none can be opened to ask. */
static void domain_id(void)
{
	long id = pv_domain_id(), port, first = 0, last = 0;

	expect(id >= 0 && id < DOMID_FIRST_RESERVED, "domain %ld", id);
	while ((port = pv_event_listen(DOMID_SELF)) > 0) {
		first = first ? first : port;
		last = port;
	}
	expect_rc("our number again", pv_domain_id(), id);
	for (port = first; port && port <= last; port++)
		must(!pv_event_close((evtchn_port_t)port));
}

/* block unmasks and waits in one step: with an event pending it returns at once. */
static void block(evtchn_port_t port)
{
	must(!pv_event_send(port));
	pv_block();
	expect_hits("block with one pending", 1);
	expect(pv_events_enabled(), "events are masked after block");
	pv_events_disable();
}

void test_main(void)
{
	evtchn_port_t port = port_make();

	user_root_make();
	masks(port);
	several();
	connected();
	domain_id();
	user(port);
	kernel(port);
	block(port);
}
