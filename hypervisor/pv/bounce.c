/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames.
 *
 * What the hardware would do with an interrupt gate, done in software: change to kernel mode (page
 * table root and GS base) and its stack if the guest was in user mode, push a frame, go to the
 * handler. Low to high the frame holds rcx, r11, [error code], rip, cs, rflags, rsp, ss; the
 * failsafe callback's has ds, es, fs, gs in place of the error code. The saved cs has RPL 0 where
 * the kernel was interrupted and carries the event mask in bits 32-39; the saved rflags show IF as
 * the inverse of that mask.
 */
#include <pv/bounce.h>
#include <x86/context.h>
#include <x86/entry.h>
#include <core/guest_access.h>

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30 (AMD APM volume 2, 8.2). */
#define HAS_ERROR_CODE 0x60227d00U

#define FRAME_SIZE     64 /* with an error code */

/* The guest's cs and rflags as the frame shows them. */
struct shown {
	u64 cs, rflags;
};

/* Its kernel's mode and stack from now on. Answers the stack's top. */
static inline __attribute__((always_inline)) u64 leave(const struct cpu_regs *regs, struct vcpu *v,
						       u8 masked, struct shown *s)
{
	u64 top = regs->rsp;

	s->cs = (regs->cs & ~3UL) | (u64)masked << 32;
	s->rflags = (regs->rflags & ~(RFLAGS_IF | RFLAGS_IOPL)) | (masked ? 0 : RFLAGS_IF);
	if (!v->guest_kernel) {
		s->cs |= 3;
		top = v->arch.kernel_sp;
		context_toggle_mode(v);
	}
	return top & ~15UL;
}

/* Writes a frame that ends at top; without error code the two registers move up by a word. The
 * caller looked at the range. */
static inline __attribute__((always_inline)) int push_frame(const struct cpu_regs *regs,
							    const struct shown *s, u64 top,
							    bool with_error_code, u64 error_code)
{
	gaddr_t at = GADDR(top - FRAME_SIZE), low = with_error_code ? at : gaddr_add(at, 8);

	guest_open();
	guest_put(gaddr_add(at, 16), error_code, fault);
	guest_put(gaddr_add(at, 24), regs->rip, fault);
	guest_put(gaddr_add(at, 32), s->cs, fault);
	guest_put(gaddr_add(at, 40), s->rflags, fault);
	guest_put(gaddr_add(at, 48), regs->rsp, fault);
	guest_put(gaddr_add(at, 56), (u64)regs->ss, fault);
	guest_put(gaddr_add(low, 8), regs->r11, fault);
	guest_put(low, regs->rcx, fault);
	guest_close();
	return 0;
fault:
	guest_close();
	return -EFAULT;
}

static inline void arrive(struct cpu_regs *regs, struct vcpu *v, u64 sp, u64 handler, bool mask)
{
	regs->rip = handler;
	regs->cs = SEL_GUEST_CS64;
	regs->ss = SEL_GUEST_SS;
	regs->rsp = sp;
	regs->rflags = rflags_for_guest(regs->rflags & ~(RFLAGS_TF | RFLAGS_AC | RFLAGS_RF));
	if (mask)
		v->info->evtchn_upcall_mask = 1;
}

static void no_stack(const struct cpu_regs *regs, struct vcpu *v, u64 top)
{
	domain_crash(v->domain, "kernel stack %lx cannot take a frame (rip %lx)", top, regs->rip);
}

/* masked: whether events were. Always inline, since most callers know it and with_error_code. */
static inline __attribute__((always_inline)) void enter(struct cpu_regs *regs, struct vcpu *v,
							u64 handler, bool mask, u8 masked,
							bool with_error_code, u32 error_code)
{
	struct shown s;
	u64 top = leave(regs, v, masked, &s);

	if (unlikely(!guest_small_ok(GADDR(top - FRAME_SIZE), FRAME_SIZE) ||
		     push_frame(regs, &s, top, with_error_code, error_code))) {
		no_stack(regs, v, top);
		return;
	}
	arrive(regs, v, top - FRAME_SIZE + (with_error_code ? 0 : sizeof(u64)), handler, mask);
}

void bounce_exception(struct cpu_regs *regs, u8 vector, u32 error_code)
{
	struct vcpu *v = current;
	const struct trap_slot *slot = &v->arch.traps[vector];
	bool with_error_code = vector < 32 && HAS_ERROR_CODE >> vector & 1;

	if (unlikely(!slot->address)) {
		domain_crash(v->domain, "no handler for exception %u, error code %x, at rip %lx",
			     vector, error_code, regs->rip);
		return;
	}
	enter(regs, v, slot->address, slot->mask, v->info->evtchn_upcall_mask, with_error_code,
	      error_code);
}

void bounce_page_fault(struct cpu_regs *regs, u64 addr, u32 error_code)
{
	struct vcpu *v = current;

	error_code &= ~PFEC_U;
	if (!v->guest_kernel)
		error_code |= PFEC_U;
	/* Whether the hypervisor has something there is not the guest's to know. */
	if (addr >= M2P_GUEST_VIRT_END && addr < HV_VIRT_END)
		error_code &= ~PFEC_P;
	v->info->arch.cr2 = addr;
	bounce_exception(regs, TRAP_PF, error_code);
}

void bounce_callback(struct cpu_regs *regs, const struct guest_callback *cb)
{
	struct vcpu *v = current;

	enter(regs, v, cb->address, cb->mask, v->info->evtchn_upcall_mask, false, 0);
}

void bounce_event(struct cpu_regs *regs, struct vcpu *v)
{
	enter(regs, v, v->arch.callbacks[CB_EVENT].address, true, 0, false, 0);
}

void pv_user_syscall(struct cpu_regs *regs, bool compat)
{
	const struct guest_callback *cb =
		&current->arch.callbacks[compat ? CB_SYSCALL32 : CB_SYSCALL];

	if (cb->address) {
		bounce_callback(regs, cb);
		return;
	}
	regs->rip -= 2; /* both forms are two bytes long */
	bounce_exception(regs, TRAP_UD, 0);
}

void pv_user_sysenter(struct cpu_regs *regs)
{
	const struct guest_callback *cb = &current->arch.callbacks[CB_SYSENTER];

	if (cb->address)
		bounce_callback(regs, cb);
	else
		bounce_gp(regs, 0);
}

/* Its frame has the four data selectors in place of the error code. */
void pv_failsafe(struct cpu_regs *regs)
{
	struct vcpu *v = current;
	const struct guest_callback *cb = &v->arch.callbacks[CB_FAILSAFE];
	struct shown s;
	u64 top;

	if (!cb->address) {
		domain_crash(v->domain, "no return to rip %lx cs %x ss %x and no failsafe callback",
			     regs->rip, regs->cs, regs->ss);
		return;
	}
	top = leave(regs, v, v->info->evtchn_upcall_mask, &s);
	u64 words[] = { regs->rcx, regs->r11, v->arch.ds, v->arch.es, v->arch.fs, v->arch.gs,
			regs->rip, s.cs,      s.rflags,   regs->rsp,  regs->ss };

	if (guest_write(GADDR(top - sizeof(words)), words, sizeof(words))) {
		no_stack(regs, v, top);
		return;
	}
	arrive(regs, v, top - sizeof(words), cb->address, cb->mask);
}
