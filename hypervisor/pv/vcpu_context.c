/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's whole context, as VCPUOP_initialise and XEN_DOMCTL_setvcpucontext give it and
 * XEN_DOMCTL_getvcpucontext reads it.
 *
 * Everything is looked at before anything is changed. Then the parts that take references come
 * (page table root, GDT); each of them may stop for a restart, and setting it again is harmless, so
 * the call is simply made again from its start. The rest cannot fail.
 */
#include <core/arch.h>
#include <pv/bounce.h>
#include <pv/vcpu_context.h>
#include <x86/context.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/guest_access.h>
#include <core/lib.h>
#include <pv/pagetable.h>

#define TRAPS 256

static bool bases_ok(const struct vcpu_guest_context *c)
{
	return canonical(c->fs_base) && canonical(c->gs_base_kernel) && canonical(c->gs_base_user);
}

static bool handlers_ok(const struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < TRAPS; i++)
		if (!canonical(c->trap_ctxt[i].address))
			return false;
	return canonical(c->event_callback_eip) && canonical(c->failsafe_callback_eip) &&
	       canonical(c->syscall_callback_eip);
}

static int check(const struct vcpu_guest_context *c)
{
	if (!bases_ok(c) || !handlers_ok(c) || !canonical(c->user_regs.rip))
		return -EINVAL;
	if (c->gdt_ents > GDT_GUEST_PAGES * 512 || c->ldt_ents > LDT_PAGES * 512 || c->ldt_base & 7)
		return -EINVAL;
	/* User mode has its own root. */
	if (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1])
		return -EINVAL;
	return 0;
}

static int set_gdt(struct vcpu *v, const struct vcpu_guest_context *c)
{
	mfn_t frames[GDT_GUEST_PAGES];

	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		frames[i] = MFN(c->gdt_frames[i]);
	return segment_set_gdt(v, frames, (u32)c->gdt_ents);
}

static int set_roots(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = mmu_set_kernel_root(v, MFN(xen_cr3_to_pfn(c->ctrlreg[3])));

	if (rc)
		return rc;
	if (!c->ctrlreg[1])
		return mmu_clear_user_root(v);
	return mmu_set_user_root(v, MFN(xen_cr3_to_pfn(c->ctrlreg[1])));
}

static void set_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
	memset(v->arch.traps, 0, TRAPS * sizeof(v->arch.traps[0]));
	for (unsigned int i = 0; i < TRAPS; i++) {
		const struct trap_info *t = &c->trap_ctxt[i];

		if (t->address)
			v->arch.traps[t->vector] = (struct trap_slot){ t->address, t->cs | 3,
								       TI_GET_DPL(t),
								       !!TI_GET_IF(t) };
	}
	v->arch.callbacks[CB_EVENT].address = c->event_callback_eip;
	v->arch.callbacks[CB_FAILSAFE].address = c->failsafe_callback_eip;
	v->arch.callbacks[CB_FAILSAFE].mask = c->flags & VGCF_failsafe_disables_events;
	v->arch.callbacks[CB_SYSCALL].address = c->syscall_callback_eip;
	v->arch.callbacks[CB_SYSCALL].mask = c->flags & VGCF_syscall_disables_events;
}

static void set_registers(struct cpu_regs *r, const struct vcpu_guest_context *c)
{
	const struct cpu_user_regs *u = &c->user_regs;

	*r = (struct cpu_regs){
		.vector = TRAP_NMI,
		.entry = ENTRY_TRAP,
		.rip = u->rip,
		.cs = u->cs | 3,
		.rflags = rflags_for_guest(u->rflags),
		.rsp = u->rsp,
		.ss = u->ss | 3,
	};
#define GIVEN(name) r->name = u->name;
	GENERAL_REGS(GIVEN)
}

/* Selectors as given: a bad one is found when it is loaded and becomes null. */
static void set_segments(struct vcpu *v, const struct vcpu_guest_context *c)
{
	bool kernel = c->flags & VGCF_in_kernel;

	v->guest_kernel = kernel;
	v->arch.iopl = (c->user_regs.rflags & RFLAGS_IOPL) >> RFLAGS_IOPL_SHIFT;
	v->arch.ds = c->user_regs.ds;
	v->arch.es = c->user_regs.es;
	v->arch.fs = c->user_regs.fs;
	v->arch.gs = c->user_regs.gs;
	v->arch.fs_base = c->fs_base;
	v->arch.gs_base = kernel ? c->gs_base_kernel : c->gs_base_user;
	v->arch.gs_base_other = kernel ? c->gs_base_user : c->gs_base_kernel;
	v->arch.kernel_ss = (u16)c->kernel_ss | 3;
	v->arch.kernel_sp = c->kernel_sp;
}

