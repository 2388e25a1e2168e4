/* SPDX-License-Identifier: MIT */
/*
 * Where exceptions and interrupts go. From ring 3 they are the guest's (pv) or a device's; in ring
 * 0 an exception is one of those that the exception table expects, a failed IRET to a guest, or a
 * bug.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <x86/context.h>
#include <x86/entry.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/trap.h>
#include <x86/vector.h>
#include <x86/x86.h>

#define FIRST_IRQ            32
#define VECTOR_LINUX_SYSCALL 0x80
#define SPECIAL_VECTORS      (1U << TRAP_NMI | 1U << TRAP_MC | 1U << TRAP_BP | 1U << TRAP_OF)
#define DR6_DEFAULT          0xffff0ff0UL
#define MSR_MCG_STATUS       0x17aU
#define MCG_STATUS_RIPV      1UL

const struct cpu_regs *trap_panic_regs;

bool extable_fixup(struct cpu_regs *regs)
{
	for (const struct extable_entry *e = extable_start; e < extable_end; e++)
		if (e->insn == regs->rip) {
			regs->rip = e->fixup;
			return true;
		}
	return false;
}

static void interrupt(struct cpu_regs *regs)
{
	vector_dispatch((u8)regs->vector);
}

/* The hardware domain's boot vCPU is told; what it means is its to find out. */
static void nmi(void)
{
	pr_warn("CPU %u: NMI\n", this_cpu()->id);
	if (dom0 && dom0->vcpus && dom0->vcpus[0])
		vcpu_work_set(dom0->vcpus[0], WORK_NMI);
}

static void machine_check(void)
{
	u64 status = 0;

	if (rdmsr_safe(MSR_MCG_STATUS, &status) || !(status & MCG_STATUS_RIPV))
		panic("machine check, MCG_STATUS %lx", status);
	pr_err("CPU %u: machine check, MCG_STATUS %lx\n", this_cpu()->id, status);
	wrmsr(MSR_MCG_STATUS, 0);
}

void trap_from_guest(struct cpu_regs *regs)
{
	u16 vector = regs->vector;

	if (vector == TRAP_PF)
		pv_exception(regs, read_cr2());
	else if (unlikely(vector >= FIRST_IRQ))
		vector == VECTOR_LINUX_SYSCALL ? pv_software_interrupt(regs, (u8)vector)
					       : interrupt(regs);
	else if (likely(!(SPECIAL_VECTORS >> vector & 1)))
		pv_exception(regs, 0);
	else if (vector == TRAP_NMI)
		nmi();
	else if (vector == TRAP_MC)
		machine_check();
	else
		pv_software_interrupt(regs, (u8)vector);
}

/*
 * IRET to the guest failed: its general registers are the faulting frame's, the rest stands where
 * IRET read it, at the stack's top. The two overlap, the faulting frame being the lower.
 */
static struct cpu_regs *iret_failed(const struct cpu_regs *regs)
{
	struct cpu_regs *guest = &stack_top()->regs;
	u32 error_code = regs->error_code;

	memmove(guest, regs, offsetof(struct cpu_regs, orig_rax));
	guest->orig_rax = 0;
	guest->entry = ENTRY_TRAP;
	guest->vector = TRAP_GP;
	guest->error_code = error_code;
	context_note_selectors(current);
	pv_failsafe(guest);
	return guest;
}

static const char *trap_name(u16 vector)
{
	static const char names[][4] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",   "#TS",
		"#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
	};

	return vector < ARRAY_SIZE(names) ? names[vector] : "?";
}

static void NORETURN die(const struct cpu_regs *regs)
{
	trap_panic_regs = regs;
	panic("%s in the hypervisor, error code %x, cr2 %lx", trap_name(regs->vector),
	      regs->error_code, read_cr2());
}

struct cpu_regs *trap_from_hv(struct cpu_regs *regs)
{
	if (regs->vector >= FIRST_IRQ) {
		interrupt(regs);
		return regs;
	}
	if (regs->rip == ENTRY_VIRT + (u64)(entry_iretq - entry_page) ||
	    regs->rip == (u64)this_cpu()->entry - CPU_ENTRY_DATA + (u64)(entry_iretq - entry_page))
		return iret_failed(regs);
	if (!extable_fixup(regs))
		die(regs);
	return regs;
}

/*
 * NMI, #MC and #DB in ring 0. RSP was anything, the stack is a CPU's own small one, and what was
 * interrupted may hold any lock: so only flags are set. A guest can provoke #DB here (a data
 * breakpoint delayed by a load of SS, XSA-260).
 */
void trap_ist(struct cpu_regs *regs, struct cpu *cpu)
{
	switch (regs->vector) {
	case TRAP_DB:
		__asm__ volatile("mov %0, %%dr6" : : "r"(DR6_DEFAULT));
		regs->rflags &= ~RFLAGS_TF;
		return;
	case TRAP_NMI: cpu->nmi_pending = 1; break;
	default: cpu->mce_pending = 1; break;
	}
	if (cpu->curr)
		vcpu_work_set(cpu->curr, WORK_EVENT);
}

void trap_double_fault(struct cpu_regs *regs)
{
	die(regs);
}

void trap_serve_pending(void)
{
	struct cpu *c = this_cpu();

	if (likely(!(c->nmi_pending | c->mce_pending)))
		return;
	if (c->mce_pending)
		machine_check();
	if (c->nmi_pending)
		nmi();
	c->nmi_pending = c->mce_pending = 0;
}
