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

/* What LAR answers of a 64-bit code segment. */
#define LAR_PRESENT 0x8000U
#define LAR_CODE    0x1800U
#define LAR_LONG    0x200000U

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

static bool read_cr(struct cpu_regs *regs, const struct insn *i)
{
	const struct vcpu *v = current;
	u64 value;

	switch (i->reg) {
	case 0: value = (v->arch.cr0 & ~CR0_TS) | (v->arch.ts ? CR0_TS : 0); break;
	case 2: value = v->info->arch.cr2; break;
	case 3: value = v->arch.kernel_l4; break;
	case 4: value = v->arch.cr4; break;
	default: return false;
	}
	*insn_reg(regs, i->rm) = value;
	return true;
}

static bool set_guest_cr4(struct vcpu *v, u64 value)
{
	/* What the guest may not choose reads as it does; a change of it is ignored, as on Xen. */
	v->arch.cr4 = (v->arch.cr4 & ~CR4_GUEST_MAY_SET) |
		      (value & CR4_GUEST_MAY_SET & context_cr4_mask());
	context_load_cr4(v);
	return true;
}

static bool write_cr(struct cpu_regs *regs, const struct insn *i)
{
	struct vcpu *v = current;
	u64 value = *insn_reg(regs, i->rm);

	switch (i->reg) {
	case 0:
		if ((value ^ v->arch.cr0) & ~CR0_TS)
			return false;
		fpu_set_ts(v, value & CR0_TS);
		return true;
	case 2: v->info->arch.cr2 = value; return true;
	case 3: return !(value & ~PTE_ADDR) && !mmu_set_kernel_root(v, paddr_to_mfn(value));
	case 4: return set_guest_cr4(v, value);
	default: return false;
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
	if ((i->reg & 7) == 4) { /* smsw */
		insn_reg_write(regs, i, i->rm, i->opsize, current->arch.cr0);
		return true;
	}
	return false;
}

static bool kernel_insn(struct cpu_regs *regs, const struct insn *i)
{
	u32 out[4];

	switch (i->opcode) {
	case 0xfa: /* cli */
	case 0xfb: /* sti */
	case 0x0f08: /* invd */ return true;
	case 0x0f09: /* wbinvd: only who owns devices has a reason to */
		if (current->domain->hardware)
			__asm__ volatile("wbinvd" ::: "memory");
		return true;
	case 0xf4: hc_sched_op_block(); return true;
	case 0x0f01: return group7(regs, i);
	case 0x0f06: fpu_set_ts(current, false); return true;
	case 0x0f20: return read_cr(regs, i);
	case 0x0f22: return write_cr(regs, i);
	case 0x0f21:
	case 0x0f23: return move_dr(regs, i);
	case 0x0f30: return !pv_wrmsr(current, (u32)regs->rcx, regs->rdx << 32 | (u32)regs->rax);
	case 0x0f31: do_rdtsc(regs); return true;
	case 0x0f32: return do_rdmsr(regs);
	case 0x0fa2:
		pv_cpuid(current, (u32)regs->rax, (u32)regs->rcx, out);
		answer(regs, out);
		return true;
	default: return false;
	}
}

static bool is_io(u16 opcode)
{
	return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) ||
	       (opcode >= 0xec && opcode <= 0xef);
}

/* The flat selector, or a 64-bit segment of the guest's own GDT: stock kernels start their later
 * CPUs on it. */
static bool runs_64bit(const struct cpu_regs *regs)
{
	const u32 want = LAR_PRESENT | LAR_CODE | LAR_LONG;
	u32 rights;
	bool valid;

	if (likely(regs->cs == SEL_GUEST_CS64))
		return true;
	__asm__("lar %2, %0" : "=r"(rights), "=@ccz"(valid) : "r"((u32)regs->cs));
	return valid && (rights & want) == want;
}

bool privop_emulate(struct cpu_regs *regs)
{
	struct insn i;

	if (current->guest_kernel && !runs_64bit(regs))
		return false;
	if (insn_decode(regs, &i))
		return false;
	if (is_io(i.opcode))
		return privop_io(regs, &i);
	if (!current->guest_kernel || !kernel_insn(regs, &i))
		return false;
	regs->rip += i.length;
	regs->rflags &= ~RFLAGS_RF;
	return true;
}

bool privop_forced_cpuid(struct cpu_regs *regs)
{
	u32 head, tail, out[4];

	if (guest_read_u32(&head, GADDR(regs->rip)) || likely(head != FORCED_CPUID_HEAD))
		return false;
	if (guest_read_u32(&tail, GADDR(regs->rip + 3)) || tail != FORCED_CPUID_TAIL)
		return false;
	pv_cpuid(current, (u32)regs->rax, (u32)regs->rcx, out);
	answer(regs, out);
	regs->rip += FORCED_CPUID_LENGTH;
	return true;
}
