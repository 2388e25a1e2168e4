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
#include <pv/context.h>
#include <pv/errno.h>
#include <pv/hypercall.h>

union iret_frame {
	struct {
		u64 rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
	};
	u64 word[9];
};

long hc_iret(void);

long hc_iret(void)
{
	struct vcpu *v = current;
	struct cpu_regs *regs = &v->stack->regs;
	union iret_frame f;

	if (unlikely(!guest_range_ok(GADDR(regs->rsp), sizeof(f)) ||
		     guest_read_iret_in(f.word, GADDR(regs->rsp)))) {
		domain_crash(v->domain, "iret: no frame can be read at rsp %lx", regs->rsp);
		return -EFAULT;
	}
	if ((f.cs & 3) == 3) {
		if (unlikely(!v->arch.user_l4)) {
			domain_crash(v->domain,
				     "iret to user mode without a user page table (rip %lx)",
				     f.rip);
			return -EINVAL;
		}
		context_toggle_mode(v);
	}
	regs->rip = f.rip;
	regs->cs = f.cs | 3;
	regs->rflags = rflags_for_guest(f.rflags);
	regs->rsp = f.rsp;
	regs->ss = f.ss | 3;
	if (!(f.flags & VGCF_in_syscall)) {
		regs->r11 = f.r11;
		regs->rcx = f.rcx;
	} else {
		regs->r11 = regs->rflags;
		regs->rcx = f.rip;
	}
	v->info->evtchn_upcall_mask = !(f.rflags & RFLAGS_IF);
	hypercall_frame_replaced();
	return (long)f.rax;
}
