/* SPDX-License-Identifier: MIT */
/* Trap tables and the dispatch of traps to the kernel's handlers. */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/sched.h>
#include <pv/string.h>
#include <pv/trap.h>
#include <pv/extable.h>

#include "entry.h"

_Static_assert(sizeof(struct pv_regs) == 168, "trap_entry.S knows the size");
_Static_assert(offsetof(struct pv_regs, error_code) == 15 * 8,
	       "entry_macros.inc pushes 15 registers");
_Static_assert(offsetof(struct pv_regs, saved_upcall_mask) == 17 * 8 + 4, "as in the bounce frame");

uint64_t pv_failsafe_selectors[4];

static struct pv_traps *traps;

unsigned long pv_trap_address(unsigned int entry)
{
	switch (entry) {
	case PV_ENTRY_FAILSAFE: return (unsigned long)pv_failsafe_entry;
	case PV_ENTRY_SYSCALL: return (unsigned long)pv_syscall_entry;
	case PV_ENTRY_SYSCALL32: return (unsigned long)pv_syscall32_entry;
	case PV_ENTRY_SYSENTER: return (unsigned long)pv_sysenter_entry;
	default: return (unsigned long)pv_trap_entries + 32 * entry;
	}
}

/* The table goes over in pieces, so that it needs little stack. */
static int vectors_set(unsigned int first, unsigned int count)
{
	struct trap_info table[9] = { { 0 } };

	for (unsigned int i = 0; i < count; i++) {
		unsigned int vector = first + i;
		bool dpl3 = pv_bit_test(&traps->dpl3[vector / 64], vector % 64);

		table[i] = (struct trap_info){
			.vector = (uint8_t)vector,
			.flags = 4 | (dpl3 ? 3 : 0),
			.cs = PV_CS64,
			.address = pv_trap_address(vector),
		};
	}
	return (int)hypercall_set_trap_table(table);
}

static int callback_set(uint16_t type, unsigned int entry)
{
	struct callback_register callback = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = pv_trap_address(entry),
	};

	return (int)hypercall_callback_op(CALLBACKOP_register, &callback);
}

int pv_trap_init(struct pv_traps *t)
{
	int rc;

	traps = t;
	for (unsigned int vector = 0; vector < 256; vector += 8) {
		rc = vectors_set(vector, 8);
		if (rc)
			return rc;
	}
	rc = callback_set(CALLBACKTYPE_failsafe, PV_ENTRY_FAILSAFE);
	if (!rc)
		rc = callback_set(CALLBACKTYPE_syscall, PV_ENTRY_SYSCALL);
	if (!rc)
		rc = callback_set(CALLBACKTYPE_syscall32, PV_ENTRY_SYSCALL32);
	if (rc)
		return rc;
	/* Refused where the CPU has no SYSENTER for 32-bit programs: then nothing needs it. */
	callback_set(CALLBACKTYPE_sysenter, PV_ENTRY_SYSENTER);
	return 0;
}

int pv_trap_stack_set(void *top)
{
	return (int)hypercall_stack_switch(PV_SS, (unsigned long)top);
}

void pv_trap_dispatch(struct pv_regs *regs)
{
	pv_trap_handler *handler = traps->handler[regs->entry];

	if (handler && handler(regs))
		return;
	if (regs->entry < 256 && pv_extable_fixup(regs))
		return;
	if (traps->unhandled)
		traps->unhandled(regs);
	pv_shutdown(SHUTDOWN_crash);
}
