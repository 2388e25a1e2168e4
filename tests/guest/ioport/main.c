/* SPDX-License-Identifier: MIT */
/*
 * Port I/O: refused until the kernel has asked for an I/O privilege level with PHYSDEVOP_set_iopl,
 * and in user mode until it has one of 3 or its bit in the bitmap of PHYSDEVOP_set_iobitmap; then
 * emulated, in all sizes and forms. Ports that are the hypervisor's own answer all ones or
 * harmlessly.
 */
#include "test.h"

#define CMOS_INDEX 0x70

SNIPPET(in_imm, "inb $0x71, %al");
SNIPPET(in_dx, "movl $0x71, %edx; inb %dx, %al");
SNIPPET(out_imm, "xorl %eax, %eax; outb %al, $0x70");
SNIPPET(in_word, "movl $0xcfc, %edx; inw %dx, %ax");
SNIPPET(in_long, "movl $0xcfc, %edx; inl %dx, %eax");
SNIPPET(out_then_in, "outb %al, %dx; xorl %eax, %eax; inb %dx, %al");

static pv_fault step(const char *code, bool user)
{
	struct pv_regs in = user ? regs_user(code) : regs_kernel(code);

	return regs_fault(run(&in));
}

static long iopl_set(unsigned int level)
{
	struct physdev_set_iopl op = { .iopl = level };

	return hypercall_physdev_op(PHYSDEVOP_set_iopl, &op);
}

static void levels(void)
{
	expect_fault("in, level 0, kernel mode", step(in_imm, false), GP(0));
	expect_fault("in, level 0, user mode", step(in_imm, true), GP(0));
	expect_rc("level 4", iopl_set(4), -XEN_EINVAL);
	expect_rc("level 1", iopl_set(1), 0);
	expect_fault("in, level 1, kernel mode", step(in_imm, false), BP);
	expect_fault("in by DX, level 1, kernel mode", step(in_dx, false), BP);
	expect_fault("out, level 1, kernel mode", step(out_imm, false), BP);
	expect_fault("in, level 1, user mode", step(in_imm, true), GP(0));
	expect_rc("level 3", iopl_set(3), 0);
	expect_fault("in, level 3, user mode", step(in_imm, true), BP);
	expect_rc("level 1", iopl_set(1), 0);
}

static void sizes(void)
{
	struct pv_regs in = regs_kernel(in_word);
	const struct pv_regs *out;

	in.rax = 0x1122334455667788;
	out = run(&in);
	expect_fault("inw", regs_fault(out), BP);
	expect_eq("the rest of RAX after inw", out->rax >> 16, 0x112233445566);
	in.rip = (uint64_t)in_long;
	out = run(&in);
	expect_fault("inl", regs_fault(out), BP);
	expect_eq("the upper half of RAX after inl", out->rax >> 32, 0);
}

static void bitmap(void)
{
	uint8_t *map = page_take();
	struct physdev_set_iobitmap op = { .nr_ports = 0x100 };

	memset(map, 0xff, 0x20);
	map[0x71 / 8] &= (uint8_t) ~(1 << (0x71 % 8));
	set_xen_guest_handle(op.bitmap, map);
	expect_rc("set_iobitmap", hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	expect_fault("in with its bit clear, user mode", step(in_imm, true), BP);
	expect_fault("out with its bit set, user mode", step(out_imm, true), GP(0));
	op.nr_ports = 65537;
	expect_rc("65537 ports", hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op), -XEN_EINVAL);
	op.nr_ports = 0;
	expect_rc("no bitmap", hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	expect_fault("in without a bitmap, user mode", step(in_imm, true), GP(0));
}

/* The hypervisor's own, a console and interrupts that a guest could take over: registers that keep
 * what is written (the PICs' masks, COM1's scratch register) read all ones, before and after.
 * (unit/devices sees that nothing is written.) */
static void denied(void)
{
	static const struct {
		const char *what;
		uint16_t port;
	} rows[] = {
		{ "the first PIC's mask", 0x21 },
		{ "the second PIC's mask", 0xa1 },
		{ "COM1's scratch register", 0x3ff },
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		struct pv_regs in = regs_kernel(out_then_in);
		const struct pv_regs *out;

		in.rdx = rows[i].port;
		in.rax = 0x5a;
		out = run(&in);
		expect_fault(rows[i].what, regs_fault(out), BP);
		expect_eq(rows[i].what, out->rax & 0xff, 0xff);
	}
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the hardware domain");
	user_root_make();
	levels();
	sizes();
	bitmap();
	denied();
}
