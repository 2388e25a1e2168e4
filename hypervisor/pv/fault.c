/* SPDX-License-Identifier: MIT */
/*
 * Exceptions out of ring 3: repaired, emulated, or bounced to the guest's kernel.
 *
 * The U bit of a page fault says nothing here, since guest kernel and guest user both run in ring
 * 3: it is computed from the vCPU's mode. A fault with U clear that came from ring 3 was an
 * implicit access of the CPU to a descriptor table, or QEMU's defect with returns under SMAP.
 */
#include <core/arch.h>
#include <pv/devices.h>
#include <x86/asm.h>
#include <pv/bounce.h>
#include <x86/context.h>
#include <x86/entry.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <pv/pagetable.h>
#include <core/printk.h>
#include <pv/privop.h>

#define DR6_DEFAULT            0xffff0ff0UL
#define EC_IDT                 2U /* error code of #GP, #NP: the selector is a vector */
#define INSN_INT3              0xcc
#define INSN_INTO              0xce
#define IDT_ERROR_CODE(vector) ((u32)(vector) << 3 | EC_IDT)

/* An address in this CPU's LDT window: its offset there, or ~0. */
static u64 ldt_window_offset(u64 addr)
{
	u64 base = ENTRY_VIRT + this_cpu()->id * CPU_ENTRY_SIZE + CPU_ENTRY_LDT;

	return addr - base < LDT_PAGES * PAGE_SIZE ? addr - base : ~0UL;
}

/* U clear from ring 3: the CPU itself read a descriptor, or QEMU's defect. True: done with. */
static bool implicit_fault(struct cpu_regs *regs, u64 addr)
{
	u64 offset = ldt_window_offset(addr);
	struct vcpu *v = current;

	if (offset == ~0UL)
		return regs->error_code & PFEC_P && ringret_emulate(regs, addr);
	if (!segment_ldt_fault(v, offset))
		bounce_page_fault(regs, v->arch.ldt_base + offset, regs->error_code);
	return true;
}

static inline void page_fault(struct cpu_regs *regs, u64 addr)
{
	u32 ec = regs->error_code;
	struct vcpu *v = current;

	if (unlikely(!(ec & PFEC_U)) && implicit_fault(regs, addr))
		return;
	if ((ec & (PFEC_P | PFEC_W)) == (PFEC_P | PFEC_W) && v->guest_kernel &&
	    (addr < HV_VIRT_START || addr >= HV_VIRT_END)) {
		int rc = ptstore_fault(regs, addr);

		if (rc > 0)
			return;
		if (!rc && v->domain->hardware && mmcfg_write_fault(regs, addr))
			return;
	}
	bounce_page_fault(regs, addr, ec);
}

/* int n through a gate of DPL 0: emulated from the bytes, since QEMU's error code is not the
 * manual's. */
static bool software_interrupt(struct cpu_regs *regs)
{
	struct vcpu *v = current;
	struct insn i;
	u8 vector;

	if (insn_decode(regs, &i) || i.opcode != 0xcd)
		return false;
	vector = (u8)i.imm;
	if (!v->arch.traps[vector].address ||
	    v->arch.traps[vector].dpl < (v->guest_kernel ? 1 : 3)) {
		bounce_gp(regs, IDT_ERROR_CODE(vector));
		return true;
	}
	regs->rip += i.length;
	bounce_exception(regs, vector, 0);
	return true;
}

static void general_protection(struct cpu_regs *regs)
{
	if (regs->error_code & EC_IDT && software_interrupt(regs))
		return;
	if (!regs->error_code && privop_emulate(regs))
		return;
	bounce_gp(regs, regs->error_code);
}

static void device_not_available(struct cpu_regs *regs)
{
	struct vcpu *v = current;

	/* TS stood for the guest alone; its handler may use the FPU at once. */
	fpu_set_ts(v, false);
	bounce_exception(regs, TRAP_NM, 0);
}

static u64 take_dr6(void)
{
	u64 v;

	__asm__ volatile("mov %%dr6, %0" : "=r"(v));
	__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_DEFAULT));
	return v;
}

static void debug_exception(struct cpu_regs *regs)
{
	current->arch.dr[6] = take_dr6();
	bounce_exception(regs, TRAP_DB, 0);
}

/* int3 and into have forms of one byte, which debuggers put into any code: they pass whatever the
 * DPL, as on Xen. */
static bool one_byte_form(const struct cpu_regs *regs, u8 vector)
{
	u8 byte;

	if (vector != TRAP_BP && vector != TRAP_OF)
		return false;
	return guest_read(&byte, GADDR(regs->rip - 1), 1) || byte == INSN_INT3 || byte == INSN_INTO;
}

void pv_software_interrupt(struct cpu_regs *regs, u8 vector)
{
	const struct trap_slot *slot = &current->arch.traps[vector];

	if (one_byte_form(regs, vector) ||
	    (slot->address && slot->dpl >= (current->guest_kernel ? 1 : 3))) {
		bounce_exception(regs, vector, 0);
		return;
	}
	regs->rip -= 2;
	bounce_gp(regs, IDT_ERROR_CODE(vector));
}

void pv_exception(struct cpu_regs *regs, u64 cr2)
{
	u8 vector = (u8)regs->vector;

	if (likely(vector == TRAP_PF))
		page_fault(regs, cr2);
	else if (vector == TRAP_GP)
		general_protection(regs);
	else if (vector == TRAP_UD && privop_forced_cpuid(regs))
		return;
	else if (vector == TRAP_NM)
		device_not_available(regs);
	else if (vector == TRAP_DB)
		debug_exception(regs);
	else
		bounce_exception(regs, vector, regs->error_code);
}
