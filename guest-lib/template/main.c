/* SPDX-License-Identifier: MIT */
/* A kernel to start from: it reads what the builder left, greets, says what it has, and ends. */
#include <pv/pv.h>

static struct pv_start start;
static struct pv_console console;
static struct pv_events events;
static struct pv_traps traps;

/* A trap that no handler took. When this returns, the domain crashes. */
static void trap_report(const struct pv_regs *regs)
{
	pv_printf("trap %u, error code %#x, at %#lx\n", regs->entry, regs->error_code, regs->rip);
}

static int kernel_init(const struct start_info *info)
{
	int rc = pv_start_read(&start, info);

	if (rc)
		return rc;
	pv_console_init(&console, &start);
	pv_console_set(&console);
	traps.unhandled = trap_report;
	rc = pv_trap_init(&traps);
	if (rc)
		return rc;
	events.shared = start.shared;
	return pv_events_init(&events);
}

void pv_main(const struct start_info *info)
{
	if (kernel_init(info))
		pv_shutdown(SHUTDOWN_crash);
	pv_printf("My kernel runs. %lu pages, the first free one is %lu; command line: %s\n",
		  info->nr_pages, start.free_pfn, (const char *)info->cmd_line);
	pv_printf("It is %lu ns since boot.\n", pv_time_now(&pv_vcpu_info()->time));
	pv_console_drain(&console);
	pv_shutdown(SHUTDOWN_poweroff);
}
