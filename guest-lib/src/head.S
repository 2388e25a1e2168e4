/* SPDX-License-Identifier: MIT */
/* The first instruction, constructors, the boot stack, and the ELF notes by which a builder knows a PV kernel. */

#define SHUTDOWN_POWEROFF 0
#define SCHEDOP_SHUTDOWN 2
#define HYPERCALL_SCHED_OP 29

	.text
	.globl	pv_entry
	.type	pv_entry, @function
pv_entry:				/* RSI: start_info */
	cld
	xorl	%ebp, %ebp
	movq	$pv_boot_stack_top, %rsp
	movq	%rsi, %r12
	movq	$pv_init_array_start, %rbx
1:	cmpq	$pv_init_array_end, %rbx
	je	2f
	call	*(%rbx)
	addq	$8, %rbx
	jmp	1b
2:	movq	%r12, %rdi
	call	pv_main
	pushq	$SHUTDOWN_POWEROFF
	movq	%rsp, %rsi
	movl	$SCHEDOP_SHUTDOWN, %edi
	movl	$HYPERCALL_SCHED_OP, %eax
	syscall
	ud2
	.size	pv_entry, . - pv_entry

/* pv_start_read() takes the guard's mapping away, so that a stack that is too small ends the domain. */
	.bss
	.balign	4096
	.globl	pv_boot_stack_guard
pv_boot_stack_guard:
	.skip	4096
	.skip	16384
pv_boot_stack_top:

/* A note of the owner "Xen". The types are those of xen/elfnote.h. */
.macro note type:req, directive:req, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign	4
	.long	4, 3f - 2f, \type
	.asciz	"Xen"
2:	\directive \value
3:	.balign	4
	.popsection
.endm

	note 6, .asciz, "paravane-guest"		/* GUEST_OS */
	note 7, .asciz, "1"				/* GUEST_VERSION */
	note 8, .asciz, "generic"			/* LOADER */
	note 5, .asciz, "xen-3.0"			/* XEN_VERSION */
	note 3, .quad, pv_virt_base			/* VIRT_BASE */
	note 4, .quad, 0				/* PADDR_OFFSET */
	note 1, .quad, pv_entry				/* ENTRY */
	note 10, .asciz, "!writable_page_tables|pae_pgdir_above_4gb"	/* FEATURES */
	note 9, .asciz, "yes"				/* PAE_MODE */
	note 13, .quad, 1, 1				/* L1_MFN_VALID: the present bit */

	.section .note.GNU-stack, "", @progbits
