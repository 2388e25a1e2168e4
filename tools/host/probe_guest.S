/* SPDX-License-Identifier: MIT */
/*
 * The guest of the KVM probe: prints one line through the hypervisor's console and powers off.
 * It runs as dom0, needs no page tables of its own, no stack and no library, and makes its hypercalls by SYSCALL.
 */
#define CONSOLE_IO	18	/* __HYPERVISOR_console_io */
#define CONSOLEIO_WRITE	0
#define SCHED_OP	29	/* __HYPERVISOR_sched_op */
#define SCHEDOP_SHUTDOWN 2

#define NOTE_ENTRY	1	/* XEN_ELFNOTE_* */
#define NOTE_VIRT_BASE	3
#define NOTE_PADDR_OFFSET 4
#define NOTE_XEN_VERSION 5
#define NOTE_GUEST_OS	6
#define NOTE_LOADER	8
#define NOTE_PAE_MODE	9

	.text
	.globl	_start
_start:
	mov	$CONSOLE_IO, %eax
	mov	$CONSOLEIO_WRITE, %edi
	mov	$greeting_size, %esi
	lea	greeting(%rip), %rdx
	syscall
	mov	$SCHED_OP, %eax
	mov	$SCHEDOP_SHUTDOWN, %edi
	lea	reason(%rip), %rsi
	syscall
1:	jmp	1b

	.balign	4
reason:	.long	0		/* SHUTDOWN_poweroff */
greeting:
	.ascii	"paravane probe: a guest runs\n"
	.set	greeting_size, . - greeting

.macro note type:req, value:vararg
	.balign	4
	.long	4, 9f - 8f, \type
	.asciz	"Xen"
8:	\value
9:	.balign	4
.endm

	.section .note.Xen, "a", @note
	note	NOTE_XEN_VERSION, .asciz "xen-3.0"
	note	NOTE_GUEST_OS, .asciz "paravane-probe"
	note	NOTE_LOADER, .asciz "generic"
	note	NOTE_PAE_MODE, .asciz "yes"
	note	NOTE_VIRT_BASE, .quad 0
	note	NOTE_PADDR_OFFSET, .quad 0
	note	NOTE_ENTRY, .quad _start

	.section .note.GNU-stack, "", @progbits
