/* SPDX-License-Identifier: MIT */
/*
 * What assembler files must know of C structures. Compiled to assembler text only; the build turns
 * each string ".pv-define NAME VALUE" in it into a #define in asm_offsets.h
 * (hypervisor/Makefile.inc).
 */
#include <stddef.h>

#include <core/errno.h>
#include <core/hypercall.h>
#include <core/vcpu.h>
#include <x86/x86.h>

#define DEFINE(name, v)            asm volatile(".ascii \".pv-define " #name " %c0\"" : : "i"(v))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))
#define REG(member)                OFFSET(REGS_##member, struct cpu_regs, member)

void asm_offsets(void);

static void frame(void)
{
#define EACH(name) REG(name);
	GENERAL_REGS(EACH)
	REG(orig_rax);
	REG(entry);
	REG(vector);
	REG(rip);
	REG(cs);
	REG(rflags);
	REG(rsp);
	REG(ss);
	DEFINE(REGS_SIZE, sizeof(struct cpu_regs));
}

void asm_offsets(void)
{
	frame();
	/* Above RSP after alignment for a call: the frame and the two words at the stack's top. */
	DEFINE(STACK_TOP_RESERVE, ROUND_UP(sizeof(struct stack_top), 16));
	OFFSET(STACK_VCPU, struct stack_top, vcpu);
	OFFSET(STACK_CPU, struct stack_top, cpu);
	OFFSET(VCPU_WORK, struct vcpu, work);
	OFFSET(VCPU_GUEST_KERNEL, struct vcpu, guest_kernel);
	OFFSET(VCPU_INFO, struct vcpu, info);
	OFFSET(VCPU_STACK, struct vcpu, stack);
	OFFSET(INFO_PENDING, struct vcpu_info, evtchn_upcall_pending);
	OFFSET(INFO_MASK, struct vcpu_info, evtchn_upcall_mask);
	OFFSET(CPU_ENTRY, struct cpu, entry);
	OFFSET(CPU_IDLE, struct cpu, idle);
	OFFSET(ED_SCRATCH, struct entry_data, scratch);
	OFFSET(ED_GUEST_RSP, struct entry_data, guest_rsp);
	OFFSET(ED_HV_CR3, struct entry_data, hv_cr3);
	OFFSET(ED_GUEST_CR3, struct entry_data, guest_cr3);
	OFFSET(ED_IRET, struct entry_data, iret);
	OFFSET(IST_CPU, struct ist_top, cpu);
	OFFSET(IST_ENTRY, struct ist_top, entry);
	OFFSET(ED_STACK, struct entry_data, stack);
	OFFSET(ED_VERW, struct entry_data, verw_selector);
	OFFSET(ED_RECENT_NEXT, struct entry_data, recent_next);
	OFFSET(ED_RECENT, struct entry_data, recent);
	DEFINE(WORK_FRAME_BIT, WORK_FRAME);
	DEFINE(HYPERCALLS, HYPERCALL_MAX);
	DEFINE(NR_ENOSYS, -ENOSYS);
	DEFINE(NR_EFAULT, -EFAULT);
	DEFINE(ENTRY_KIND_TRAP, ENTRY_TRAP);
	DEFINE(PATCH_KIND_SMAP, PATCH_SMAP);
	DEFINE(PATCH_KIND_GUARD, PATCH_GUARD);
	DEFINE(PATCH_KIND_VERW, PATCH_VERW);
	DEFINE(PATCH_KIND_PTI, PATCH_PTI);
	DEFINE(PATCH_KIND_THUNK, PATCH_THUNK);
	DEFINE(PATCH_KIND_THUNK_CALL, PATCH_THUNK_CALL);
}
