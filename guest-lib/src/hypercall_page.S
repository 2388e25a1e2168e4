/* SPDX-License-Identifier: MIT */
/* The hypercall page, for kernels that want one: linked only if named. */

	.text
	.balign	4096
	.globl	pv_hypercall_page
	.type	pv_hypercall_page, @function
pv_hypercall_page:
	.skip	4096, 0x90
	.size	pv_hypercall_page, 4096

	.globl	pv_hypercall_by_page
	.type	pv_hypercall_by_page, @function
pv_hypercall_by_page:			/* number, a1 .. a5 in C's registers and order */
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	shlq	$5, %rax
	addq	$pv_hypercall_page, %rax
	call	*%rax
	ret
	.size	pv_hypercall_by_page, . - pv_hypercall_by_page

	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 8, 2			/* HYPERCALL_PAGE */
	.asciz	"Xen"
	.quad	pv_hypercall_page
	.popsection

	.section .note.GNU-stack, "", @progbits
