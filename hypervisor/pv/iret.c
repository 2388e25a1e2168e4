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

/* The frame's lower part; the upper is what an IRET takes: rip, cs, rflags, rsp, ss. */
enum { RAX, R11, RCX, FLAGS };
enum { RIP, CS, RFLAGS, RSP, SS };

#define FRAME_SIZE 72

/* Where to. The vCPU's frame is given up at once: who fails from here on is crashed. */
static inline int read_target(struct cpu_regs *regs, struct vcpu *v, gaddr_t frame)
{
	u64 to[5];

	if (unlikely(guest_read_5_in(to, gaddr_add(frame, 4 * sizeof(u64)))))
		return -EFAULT;
	regs->rip = to[RIP];
	regs->cs = to[CS];
	regs->rflags = rflags_for_guest(to[RFLAGS]);
	regs->rsp = to[RSP];
	regs->ss = to[SS] | 3;
	v->info->evtchn_upcall_mask = !(to[RFLAGS] & RFLAGS_IF);
	return 0;
}

static inline int read_registers(struct cpu_regs *regs, gaddr_t frame)
{
	u64 r[4];

	if (unlikely(guest_read_4_in(r, frame)))
		return -EFAULT;
	regs->rax = r[RAX];
	regs->r11 = r[R11];
	regs->rcx = r[RCX];
	if (r[FLAGS] & VGCF_in_syscall) {
		regs->r11 = regs->rflags;
		regs->rcx = regs->rip;
	}
	return 0;
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

	if (unlikely(!guest_small_ok(frame, FRAME_SIZE) || read_target(regs, v, frame) ||
		     read_registers(regs, frame))) {
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
