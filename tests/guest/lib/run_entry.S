/* SPDX-License-Identifier: MIT */
/* Leaving for other code and coming back: what C expects to be kept, and the stack. */

	.text
	.globl	run_enter
run_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, saved_stack
	jmp	pv_regs_load

	.globl	run_leave
run_leave:
	movq	saved_stack, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.lcomm	saved_stack, 8
	.section .note.GNU-stack, "", @progbits
