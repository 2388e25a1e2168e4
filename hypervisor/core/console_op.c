/* SPDX-License-Identifier: MIT */
/* console_io: dom0's way to the serial port and the message ring. extra is the count. */
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <core/printk.h>

#define CHUNK       256U
#define BUDGET_BYTE 50

long hc_console_io_write(gaddr_t buffer, u64 count)
{
	char chunk[CHUNK];

	for (u64 done = 0; done < count;) {
		size_t n = MIN(count - done, CHUNK);

		if (guest_read(chunk, gaddr_add(buffer, done), n))
			return -EFAULT;
		console_write(chunk, n);
		done += n;
		budget_use((s64)n * BUDGET_BYTE);
		if (done < count && preempt_due())
			return hypercall_restart(CONSOLEIO_write, count - done,
						 gaddr_add(buffer, done).v, 0, 0);
	}
	return 0;
}

/* Bytes that cannot be written to the guest are lost: they are taken out first. */
long hc_console_io_read(gaddr_t buffer, u64 count)
{
	char chunk[CHUNK];
	size_t n;

	if (!guest_range_ok(buffer, count))
		return -EFAULT;
	n = console_read(chunk, MIN(count, CHUNK));
	if (guest_write(buffer, chunk, n))
		return -EFAULT;
	return (long)n;
}
