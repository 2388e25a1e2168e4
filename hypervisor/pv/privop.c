/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions that trap out of ring 3.
 *
 * Kernel mode gets what a kernel needs; user mode only port I/O that its IOPL or bitmap allows. cli
 * and sti are skipped without effect: the event mask is the guest's IF, and stock kernels execute
 * them only where they may as well not be there.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <pv/bounce.h>
#include <x86/context.h>
#include <pv/cpuid.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/hypercall.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <pv/privop.h>
#include <x86/pte.h>
#include <x86/tlb.h>

#define CR4_GUEST_MAY_SET (CR4_FSGSBASE | CR4_OSXSAVE)

/* ud2, the letters "xen", cpuid: its first and its last four bytes. */
#define FORCED_CPUID_HEAD   0x65780b0fU
#define FORCED_CPUID_TAIL   0xa20f6e65U
#define FORCED_CPUID_LENGTH 7

static void answer(struct cpu_regs *regs, const u32 out[4])
{
	regs->rax = out[0];
	regs->rbx = out[1];
	regs->rcx = out[2];
	regs->rdx = out[3];
}

/* Of an emulation: a #GP; done, and RIP goes on; to be executed again. */
enum outcome { REFUSED, DONE, AGAIN };

u64 pv_cr0(const struct vcpu *v)
{
	return (v->arch.cr0 & ~CR0_TS) | (v->arch.ts ? CR0_TS : 0);
}

static bool read_cr(struct cpu_regs *regs, const struct insn *i)
{
	const struct vcpu *v = current;
	u64 value;

	switch (i->reg) {
	case 0: value = pv_cr0(v); break;
	case 2: value = v->info->arch.cr2; break;
	case 3: value = v->arch.kernel_l4; break;
	case 4: value = v->arch.cr4; break;
	default: return false;
	}
	*insn_reg(regs, i->rm) = value;
	return true;
}

static void set_guest_cr4(struct vcpu *v, u64 value)
{
	/* What the guest may not choose reads as it does; a change of it is ignored, as on Xen. */
	v->arch.cr4 = (v->arch.cr4 & ~CR4_GUEST_MAY_SET) |
		      (value & CR4_GUEST_MAY_SET & context_cr4_mask());
	context_load_cr4(v);
}

/* A root may need more than one budget, to be validated or to let the last one go; then the
 * instruction is executed again, and goes on. One that is there already is loaded for the flush. */
static enum outcome load_root(struct vcpu *v, u64 value)
{
	int rc = 0;

	if (value & ~PTE_ADDR)
		return REFUSED;
	if (value == v->arch.kernel_l4)
		context_load_l4(v);
	else
		do
			rc = mmu_set_kernel_root(v, paddr_to_mfn(value));
		while (rc == -ERESTART && !preempt_point());
	if (!rc)
		rc = mmu_finish_old(v->domain);
	return !rc ? DONE : rc == -ERESTART ? AGAIN : REFUSED;
}

static enum outcome write_cr(struct cpu_regs *regs, const struct insn *i)
{
	struct vcpu *v = current;
	u64 value = *insn_reg(regs, i->rm);

	switch (i->reg) {
	case 0:
		if ((value ^ v->arch.cr0) & ~CR0_TS)
			return REFUSED;
		fpu_set_ts(v, value & CR0_TS);
		return DONE;
	case 2: v->info->arch.cr2 = value; return DONE;
	case 3: return load_root(v, value);
	case 4: set_guest_cr4(v, value); return DONE;
	default: return REFUSED;
	}
}

static bool move_dr(struct cpu_regs *regs, const struct insn *i)
{
	if (i->opcode == 0x0f23)
		return hc_set_debugreg(i->reg, *insn_reg(regs, i->rm)) == 0;
	if (i->reg > 7)
		return false;
	*insn_reg(regs, i->rm) = (u64)hc_get_debugreg(i->reg);
	return true;
}

static bool do_rdmsr(struct cpu_regs *regs)
{
	u64 value;

	if (pv_rdmsr(current, (u32)regs->rcx, &value))
		return false;
	regs->rax = (u32)value;
	regs->rdx = value >> 32;
	return true;
}

