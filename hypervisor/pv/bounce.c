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
#include <pv/context.h>
#include <pv/entry.h>
#include <pv/guest_access.h>

#define BOUNCE_WORDS_MAX 11

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30 (AMD APM volume 2, 8.2). */
#define HAS_ERROR_CODE 0x60227d00U

struct bounce {
	u64 handler;
	bool mask;
	unsigned int extra; /* words between r11 and rip */
	u64 word[4];
};

/* What the frame says of where the guest was; before the mode changes. */
static void save_origin(const struct cpu_regs *regs, const struct vcpu *v, u64 out[5])
{
	u8 masked = v->info->evtchn_upcall_mask;
	u64 cs = v->guest_kernel ? regs->cs & ~3UL : regs->cs | 3UL;
	u64 flags = regs->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);

	out[0] = regs->rip;
	out[1] = cs | (u64)masked << 32;
	out[2] = flags | (masked ? 0 : RFLAGS_IF);
	out[3] = regs->rsp;
	out[4] = regs->ss;
}

static void enter(struct cpu_regs *regs, const struct bounce *b)
{
	struct vcpu *v = current;
	u64 frame[BOUNCE_WORDS_MAX] = { regs->rcx, regs->r11 };
	unsigned int words = 2 + b->extra + 5;
	u64 sp = v->guest_kernel ? regs->rsp : v->arch.kernel_sp;

	for (unsigned int i = 0; i < b->extra; i++)
		frame[2 + i] = b->word[i];
	save_origin(regs, v, frame + 2 + b->extra);
	if (!v->guest_kernel)
		context_toggle_mode(v);
	sp = (sp & ~15UL) - words * 8;
	if (guest_write(GADDR(sp), frame, words * 8)) {
		domain_crash(v->domain, "kernel stack %lx cannot take a frame (rip %lx)", sp,
			     regs->rip);
		return;
	}
	regs->rip = b->handler;
	regs->cs = SEL_GUEST_CS64;
	regs->ss = SEL_GUEST_SS;
	regs->rsp = sp;
	regs->rflags = rflags_for_guest(regs->rflags & ~(RFLAGS_TF | RFLAGS_AC | RFLAGS_RF));
	if (b->mask)
		v->info->evtchn_upcall_mask = 1;
}

void bounce_exception(struct cpu_regs *regs, u8 vector, u32 error_code)
{
	struct vcpu *v = current;
	const struct trap_slot *slot = &v->arch.traps[vector];
	struct bounce b = { .handler = slot->address, .mask = slot->mask };

	if (!slot->address) {
		domain_crash(v->domain, "no handler for exception %u, error code %x, at rip %lx",
			     vector, error_code, regs->rip);
		return;
	}
	if (vector < 32 && HAS_ERROR_CODE >> vector & 1) {
		b.extra = 1;
		b.word[0] = error_code;
	}
	enter(regs, &b);
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
	struct bounce b = { .handler = cb->address, .mask = cb->mask };

	enter(regs, &b);
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

void pv_failsafe(struct cpu_regs *regs)
{
	struct vcpu *v = current;
	const struct guest_callback *cb = &v->arch.callbacks[CB_FAILSAFE];
	struct bounce b = {
		.handler = cb->address,
		.mask = cb->mask,
		.extra = 4,
		.word = { v->arch.ds, v->arch.es, v->arch.fs, v->arch.gs },
	};

	if (!cb->address) {
		domain_crash(
			v->domain,
			"return to rip %lx cs %x ss %x is not possible and no failsafe callback is set",
			regs->rip, regs->cs, regs->ss);
		return;
	}
	enter(regs, &b);
}
