/* SPDX-License-Identifier: MIT */
/* The entry point of the event upcall. */

#include "entry_macros.inc"

	.text
	.globl	pv_event_entry
	.type	pv_event_entry, @function
pv_event_entry:
	popq	%rcx
	popq	%r11
	pushq	$0
	save_regs
	call_with_regs pv_event_dispatch
	load_regs_and_iret
	.size	pv_event_entry, . - pv_event_entry

	.section .note.GNU-stack, "", @progbits
