/* SPDX-License-Identifier: MIT */
/*
 * Software interrupts: `int n` enters the guest's vector n if its table entry has DPL 3, or, from
 * kernel mode, 1 or 2; otherwise it is #GP with the vector in the error code and RIP at the
 * instruction. RIP is behind the instruction where it went through. The 128th vector, which 32-bit
 * Linux programs use, is one of them.
 *
 * QEMU 7.2 gives the hypervisor a wrong error code here, which Xen uses: this runs on Paravane
 * alone.
 */
#include "test.h"

SNIPPET(int_80, "int $0x80");
SNIPPET(int_40, "int $0x40");
SNIPPET(int_3, ".byte 0xcd, 0x03");
SNIPPET(int_0e, "int $0x0e");

static void dpl_set(uint8_t vector, uint8_t dpl)
{
	struct trap_info table[2] = { { .vector = vector,
					.flags = 4 | dpl,
					.cs = PV_CS64,
					.address = pv_trap_address(vector) } };

	must(!hypercall_set_trap_table(table));
}

static void interrupt_check(const char *code, unsigned int vector, unsigned int dpl, bool user)
{
	struct pv_regs in = user ? regs_user(code) : regs_kernel(code);
	bool allowed = user ? dpl == 3 : dpl >= 1;
	const struct pv_regs *out;

	dpl_set((uint8_t)vector, (uint8_t)dpl);
	out = run(&in);
	if (allowed) {
		expect(out->entry == vector, "int %#x, DPL %u, user %d: entry %u", vector, dpl,
		       user, out->entry);
		expect_eq("RIP", out->rip, (uint64_t)code + 2);
		expect_eq("error code", out->error_code, 0);
	} else {
		expect_fault("refused int", regs_fault(out), GP(vector * 8 + 2));
		expect_eq("RIP", out->rip, (uint64_t)code);
	}
}

void test_main(void)
{
	if (!on_paravane())
		test_skip("QEMU's error code for int n is wrong, and Xen relies on it");
	user_root_make();
	for (unsigned int dpl = 0; dpl < 4; dpl++) {
		for (unsigned int user = 0; user < 2; user++) {
			interrupt_check(int_80, 0x80, dpl, user);
			interrupt_check(int_40, 0x40, dpl, user);
			interrupt_check(int_3, 3, dpl, user);
		}
	}
	interrupt_check(int_0e, 14, 0, true);
}
