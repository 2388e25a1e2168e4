/* SPDX-License-Identifier: MIT */
/* What entry.S is written with: where things are, and sequences that stand in it more than once. */
#ifndef X86_ENTRY_ASM_H
#define X86_ENTRY_ASM_H

#include <core/layout.h>
#include <x86/patch.h>

#include "asm_offsets.h"

/* clang-format off */
#define ED(member) (entry_page + CPU_ENTRY_DATA + member)(%rip)
#define FRAME(member) (8 + REGS_##member)(%rsp) /* while RSP is 8 below the frame */
#define VCPU_OF_FRAME (8 + STACK_VCPU)(%rsp)

.macro call_text target:req
	movabs $\target, %rax
	/* call *%rax; the prefixes, which mean nothing, make it five bytes. */
777:	.byte 0x2e, 0x2e, 0x2e, 0xff, 0xd0
	patch_into PATCH_KIND_THUNK_CALL, 777b, call_rax_retpoline
.endm

/* Jumps to where unless the vCPU in reg may go straight back: no work, no event. Uses reg. */
.macro if_work reg:req, where:req
	cmpb $0, VCPU_WORK(\reg)
	jne \where
	mov VCPU_INFO(\reg), \reg
	cmpb $0, INFO_PENDING(\reg)
	jne \where\()_pending
\where\()_masked:
.endm

.macro push_rest
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
.endm

.macro push_all
	push %rdi
	push_rest
.endm

.macro pop_preserved
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
.endm

.macro pop_all
	pop_preserved
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
.endm

/* What an exception's stub stores: the vector of an interrupt, and that it is no hypercall. */
.macro irq_word
	mov REGS_orig_rax(%rsp), %eax
	sub $-128, %eax
	shl $32, %rax
	bts $48, %rax
	mov %rax, REGS_orig_rax(%rsp)
.endm

.macro verw_on_exit
	patchable PATCH_KIND_VERW, verw ED(ED_VERW)
.endm

/* The same as the last step before what leaves for the guest, which isolation does another way. */
.macro leave_or target:req
778:	verw_on_exit
	patch_into PATCH_KIND_PTI, 778b, \target
.endm

#endif /* X86_ENTRY_ASM_H */