/* Those that a guest may not have are left at rest: DR7 first decides whether any counts. */
static void set_debugregs(struct vcpu *v, const struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 4; i++)
		v->arch.dr[i] = guest_range_ok(GADDR(c->debugreg[i]), 8) &&
						canonical(c->debugreg[i])
					? c->debugreg[i]
					: 0;
	v->arch.dr[6] = 0xffff0ff0;
	v->arch.dr[7] = 0x400;
	v->arch.dr_active = false;
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = check(c);

	if (!rc)
		rc = set_roots(v, c);
	if (!rc)
		rc = set_gdt(v, c);
	if (!rc)
		rc = segment_set_ldt(v, c->ldt_base, (u32)c->ldt_ents);
	if (!rc && c->flags & VGCF_i387_valid)
		rc = fpu_set_fxsave(v, &c->fpu_ctxt);
	if (rc)
		return rc;
	set_traps(v, c);
	set_segments(v, c);
	set_debugregs(v, c);
	set_registers(&v->stack->regs, c);
	v->domain->vm_assist = v->id ? v->domain->vm_assist : (u32)c->vm_assist;
	/* Builders clear the shared page before they come here. */
	time_write_info(v);
	if (!v->id)
		time_write_wallclock(v->domain);
	v->initialised = true;
	if (c->flags & VGCF_online)
		return vcpu_up(v);
	return 0;
}

static void get_registers(const struct cpu_regs *r, u8 iopl, struct cpu_user_regs *u)
{
#define SHOWN(name) u->name = r->name;
	GENERAL_REGS(SHOWN)
	u->rip = r->rip, u->cs = r->cs, u->rsp = r->rsp, u->ss = r->ss;
	u->rflags = r->rflags | (u64)iopl << RFLAGS_IOPL_SHIFT;
}

static void get_traps(const struct vcpu *v, struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < TRAPS; i++) {
		const struct trap_slot *s = &v->arch.traps[i];

		c->trap_ctxt[i] =
			(struct trap_info){ (u8)i, s->dpl | s->mask << 2, s->cs, s->address };
	}
	c->event_callback_eip = v->arch.callbacks[CB_EVENT].address;
	c->failsafe_callback_eip = v->arch.callbacks[CB_FAILSAFE].address;
	c->syscall_callback_eip = v->arch.callbacks[CB_SYSCALL].address;
}

static u64 root_cr3(paddr_t root)
{
	return mmu_root_own(root) ? xen_pfn_to_cr3(root >> PAGE_SHIFT) : 0;
}

void pv_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	fpu_get_fxsave(v, &c->fpu_ctxt);
	c->flags = VGCF_i387_valid | (v->guest_kernel ? VGCF_in_kernel : 0) |
		   (v->up ? VGCF_online : 0) |
		   (v->arch.callbacks[CB_FAILSAFE].mask ? VGCF_failsafe_disables_events : 0) |
		   (v->arch.callbacks[CB_SYSCALL].mask ? VGCF_syscall_disables_events : 0);
	get_registers(&v->stack->regs, v->arch.iopl, &c->user_regs);
	c->user_regs.ds = v->arch.ds;
	c->user_regs.es = v->arch.es;
	c->user_regs.fs = v->arch.fs;
	c->user_regs.gs = v->arch.gs;
	get_traps(v, c);
	c->ldt_base = v->arch.ldt_base;
	c->ldt_ents = v->arch.ldt_entries;
	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		c->gdt_frames[i] = mfn_eq(v->arch.gdt[i], MFN_NONE) ? 0 : v->arch.gdt[i].v;
	c->gdt_ents = v->arch.gdt_entries;
	c->kernel_ss = v->arch.kernel_ss;
	c->kernel_sp = v->arch.kernel_sp;
	c->ctrlreg[0] = v->arch.cr0;
	c->ctrlreg[1] = root_cr3(v->arch.user_l4);
	c->ctrlreg[3] = root_cr3(v->arch.kernel_l4);
	c->ctrlreg[4] = v->arch.cr4;
	for (unsigned int i = 0; i < 8; i++)
		c->debugreg[i] = v->arch.dr[i];
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = v->arch.fs_base;
	c->gs_base_kernel = v->guest_kernel ? v->arch.gs_base : v->arch.gs_base_other;
	c->gs_base_user = v->guest_kernel ? v->arch.gs_base_other : v->arch.gs_base;
}
