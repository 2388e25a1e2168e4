/* SPDX-License-Identifier: MIT */
/*
 * echo: says back each line that is typed on its console. An empty line ends it. In dom0 the
 * console is the hypervisor's, whose input arrives with VIRQ_CONSOLE.
 */
#include <pv/pv.h>

#define NR_SLOTS 64
#define LINE_MAX 120

static struct pv_start start;
static struct pv_console console;
static struct pv_event_slot slots[NR_SLOTS];
static struct pv_events events = { .slots = slots, .nr_slots = NR_SLOTS };
static char line[LINE_MAX + 1];
static unsigned int length;
static bool done;

static void line_answer(void)
{
	line[length] = 0;
	pv_printf("\nYou said: %s\n> ", line);
	done = !length;
	length = 0;
}

static void byte_take(char c)
{
	if (c == '\r' || c == '\n') {
		line_answer();
	} else if ((c == '\b' || c == 0x7f) && length) {
		length--;
		pv_printf("\b \b");
	} else if (c >= ' ' && c < 0x7f && length < LINE_MAX) {
		line[length++] = c;
		pv_printf("%c", c);
	}
}

static void input_take(evtchn_port_t port, void *data)
{
	char buf[64];
	long n;

	(void)port;
	(void)data;
	while ((n = pv_console_read(&console, buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n && !done; i++)
			byte_take(buf[i]);
	}
}

void pv_main(const struct start_info *info)
{
	long port;

	if (pv_start_read(&start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &start);
	pv_console_set(&console);
	events.shared = start.shared;
	port = console.port;
	if (pv_events_init(&events) ||
	    (start.dom0 && (port = pv_event_bind_virq(VIRQ_CONSOLE, 0)) < 0) ||
	    pv_event_handle((evtchn_port_t)port, input_take, NULL))
		pv_shutdown(SHUTDOWN_crash);
	pv_printf("Type a line; an empty one ends.\n> ");
	if (pv_event_unmask((evtchn_port_t)port))
		pv_shutdown(SHUTDOWN_crash);
	while (!done) {
		pv_events_disable();
		input_take(0, NULL);
		pv_block();
	}
	pv_printf("Goodbye.\n");
	pv_console_drain(&console);
	pv_shutdown(SHUTDOWN_poweroff);
}
