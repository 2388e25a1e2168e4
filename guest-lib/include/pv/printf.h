/* SPDX-License-Identifier: MIT */
/*
 * Formatted output. Conversions: d i u x X c s p %; flags 0 - # +; width and precision, also as *;
 * lengths hh h l ll z. Anything else is printed as it stands. [upcall]
 */
#ifndef PV_PRINTF_H
#define PV_PRINTF_H

#include <pv/types.h>

#define PV_FORMAT(string, first) __attribute__((format(printf, string, first)))

/*
 * Write to buf (size bytes, always terminated if size is not 0) and return the length that the
 * whole text has, as the C standard says.
 */
int pv_vsnprintf(char *buf, size_t size, const char *format, va_list args) PV_FORMAT(3, 0);
int pv_snprintf(char *buf, size_t size, const char *format, ...) PV_FORMAT(3, 4);

/*
 * Write to the console of pv_console_set(). One call prints at most PV_PRINTF_MAX - 1 characters
 * and returns the number of them.
 */
#define PV_PRINTF_MAX 256
int pv_vprintf(const char *format, va_list args) PV_FORMAT(1, 0);
int pv_printf(const char *format, ...) PV_FORMAT(1, 2);

#endif
