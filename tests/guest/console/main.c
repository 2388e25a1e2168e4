/* SPDX-License-Identifier: MIT */
/*
 * console_io: dom0 writes and reads; lengths that are negative, huge or reach memory that is not
 * there are refused or end with what was there; nothing is read where nothing was typed.
 */
#include "test.h"

static long io(unsigned int cmd, unsigned int count, const void *buf)
{
	return hypercall_console_io(cmd, count, (char *)(uintptr_t)buf);
}

void test_main(void)
{
	static const char line[] = "a line by console_io\n";
	static char buf[256];
	const char *edge = (char *)window(1) - 4;

	if (!test_start.dom0)
		test_skip("needs the console");
	must(!va_update(window(0), pte_make(page_take(), PV_PTE_DATA), UVMF_INVLPG));
	expect_rc("write", io(CONSOLEIO_write, sizeof(line) - 1, line), 0);
	expect_rc("write nothing", io(CONSOLEIO_write, 0, line), 0);
	expect_rc("write from the hypervisor", io(CONSOLEIO_write, 16, (void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
	expect_rc("write from nowhere", io(CONSOLEIO_write, 16, (void *)0x10000), -XEN_EFAULT);
	expect_rc("write across the end of memory", io(CONSOLEIO_write, 64, edge), -XEN_EFAULT);
	expect_rc("write -1 from nowhere", io(CONSOLEIO_write, ~0U, (void *)0x10000), -XEN_EFAULT);
	expect_rc("read", io(CONSOLEIO_read, sizeof(buf), buf), 0);
	expect_rc("read nothing", io(CONSOLEIO_read, 0, buf), 0);
	/* 2 GiB and more: negative to whoever takes it for signed. */
	expect(io(CONSOLEIO_read, ~0U, buf) <= 0, "read -1");
	expect(io(CONSOLEIO_read, 0x80000000, buf) <= 0, "read 2^31");
	expect(io(CONSOLEIO_read, sizeof(buf), (void *)HYPERVISOR_POINTER) <= 0,
	       "read to the hypervisor");
	expect_rc("unknown command", io(7, 1, buf), -XEN_ENOSYS);
	expect_rc("command -1", io(~0U, 1, buf), -XEN_ENOSYS);
	/* A long text in one call. */
	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
	expect_rc("write 256 bytes", io(CONSOLEIO_write, sizeof(buf), buf), 0);
}
