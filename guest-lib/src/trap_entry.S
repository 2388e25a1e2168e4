/* SPDX-License-Identifier: MIT */
/* Entry points of the trap table and of the failsafe and system-call callbacks. */

#include "entry_macros.inc"

	.text

/* 256 entries of 32 bytes, found by pv_trap_address(). */
	.balign	32
	.globl	pv_trap_entries
pv_trap_entries:
	vector = 0
	.rept	256
	.balign	32
	popq	%rcx
	popq	%r11
	.if !((vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21))
	pushq	$0
	.endif
	movl	$vector, 4(%rsp)
	jmp	common
	vector = vector + 1
	.endr

	.balign	32
	.globl	pv_syscall_entry
pv_syscall_entry:
	popq	%rcx
	popq	%r11
	pushq	$0
	movl	$257, 4(%rsp)		/* PV_ENTRY_SYSCALL */
	jmp	common

	.globl	pv_syscall32_entry
pv_syscall32_entry:
	popq	%rcx
	popq	%r11
	pushq	$0
	movl	$258, 4(%rsp)		/* PV_ENTRY_SYSCALL32 */
	jmp	common

	.globl	pv_sysenter_entry
pv_sysenter_entry:
	popq	%rcx
	popq	%r11
	pushq	$0
	movl	$259, 4(%rsp)		/* PV_ENTRY_SYSENTER */
	jmp	common

/* The failsafe frame has the four data selectors between r11 and rip. */
	.globl	pv_failsafe_entry
pv_failsafe_entry:
	popq	%rcx
	popq	%r11
	popq	pv_failsafe_selectors
	popq	pv_failsafe_selectors + 8
	popq	pv_failsafe_selectors + 16
	popq	pv_failsafe_selectors + 24
	pushq	$0
	movl	$256, 4(%rsp)		/* PV_ENTRY_FAILSAFE */

common:
	save_regs
	call_with_regs pv_trap_dispatch
restore:
	load_regs_and_iret

/* void pv_regs_load(const struct pv_regs *): copies it to this stack, since iret's frame goes there. */
	.globl	pv_regs_load
	.type	pv_regs_load, @function
pv_regs_load:
	movq	%rdi, %rsi
	subq	$168, %rsp		/* sizeof(struct pv_regs), asserted in trap.c */
	movq	%rsp, %rdi
	movl	$21, %ecx
	cld
	rep movsq
	jmp	restore
	.size	pv_regs_load, . - pv_regs_load

	.section .note.GNU-stack, "", @progbits
