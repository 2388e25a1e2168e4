/* SPDX-License-Identifier: MIT */
/*
 * Running a piece of code in kernel or user mode until it traps.
 *
 * run() leaves through iret; every trap entry then finds `active` set, keeps the registers and goes
 * back to where run() was called, dropping the stack that it is on.
 */
#include "run.h"
#include "test.h"

#define STACK_SIZE 8192

static uint8_t trap_stack[STACK_SIZE] __attribute__((aligned(16)));
static uint8_t code_stack[STACK_SIZE] __attribute__((aligned(16)));
static struct pv_regs caught;
static bool active;

static bool trap_catch(struct pv_regs *regs)
{
	if (!active)
		return false;
	active = false;
	caught = *regs;
	run_leave();
}

const struct pv_regs *run(const struct pv_regs *in)
{
	static bool ready;

	if (!ready) {
		for (unsigned int i = 0; i < PV_NR_ENTRIES; i++)
			test_traps.handler[i] = trap_catch;
		must(!pv_trap_stack_set(trap_stack + STACK_SIZE));
		ready = true;
	}
	active = true;
	run_enter(in);
	pv_events_disable();
	return &caught;
}

struct pv_regs regs_kernel(const void *code)
{
	return (struct pv_regs){
		.rip = (uint64_t)code,
		.cs = PV_CS64 & ~3,
		.rflags = 2,
		.rsp = (uint64_t)(code_stack + STACK_SIZE),
		.ss = PV_SS,
	};
}

struct pv_regs regs_user(const void *code)
{
	struct pv_regs regs = regs_kernel(code);

	regs.cs = PV_CS64 | 3;
	/* Events stay off: none of the tests wants one in the middle of a snippet. */
	return regs;
}

pv_fault regs_fault(const struct pv_regs *regs)
{
	return PV_FAULT(0, regs->error_code) | (uint64_t)regs->entry << 32;
}

void user_root_make(void)
{
	uint64_t *root = page_take();

	memcpy(root, root_table(), PV_PAGE_SIZE);
	memset(root + 256, 0, 16 * sizeof(*root));
	page_readonly(root);
	must(!pv_mmuext(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root)));
	must(!pv_mmuext(MMUEXT_NEW_USER_BASEPTR, pv_va_to_mfn(root)));
}
