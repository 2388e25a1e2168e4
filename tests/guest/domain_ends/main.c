/* SPDX-License-Identifier: MIT */
/*
 * How a domain ends: each way to shut down gives its reason, and each way to destroy itself (faults
 * without handlers, no stack, no user root, its own code unmapped, a watchdog) ends that domain
 * alone, with the reason "crash" or "watchdog". One that loops or sleeps for ever is destroyed all
 * the same. dom0 goes on, and every page comes back.
 * @limit: 60
 */
#include "child.h"

CHILD_SNIPPET(do_poweroff, CHILD_SHUTDOWN(0));
CHILD_SNIPPET(do_reboot, CHILD_SHUTDOWN(1));
CHILD_SNIPPET(do_suspend, CHILD_SHUTDOWN(2));
CHILD_SNIPPET(do_crash, CHILD_SHUTDOWN(3));
CHILD_SNIPPET(do_ud2, "ud2");
CHILD_SNIPPET(do_int3, "int3");
CHILD_SNIPPET(do_divide, "xorl %ecx, %ecx; divl %ecx");
CHILD_SNIPPET(do_page_fault, "movl $0x1000, %eax; movq (%rax), %rax");
CHILD_SNIPPET(do_far_jump, "movabs $0x8000000000000000, %rax; jmp *%rax");
CHILD_SNIPPET(do_hypervisor_jump, "movabs $0xffff830000000000, %rax; jmp *%rax");
CHILD_SNIPPET(do_no_stack, "xorl %esp, %esp; ud2");
CHILD_SNIPPET(do_hypervisor_stack, "movabs $0xffff830000001000, %rsp; ud2");
CHILD_SNIPPET(do_wild_stack, "movabs $0x8000000000000000, %rsp; int3");
/* iret to user mode without a user root. */
CHILD_SNIPPET(do_no_user_root,
	      "pushq $0xe02b; pushq %rsp; pushq $0x202; pushq $0xe033; pushq $0x1000;"
	      "pushq $0; pushq $0; pushq $0; pushq $0; movl $23, %eax; syscall; ud2");
/* iret with its frame in no memory. */
CHILD_SNIPPET(do_no_iret_frame, "xorl %esp, %esp; movl $23, %eax; syscall; ud2");
/* update_va_mapping of its own code, with a flush. */
CHILD_SNIPPET(do_unmap_self, "movabs $0x100000004000, %rdi; xorl %esi, %esi; movl $2, %edx;"
			     "movl $14, %eax; syscall; nop");
/* A trap table whose handler is where nothing is: the fault in delivering faults again. */
CHILD_SNIPPET(do_bad_handler, "movq %rsi, %rdi; xorl %eax, %eax; syscall; ud2");
CHILD_SNIPPET(do_loop, "1: jmp 1b");
CHILD_SNIPPET(do_call_loop, "1: movl $17, %eax; xorl %edi, %edi; syscall; jmp 1b");
CHILD_SNIPPET(do_sleep, "movl $29, %eax; movl $1, %edi; syscall; ud2");
/* A watchdog of one second, then a loop. */
CHILD_SNIPPET(do_watchdog, "movl $1, 4(%rsi); movl $6, %edi; movl $29, %eax; syscall; 1: jmp 1b");

struct row {
	const char *what, *code, *end;
	int reason;
};

#define ROW(what, name, reason)                          \
	{                                                \
		what, do_##name, do_##name##_end, reason \
	}

static const struct row rows[] = {
	ROW("power off", poweroff, SHUTDOWN_poweroff),
	ROW("reboot", reboot, SHUTDOWN_reboot),
	ROW("suspend", suspend, SHUTDOWN_suspend),
	ROW("crash by request", crash, SHUTDOWN_crash),
	ROW("#UD without a handler", ud2, SHUTDOWN_crash),
	ROW("#BP without a handler", int3, SHUTDOWN_crash),
	ROW("#DE without a handler", divide, SHUTDOWN_crash),
	ROW("#PF without a handler", page_fault, SHUTDOWN_crash),
	ROW("a jump to no address", far_jump, SHUTDOWN_crash),
	ROW("a jump to the hypervisor", hypervisor_jump, SHUTDOWN_crash),
	ROW("no stack", no_stack, SHUTDOWN_crash),
	ROW("a stack in the hypervisor", hypervisor_stack, SHUTDOWN_crash),
	ROW("a stack at no address", wild_stack, SHUTDOWN_crash),
	ROW("no user root", no_user_root, SHUTDOWN_crash),
	ROW("no iret frame", no_iret_frame, SHUTDOWN_crash),
	ROW("its code unmapped", unmap_self, SHUTDOWN_crash),
	ROW("a handler where nothing is", bad_handler, SHUTDOWN_crash),
	ROW("a watchdog that runs out", watchdog, SHUTDOWN_watchdog),
};

