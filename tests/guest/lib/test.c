/* SPDX-License-Identifier: MIT */
/* Start, verdict and end of a test guest. */
#include "test.h"

#define NR_SLOTS 128

struct pv_start test_start;
struct pv_traps test_traps;
static struct pv_event_slot slots[NR_SLOTS];
struct pv_events test_events = { .slots = slots, .nr_slots = NR_SLOTS };

static struct pv_console console;
static unsigned int failures;

static void line_print(const char *kind, const char *format, va_list args)
{
	pv_printf("%s: ", kind);
	pv_vprintf(format, args);
	pv_printf("\n");
}

/* dom0 restarts the machine, which QEMU takes as its end; a domU powers off. */
static void __attribute__((noreturn)) verdict(const char *word)
{
	pv_printf("Test result: %s\n", word);
	pv_console_drain(&console);
	pv_shutdown(test_start.dom0 ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
}

void test_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_print("FAIL", format, args);
	va_end(args);
	failures++;
}

void test_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_print("ERROR", format, args);
	va_end(args);
	verdict("ERROR");
}

void test_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line_print("SKIP", format, args);
	va_end(args);
	verdict("SKIP");
}

void test_end(void)
{
	verdict(failures ? "FAILURE" : "SUCCESS");
}

/* The one that UNLIKE_XEN means here. */
static long wanted_here(long wanted)
{
	long both = UNLIKE_XEN_BASE - wanted;

	if (both < 0)
		return wanted;
	return on_paravane() ? -(both >> 8) : -(both & 0xff);
}

bool expect_rc(const char *what, long got, long wanted)
{
	wanted = wanted_here(wanted);
	if (got == wanted)
		return true;
	test_fail("%s: returned %ld, expected %ld", what, got, wanted);
	return false;
}

bool expect_eq(const char *what, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		return true;
	test_fail("%s: is %#lx, expected %#lx", what, got, wanted);
	return false;
}

bool expect_fault(const char *what, pv_fault got, pv_fault wanted)
{
	if (got == wanted)
		return true;
	test_fail("%s: fault %s, expected %s", what, fault_name(got), fault_name(wanted));
	return false;
}

void calls_check(const struct call *calls, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		const struct call *c = &calls[i];

		expect_rc(c->what,
			  pv_hypercall(c->number, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4]),
			  c->wanted);
	}
}

bool on_paravane(void)
{
	xen_extraversion_t extra = "";

	hypercall_xen_version(XENVER_extraversion, extra);
	return strstr(extra, "paravane");
}

uint64_t now(void)
{
	return pv_time_now(&pv_vcpu_info()->time);
}

/* A trap that the test did not provoke. */
static void trap_report(const struct pv_regs *regs)
{
	pv_printf("FAIL: unexpected %s at %#lx from %s, address %#lx\n",
		  fault_name(PV_FAULT(regs->entry, regs->error_code)), regs->rip,
		  pv_regs_user(regs) ? "user" : "kernel", pv_vcpu_info()->arch.cr2);
	verdict("FAILURE");
}

void pv_main(const struct start_info *info)
{
	if (pv_start_read(&test_start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &test_start);
	pv_console_set(&console);
	test_events.shared = test_start.shared;
	if (pv_events_init(&test_events))
		test_error("no events");
	test_traps.unhandled = trap_report;
	if (pv_trap_init(&test_traps))
		test_error("no traps");
	test_main();
	test_end();
}
