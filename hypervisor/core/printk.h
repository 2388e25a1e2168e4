/* SPDX-License-Identifier: MIT */
/* Messages: a ring (XEN_SYSCTL_readconsole, `pvctl dmesg`) and the serial port; and panic. */
#ifndef PV_PRINTK_H
#define PV_PRINTK_H

#include <core/types.h>

enum log_level { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct domain;

/* What is printed on the serial port; the ring gets everything. Set from loglvl= and guest_loglvl=.
 */
extern enum log_level log_level, guest_log_level;

void printk(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
/* A message about what a guest did: rate-limited, prefixed with its domid. */
void guest_printk(const struct domain *d, enum log_level level, const char *fmt, ...) PRINTF(3, 4);

#define pr_err(...)   printk(LOG_ERR, __VA_ARGS__)
#define pr_warn(...)  printk(LOG_WARNING, __VA_ARGS__)
#define pr_info(...)  printk(LOG_INFO, __VA_ARGS__)
#define pr_debug(...) printk(LOG_DEBUG, __VA_ARGS__)

/* Raw bytes of dom0's console, to the ring and the port. */
void console_write(const char *s, size_t n);
/* Takes up to n received bytes. */
size_t console_read(char *s, size_t n);
/* Called by the UART for each received byte: buffers it and raises VIRQ_CONSOLE in dom0. */
void console_receive(char c);
/* Copies ring bytes from *index on (a running count; moved forward to what is still there). */
size_t console_ring_read(char *buf, size_t n, u32 *index, bool clear);

/* From now on messages take no lock and are polled out. */
void console_panic_mode(void);
/* Prints registers, stack, page walk and the last hypercalls of this CPU, then stops or reboots. */
void panic(const char *fmt, ...) PRINTF(1, 2) NORETURN;

#define BUG_ON(cond)                                                \
	do {                                                        \
		if (unlikely(cond))                                 \
			panic("%s:%d: " #cond, __FILE__, __LINE__); \
	} while (0)

#endif /* PV_PRINTK_H */