/* For do_bad_handler and do_watchdog: a trap table at the start of the data page. */
static const struct trap_info table[3] = {
	{ .vector = PV_VECTOR_UD, .flags = 4, .cs = PV_CS64, .address = 0x1000 },
	{ .vector = PV_VECTOR_PF, .flags = 4, .cs = PV_CS64, .address = 0x1000 },
};

static void row_check(const struct row *row)
{
	struct child child;
	int reason;

	/* The watchdog's snippet needs id 0 and its timeout in the data page: zeros. */
	child_make(&child, row->code, row->end, table,
		   row->code == do_bad_handler ? sizeof(table) : 0);
	child_start(&child);
	reason = child_wait(&child, 5 * PV_SECOND);
	expect(reason == row->reason, "%s: reason %d, expected %d", row->what, reason, row->reason);
	child_destroy(&child);
}

static void endless(const char *what, const char *code, const char *end, bool blocked)
{
	struct child child;
	uint64_t start = now();
	uint32_t flags;

	child_make(&child, code, end, NULL, 0);
	child_start(&child);
	pv_poll(NULL, 0, start + 30 * PV_MILLISECOND);
	expect(now() - start < 3 * PV_SECOND, "%s: dom0 got no CPU for %lu ns", what,
	       now() - start);
	flags = child_flags(&child);
	expect(!(flags & XEN_DOMINF_shutdown), "%s: it has ended", what);
	expect(!(flags & XEN_DOMINF_blocked) == !blocked, "%s: flags %#x", what, flags);
	child_destroy(&child);
}

static void by_dom0(void)
{
	struct sched_remote_shutdown end = { .reason = SHUTDOWN_crash };
	struct child child;

	child_make(&child, do_sleep, do_sleep_end, NULL, 0);
	child_start(&child);
	end.domain_id = child.id;
	expect_rc("remote_shutdown", hypercall_sched_op(SCHEDOP_remote_shutdown, &end), 0);
	expect_rc("its reason", child_wait(&child, PV_SECOND), SHUTDOWN_crash);
	child_destroy(&child);
	/* Never started at all. */
	child_make(&child, do_sleep, do_sleep_end, NULL, 0);
	child_destroy(&child);
}

static bool ended;

static void end_notice(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	ended = true;
}

/* dom0 learns of an end by VIRQ_DOM_EXC. */
static void notice(void)
{
	long port = pv_event_bind_virq(VIRQ_DOM_EXC, 0);
	uint64_t start = now();
	struct child child;

	must(port > 0 && !pv_event_handle((evtchn_port_t)port, end_notice, NULL));
	pv_event_unmask((evtchn_port_t)port);
	child_make(&child, do_poweroff, do_poweroff_end, NULL, 0);
	ended = false;
	child_start(&child);
	while (!ended && now() - start < 3 * PV_SECOND) {
		evtchn_port_t p = (evtchn_port_t)port;

		pv_poll(&p, 1, now() + 100 * PV_MILLISECOND);
		pv_events_enable();
		pv_events_disable();
	}
	expect(ended, "no VIRQ_DOM_EXC");
	expect_rc("its reason", child_reason(&child), SHUTDOWN_poweroff);
	child_destroy(&child);
}

void test_main(void)
{
	uint64_t before, start;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	endless("a loop", do_loop, do_loop_end, false);
	before = free_pages();
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++)
		row_check(&rows[i]);
	endless("a loop", do_loop, do_loop_end, false);
	endless("a loop of calls", do_call_loop, do_call_loop_end, false);
	endless("a sleep", do_sleep, do_sleep_end, true);
	by_dom0();
	notice();
	start = now();
	while (free_pages() < before && now() - start < 3 * PV_SECOND)
		pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	expect(free_pages() >= before, "%lu pages are lost", before - free_pages());
}
