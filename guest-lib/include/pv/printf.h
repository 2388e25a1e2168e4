/* SPDX-License-Identifier: MIT */
/*
 * Formatted output. Conversions: d i u o x X c s p %; flags 0 - + # (x, X) and blank; width and
 * precision, also as *; lengths hh h l ll z j t. Anything else is printed as it stands and its
 * argument, taken for an integer or a pointer, is skipped; floating-point ones are not among these.
 * [upcall]
 */
#ifndef PV_PRINTF_H
#define PV_PRINTF_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_FORMAT(string, first) __attribute__((format(printf, string, first)))

/*
 * Write to buf (size bytes, always terminated if size is not 0) and return the length that the
 * whole text has, as the C standard says.
 */
int pv_vsnprintf(char *buf, size_t size, const char *format, va_list args) PV_FORMAT(3, 0);
int pv_snprintf(char *buf, size_t size, const char *format, ...) PV_FORMAT(3, 4);

/*
 * Write to the console of pv_console_set(), as pv_console_write() does. One call prints at most
 * PV_PRINTF_MAX - 1 characters and returns the number of them; with newlines counted as two, what
 * it prints comes out in one piece up to PV_CONSOLE_PIECE (console.h).
 */
#define PV_PRINTF_MAX 256
int pv_vprintf(const char *format, va_list args) PV_FORMAT(1, 0);
int pv_printf(const char *format, ...) PV_FORMAT(1, 2);

#ifdef __cplusplus
}
#endif

#endif
