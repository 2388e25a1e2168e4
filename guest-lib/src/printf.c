/* SPDX-License-Identifier: MIT */
/* Formatted output to the console. */
#include <pv/console.h>
#include <pv/printf.h>

int pv_vprintf(const char *format, va_list args)
{
	char buf[PV_PRINTF_MAX];
	int length = pv_vsnprintf(buf, sizeof(buf), format, args);

	if (length >= (int)sizeof(buf))
		length = sizeof(buf) - 1;
	if (pv_console_get())
		pv_console_write(pv_console_get(), buf, (size_t)length);
	return length;
}

int pv_printf(const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = pv_vprintf(format, args);
	va_end(args);
	return length;
}
