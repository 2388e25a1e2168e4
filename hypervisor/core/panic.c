/* SPDX-License-Identifier: MIT */
/* The end, when the hypervisor finds itself broken. */
#include <core/arch.h>
#include <core/lib.h>
#include <core/printk.h>

/* Without locks and without interrupts; a second panic while the first still prints only halts. */
void panic(const char *fmt, ...)
{
	static u8 entered;
	static char text[256];
	va_list ap;

	if (__atomic_exchange_n(&entered, 1, __ATOMIC_SEQ_CST))
		machine_halt();
	console_panic_mode();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk(LOG_ERR, "panic: %s\n", text);
	machine_dump();
	machine_panic_end();
}
