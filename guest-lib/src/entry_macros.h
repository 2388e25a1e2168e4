/* SPDX-License-Identifier: MIT */
/*
 * What entry points from the hypervisor share: bounce frame to struct pv_regs and back.
 *
 * A bounce frame is, from the lowest address: rcx, r11, an error code for some vectors, rip, cs, rflags,
 * rsp, ss. The macros turn it into struct pv_regs (trap.h) at RSP, and leave through iret.
 */
/* clang-format off: this is assembler. */
#ifndef PV_ENTRY_MACROS_H
#define PV_ENTRY_MACROS_H

/* xen/xen.h: __HYPERVISOR_iret. The header cannot be included here: it is for C. */
#define HYPERCALL_IRET 23

/* RSP is at the error-code slot, whose upper half has the entry number; rcx and r11 are loaded. */
.macro save_regs
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

/* RSP is at a struct pv_regs. Never falls through. */
.macro load_regs_and_iret
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$8, %rsp
	/* iret's frame: rax, r11, rcx, flags, then rip and the rest. */
	pushq	$0
	pushq	%rcx
	pushq	%r11
	pushq	%rax
	movl	$HYPERCALL_IRET, %eax
	syscall
	ud2
.endm

/* Calls a C function with RSP, aligned, as its argument, and comes back with the same RSP. */
.macro call_with_regs function
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	\function
	movq	%rbx, %rsp
.endm

#endif
