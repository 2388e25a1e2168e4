/* SPDX-License-Identifier: MIT */
/*
 * A second vCPU: contexts that cannot be are refused, a good one starts where it says with its own
 * vcpu_info, registers and stack, the two send each other events, and it can be taken down and up
 * again.
 * @options: dom0_max_vcpus=2
 */
#include "test.h"

static struct vcpu_guest_context context __attribute__((aligned(16)));
static uint8_t stack[8192] __attribute__((aligned(16)));
static volatile uint64_t seen_rdi;
static volatile unsigned int alive;
static evtchn_port_t to_first, to_second;

/* What the second vCPU runs: says that it is there, then answers each event with one. */
static void __attribute__((noreturn)) second_main(uint64_t argument)
{
	struct evtchn_send answer = { .port = to_first };
	struct sched_poll poll = { .nr_ports = 1 };

	seen_rdi = argument;
	set_xen_guest_handle(poll.ports, &to_second);
	for (;;) {
		alive++;
		hypercall_event_channel_op(EVTCHNOP_send, &answer);
		hypercall_sched_op(SCHEDOP_poll, &poll);
		pv_event_clear(to_second);
	}
}

static void context_fill(void)
{
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = (uint64_t)second_main;
	context.user_regs.rdi = 0x1234567890abcdef;
	context.user_regs.rsp = (uint64_t)(stack + sizeof(stack) - 8);
	context.user_regs.cs = PV_CS64;
	context.user_regs.ss = PV_SS;
	context.user_regs.rflags = 0x202;
	context.ctrlreg[3] = xen_pfn_to_cr3(pv_va_to_mfn(root_table()));
	context.event_callback_eip = pv_trap_address(PV_ENTRY_FAILSAFE);
}

static long initialise(unsigned int id)
{
	return hypercall_vcpu_op(VCPUOP_initialise, id, &context);
}

static void refusals(void)
{
	expect_rc("up before initialise", hypercall_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
	expect_rc("initialise from the hypervisor",
		  hypercall_vcpu_op(VCPUOP_initialise, 1, (void *)HYPERVISOR_POINTER), -XEN_EFAULT);
	context_fill();
	expect_rc("vCPU 2", initialise(2), -XEN_ENOENT);
	context.ctrlreg[3] = xen_pfn_to_cr3(0x200);
	expect_rc("a root of the hypervisor", initialise(1), -XEN_EINVAL);
	context.ctrlreg[3] = xen_pfn_to_cr3(pv_va_to_mfn(page_take()));
	expect_rc("a root that is a writable page", initialise(1), -XEN_EINVAL);
	context_fill();
	context.gdt_ents = 7169;
	expect_rc("too large a GDT", initialise(1), -XEN_EINVAL);
	context_fill();
	context.gdt_ents = 8;
	context.gdt_frames[0] = pv_va_to_mfn(root_table());
	expect_rc("a GDT that is a page table", initialise(1), -XEN_EINVAL);
}

static bool alive_await(unsigned int wanted)
{
	uint64_t start = now();

	while (alive < wanted && now() - start < 5 * PV_SECOND) {
		pv_poll(&to_first, 1, now() + 100 * PV_MILLISECOND);
		pv_event_clear(to_first);
	}
	return alive >= wanted;
}

static void life(void)
{
	context_fill();
	if (!expect_rc("initialise", initialise(1), 0))
		return;
	expect_rc("initialise again", initialise(1), -XEN_EEXIST);
	expect_rc("is_up before", hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	expect_rc("up", hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
	expect_rc("is_up after", hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
	expect(alive_await(1), "the second vCPU does not run");
	expect_eq("its RDI", seen_rdi, 0x1234567890abcdef);
	for (unsigned int n = 2; n < 50; n++) {
		must(!pv_event_send(to_second));
		if (!alive_await(n)) {
			test_fail("no answer to event %u", n);
			break;
		}
	}
}

static void down_and_up(void)
{
	unsigned int before;

	expect_rc("down", hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);
	expect_rc("is_up", hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	before = alive;
	must(!pv_event_send(to_second));
	pv_poll(NULL, 0, now() + 50 * PV_MILLISECOND);
	expect_eq("what a vCPU that is down does", alive, before);
	expect_rc("up again", hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
	expect(alive_await(before + 1), "it does not go on");
	expect_rc("down at the end", hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);
}

void test_main(void)
{
	long a, b;

	if (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
		test_skip("this domain has one vCPU");
	a = pv_event_bind_ipi(0);
	b = pv_event_bind_ipi(1);
	must(a > 0 && b > 0);
	to_first = (evtchn_port_t)a;
	to_second = (evtchn_port_t)b;
	pv_event_clear(to_first);
	pv_event_clear(to_second);
	refusals();
	life();
	down_and_up();
}
