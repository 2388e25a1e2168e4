/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall: all registers arrive; RPL 0 to 2 of CS means kernel mode and 3 user mode; IF
 * becomes the event mask; IOPL, NT and VM never get through; frames that cannot be loaded (bad
 * selectors, a non-canonical RIP) come back as a fault or the failsafe callback and harm nobody; a
 * frame that cannot be read is refused.
 */
#include "test.h"

SNIPPET(stop, "int3");

static const struct {
	const char *name;
	size_t offset;
} registers[] = {
#define R(r)                                    \
	{                                       \
#r, offsetof(struct pv_regs, r) \
	}
	R(r15), R(r14), R(r13), R(r12), R(rbp), R(rbx), R(r11), R(r10),
	R(r9),  R(r8),  R(rax), R(rcx), R(rdx), R(rsi), R(rdi),
#undef R
};

static uint64_t *slot(const struct pv_regs *regs, unsigned int i)
{
	return (uint64_t *)((uintptr_t)regs + registers[i].offset);
}

static void registers_check(bool user)
{
	struct pv_regs in = user ? regs_user(stop) : regs_kernel(stop);
	const struct pv_regs *out;

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(registers); i++)
		*slot(&in, i) = 0x0123456789abcd00 + i;
	out = run(&in);
	expect_fault("all registers", regs_fault(out), BP);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(registers); i++)
		expect_eq(registers[i].name, *slot(out, i), *slot(&in, i));
}

static void modes(void)
{
	for (unsigned int rpl = 0; rpl < 4; rpl++) {
		struct pv_regs in = regs_kernel(stop);
		const struct pv_regs *out;

		in.cs = (uint16_t)((PV_CS64 & ~3) | rpl);
		out = run(&in);
		expect_fault("iret", regs_fault(out), BP);
		expect_eq("RPL that comes back", out->cs & 3, rpl == 3 ? 3 : 0);
	}
}

static void flags(void)
{
	for (unsigned int user = 0; user < 2; user++) {
		struct pv_regs in = user ? regs_user(stop) : regs_kernel(stop);
		const struct pv_regs *out;

		in.rflags = 0x2 | 0x3000 | 0x4000 | 0x20000;
		out = run(&in);
		expect_fault("iret with IOPL, NT, VM", regs_fault(out), BP);
		expect_eq("IOPL and VM", out->rflags & 0x23000, 0);
		expect_eq("IF off", out->rflags & 0x200, 0);
		in.rflags = 0x202;
		out = run(&in);
		expect_eq("IF on", out->rflags & 0x200, 0x200);
	}
}

/* Anything but arriving: the code at RIP must not have run with these. */
static void refused(const char *what, struct pv_regs in)
{
	const struct pv_regs *out = run(&in);
	pv_fault fault = regs_fault(out);

	expect(fault != BP, "%s: iret went through", what);
}

static void bad_frames(void)
{
	static const uint16_t selectors[] = { 0x0003, 0x0010, 0x1233, 0xe043, 0xe04b, 0xfff8 };
	struct pv_regs in;

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(selectors); i++) {
		in = regs_kernel(stop);
		in.cs = selectors[i] & ~3;
		refused("bad CS, kernel mode", in);
		in = regs_user(stop);
		in.cs = selectors[i] | 3;
		refused("bad CS, user mode", in);
	}
	in = regs_user(stop);
	in.ss = 0x1233;
	refused("bad SS", in);
	in = regs_kernel(stop);
	in.rip = NONCANONICAL;
	refused("non-canonical RIP, kernel mode", in);
	in = regs_user(stop);
	in.rip = NONCANONICAL;
	refused("non-canonical RIP, user mode", in);
	in.rip = 0x0000800000000000;
	refused("first non-canonical RIP, user mode", in);
	in = regs_user(stop);
	in.rip = HYPERVISOR_POINTER;
	refused("RIP in the hypervisor", in);
}

void test_main(void)
{
	user_root_make();
	registers_check(false);
	registers_check(true);
	modes();
	flags();
	bad_frames();
	/* Still whole. */
	registers_check(true);
}
