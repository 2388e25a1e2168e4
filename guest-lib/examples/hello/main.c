/* SPDX-License-Identifier: MIT */
/*
 * hello: greets on its console, then powers off. With the word "stay" on its command line it waits
 * until dom0 asks it, through control/shutdown, to power off or reboot.
 */
#include <pv/pv.h>

#define GREETING "Hello from a guest of domain"

static struct pv_start start;
static struct pv_console console;
static struct pv_store store;
static struct pv_events events;

/* Returns the reason to end for. */
static unsigned int shutdown_await(void)
{
	int rc = pv_store_init(&store, &start);

	if (!rc)
		rc = pv_control_watch(&store);
	while (!rc) {
		char path[64], token[16];
		int request = pv_control_read(&store);

		if (request > PV_CONTROL_NONE)
			return pv_control_reason((enum pv_control)request);
		while (pv_store_event(&store, path, sizeof(path), token, sizeof(token)) == 0)
			pv_store_wait(&store);
		rc = request < 0 ? request : 0;
	}
	pv_printf("hello: cannot wait for control/shutdown: error %d\n", -rc);
	return SHUTDOWN_poweroff;
}

void pv_main(const struct start_info *info)
{
	unsigned int reason = SHUTDOWN_poweroff;

	if (pv_start_read(&start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &start);
	pv_console_set(&console);
	events.shared = start.shared;
	if (pv_events_init(&events))
		pv_shutdown(SHUTDOWN_crash);
	pv_printf("%s %ld, with %lu MiB of memory on %s\n", GREETING, pv_domain_id(),
		  info->nr_pages >> 8, info->magic);
	if (pv_arg_present((const char *)info->cmd_line, "stay"))
		reason = shutdown_await();
	pv_console_drain(&console);
	pv_shutdown(reason);
}