static void do_rdtsc(struct cpu_regs *regs)
{
	u64 t = rdtsc();

	regs->rax = (u32)t;
	regs->rdx = t >> 32;
}

/* 0f 01: told apart by ModRM. */
static bool group7(struct cpu_regs *regs, const struct insn *i)
{
	u8 byte = i->mod << 6 | (i->reg & 7) << 3 | (i->rm & 7);

	if (i->has_mem && (i->reg & 7) == 7) { /* invlpg */
		if (guest_range_ok(GADDR(i->ea), 1))
			tlb_flush_page_local(i->ea);
		return true;
	}
	if (i->has_mem)
		return false;
	if (byte == 0xd1) /* xsetbv */
		return (u32)regs->rcx == 0 &&
		       !fpu_set_xcr0(current, regs->rdx << 32 | (u32)regs->rax);
	if (byte == 0xf9) { /* rdtscp */
		do_rdtsc(regs);
		regs->rcx = 0;
		return true;
	}
	return false;
}

static enum outcome kernel_insn(struct cpu_regs *regs, const struct insn *i)
{
	u32 out[4];

	switch (i->opcode) {
	case 0xfa: /* cli */
	case 0xfb: /* sti */
	case 0x0f08: /* invd */ return DONE;
	case 0x0f09: /* wbinvd: only who owns devices has a reason to */
		if (current->domain->hardware)
			__asm__ volatile("wbinvd" ::: "memory");
		return DONE;
	case 0xf4: hc_sched_op_block(); return DONE;
	case 0x0f01: return group7(regs, i) ? DONE : REFUSED;
	case 0x0f06: fpu_set_ts(current, false); return DONE;
	case 0x0f20: return read_cr(regs, i) ? DONE : REFUSED;
	case 0x0f22: return write_cr(regs, i);
	case 0x0f21:
	case 0x0f23: return move_dr(regs, i) ? DONE : REFUSED;
	case 0x0f30:
		return pv_wrmsr(current, (u32)regs->rcx, regs->rdx << 32 | (u32)regs->rax) ? REFUSED
											   : DONE;
	case 0x0f31: do_rdtsc(regs); return DONE;
	case 0x0f32: return do_rdmsr(regs) ? DONE : REFUSED;
	case 0x0fa2:
		pv_cpuid(current, (u32)regs->rax, (u32)regs->rcx, out);
		answer(regs, out);
		return DONE;
	default: return REFUSED;
	}
}

static bool is_io(u16 opcode)
{
	return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) ||
	       (opcode >= 0xec && opcode <= 0xef);
}

bool privop_emulate(struct cpu_regs *regs)
{
	enum outcome outcome;
	struct insn i;

	if (insn_decode(regs, &i) || (current->guest_kernel && i.bits != 64))
		return false;
	if (is_io(i.opcode))
		return privop_io(regs, &i);
	if (privop_is_umip(&i))
		return privop_umip(regs, &i);
	outcome = current->guest_kernel ? kernel_insn(regs, &i) : REFUSED;
	if (outcome == DONE) {
		regs->rip += i.length;
		regs->rflags &= ~RFLAGS_RF;
	}
	return outcome != REFUSED;
}

bool privop_forced_cpuid(struct cpu_regs *regs)
{
	gaddr_t rip = GADDR(regs->rip);
	u32 head, tail, out[4];

	if (unlikely(!guest_small_ok(rip, 3 + sizeof(tail))))
		return false;
	guest_open();
	guest_get(head, rip, unreadable);
	guest_get(tail, gaddr_add(rip, 3), unreadable);
	guest_close();
	if (likely(head != FORCED_CPUID_HEAD) || tail != FORCED_CPUID_TAIL)
		return false;
	pv_cpuid(current, (u32)regs->rax, (u32)regs->rcx, out);
	answer(regs, out);
	regs->rip += FORCED_CPUID_LENGTH;
	return true;

unreadable:
	guest_close();
	return false;
}
