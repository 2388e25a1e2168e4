/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall: the guest kernel's way back to what it interrupted.
 *
 * Its frame lies at the kernel's rsp. The RPL of cs says which mode is meant. Selectors get RPL 3,
 * flags become ones that a guest may have, and the event mask becomes the inverse of IF; bad
 * selectors or a rip that is not canonical are found by the CPU's own IRET and lead to the failsafe
 * callback.
 */
#include <pv/bounce.h>
#include <pv/pagetable.h>
#include <x86/context.h>
#include <core/errno.h>
#include <core/hypercall.h>

#define FRAME_SIZE 72

/* From what lies at the kernel's rsp: rax, r11, rcx, flags, and what an IRET takes. The vCPU's
 * frame is given up word by word: who fails is crashed. */
static inline int read_frame(struct cpu_regs *regs, struct vcpu *v, gaddr_t at)
{
	u64 flags, cs, rflags, ss;

	guest_open();
	guest_get(regs->rax, at, fault);
	guest_get(regs->r11, gaddr_add(at, 8), fault);
	guest_get(regs->rcx, gaddr_add(at, 16), fault);
	guest_get(flags, gaddr_add(at, 24), fault);
	guest_get(regs->rip, gaddr_add(at, 32), fault);
	guest_get(cs, gaddr_add(at, 40), fault);
	guest_get(rflags, gaddr_add(at, 48), fault);
	guest_get(regs->rsp, gaddr_add(at, 56), fault);
	guest_get(ss, gaddr_add(at, 64), fault);
	guest_close();
	regs->cs = cs;
	regs->rflags = rflags_for_guest(rflags);
	regs->ss = ss | 3;
	v->info->evtchn_upcall_mask = !(rflags & RFLAGS_IF);
	if (flags & VGCF_in_syscall) {
		regs->r11 = regs->rflags;
		regs->rcx = regs->rip;
	}
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static void unblock_nmi(struct vcpu *v)
{
	v->arch.nmi_blocked = false;
	if (v->arch.nmi_pending)
		vcpu_work_set(v, WORK_NMI);
	v->arch.nmi_pending = false;
}

long hc_iret(void)
{
	struct stack_top *top = stack_top();
	struct cpu_regs *regs = &top->regs;
	gaddr_t frame = GADDR(regs->rsp);
	struct vcpu *v = top->vcpu;

	if (unlikely(!guest_small_ok(frame, FRAME_SIZE) || read_frame(regs, v, frame))) {
		domain_crash(v->domain, "iret: no frame can be read at rsp %lx", frame.v);
		return -EFAULT;
	}
	if ((regs->cs & 3) == 3) {
		if (unlikely(!mmu_root_own(v->arch.user_l4))) {
			domain_crash(v->domain,
				     "iret to user mode without a user page table (rip %lx)",
				     regs->rip);
			return -EINVAL;
		}
		context_toggle_mode(v);
	}
	regs->cs |= 3;
	if (unlikely(v->arch.nmi_blocked))
		unblock_nmi(v);
	hypercall_frame_replaced();
	return (long)regs->rax;
}
