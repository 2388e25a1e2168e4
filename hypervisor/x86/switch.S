/* SPDX-License-Identifier: MIT */
/* From one vCPU's stack to another's (context.c), and the first code of a new one. */
#include <core/layout.h>

#include "asm_offsets.h"

	.text
/* context_switch_stacks(u64 *save_rsp, u64 load_rsp) */
	.globl context_switch_stacks
context_switch_stacks:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret

/* The first code of a vCPU: its frame stands at the stack's top, RSP 8 below it. */
	.globl context_first
context_first:
	call context_start
	lea 8(%rsp), %rdi
	call exit_work
	mov (8 + STACK_CPU)(%rsp), %rax
	mov CPU_ENTRY(%rax), %rax
	lea exit_restore(%rip), %rcx
	lea (entry_page + CPU_ENTRY_DATA)(%rip), %rdx
	sub %rdx, %rcx
	add %rcx, %rax
	jmp __x86_indirect_thunk_rax

	.globl context_first_idle
context_first_idle:
	call context_start
	call sched_idle
	ud2

	.section .note.GNU-stack, "", @progbits
