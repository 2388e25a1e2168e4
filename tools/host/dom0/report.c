/* SPDX-License-Identifier: MIT */
/* What dom0's first process says, and its way out. */
#include "dom0.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static int control_port = -1;

void report_to(int control)
{
	control_port = control;
}

/* Whole lines in one write each, so that they do not mix with the kernel's. Nobody is told if it
 * cannot be said. */
static void say(const char *prefix, const char *format, va_list args)
{
	static const char tag[] = "paravane: ";
	char line[1024] = "";
	size_t length;

	strcpy(line, tag);
	strcat(line, prefix);
	length = strlen(line);
	vsnprintf(line + length, sizeof(line) - length - 1, format, args);
	strcat(line, "\n");
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
	if (control_port >= 0 &&
	    write(control_port, line + strlen(tag), strlen(line) - strlen(tag)) < 0)
		control_port = -1;
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("failed: ", format, args);
	va_end(args);
	power_off();
}

void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
