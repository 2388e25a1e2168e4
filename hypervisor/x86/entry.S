/* SPDX-License-Identifier: MIT */
/*
 * Entry from guests, exit to them, and exceptions of the hypervisor itself.
 *
 * The entry text, two pages, is mapped once more for each CPU at ENTRY_VIRT + cpu * CPU_ENTRY_SIZE, with that
 * CPU's struct entry_data on the page behind it: ED() reaches it RIP-relative. LSTAR points at the CPU's own
 * alias; the IDT is shared and names the boot CPU's, so what follows a stub uses nothing RIP-relative outside
 * the text but what is the same for all CPUs. Targets in the text proper are called by absolute address.
 *
 * Frames: struct cpu_regs at the top of the vCPU's stack. While C runs RSP is 8 below it, for alignment. The
 * fast way of a hypercall leaves r15..rbx, rax, rcx and r11 of the frame unwritten; the slow one completes it
 * before exit_work. Every IDT entry does cld and clac; SFMASK does both for SYSCALL.
 *
 * Page-table isolation (xpti): a guest's own tables show entry text and data, GDT, TSS, IDT and IST stacks,
 * which lie in one L4 slot, and nothing else of the hypervisor. SYSCALL then enters by the variants ..._pti;
 * exceptions come on a small stack at the end of the entry data, and their first instructions, like the last
 * ones of each way out, are replaced by a jump at boot (patch_into): without isolation it costs nothing.
 */
#include "entry_asm.h"

	.set last_hypercall, HYPERCALLS - 1

	.section .entry.text, "ax", @progbits
	.balign 4096
	.globl entry_page, entry_page_end
entry_page:

/* ---- SYSCALL ---------------------------------------------------------------------------------- */

	.globl entry_syscall
entry_syscall:
	mov %rsp, ED(ED_GUEST_RSP)
syscall_entered:
	mov ED(ED_STACK), %rsp
	push $SEL_GUEST_SS
	push ED(ED_GUEST_RSP)
	push %r11
	push $SEL_GUEST_CS64
	push %rcx
	push %rax
	mov (STACK_VCPU - REGS_orig_rax)(%rsp), %r11
	cmpb $0, VCPU_GUEST_KERNEL(%r11)
	je user_syscall
	sub $REGS_orig_rax + 8, %rsp
	mov %rdi, FRAME(rdi)
	mov %rsi, FRAME(rsi)
	mov %rdx, FRAME(rdx)
	mov %r8, FRAME(r8)
	mov %r9, FRAME(r9)
	mov %r10, FRAME(r10)
	cmp $HYPERCALLS, %rax
	jae hypercall_unknown
	guarded PATCH_KIND_GUARD, "and $last_hypercall, %eax", mov %r10, %rcx
	movabs $hypercall_table, %r11
777:	.byte 0x41, 0xff, 0x54, 0xc3, 0 /* call *0(%r11, %rax, 8), in five bytes */
	patch_into PATCH_KIND_THUNK_CALL, 777b, call_retpoline
hypercall_done:
	mov VCPU_OF_FRAME, %r11
	if_work %r11, hypercall_slow
	mov FRAME(rip), %rcx
	/* SYSCALL as the last instruction below the hole: SYSRET there would fault in ring 0 (XSA-7). */
	mov %rcx, %r11
	sar $47, %r11
	jg hypercall_slow
	mov FRAME(rdi), %rdi
	mov FRAME(rsi), %rsi
	mov FRAME(rdx), %rdx
	mov FRAME(r8), %r8
	mov FRAME(r9), %r9
	mov FRAME(r10), %r10
	mov FRAME(rflags), %r11
	leave_or sysret_pti
	mov FRAME(rsp), %rsp
	sysretq

/* In place of that call, and of call_text's: as in thunk.S, but here, since no alias reaches farther. */
call_retpoline:
	mov (%r11, %rax, 8), %rax
call_rax_retpoline:
	call 3f
2:	pause
	lfence
	jmp 2b
3:	mov %rax, (%rsp)
	ret
	int3

hypercall_unknown:
	/* The word must not read as a trap's. */
	movq $0, FRAME(orig_rax)
	mov $NR_ENOSYS, %rax
	jmp hypercall_done

/* The rest of the frame; rcx and r11 as SYSCALL left them. */
.macro complete_frame
	mov %rax, FRAME(rax)
	mov %rbx, FRAME(rbx)
	mov %rbp, FRAME(rbp)
	mov %r12, FRAME(r12)
	mov %r13, FRAME(r13)
	mov %r14, FRAME(r14)
	mov %r15, FRAME(r15)
.endm

hypercall_slow_pending:
	cmpb $0, INFO_MASK(%r11)
	jne hypercall_slow_masked
	complete_frame
	mov FRAME(rip), %rcx
	mov %rcx, FRAME(rcx)
	mov FRAME(rflags), %rcx
	mov %rcx, FRAME(r11)
	jmp exit_deliver

hypercall_slow:
	mov VCPU_OF_FRAME, %r11
	cmpb $WORK_FRAME_BIT, VCPU_WORK(%r11)
	jne 2f
	/* iret and no other work: rcx and r11 count, what C preserves is still in place. */
	lock andb $~WORK_FRAME_BIT, VCPU_WORK(%r11)
	mov VCPU_INFO(%r11), %rcx
	cmpb $0, INFO_PENDING(%rcx)
	jne 1f
	mov FRAME(rdi), %rdi
	mov FRAME(rsi), %rsi
	mov FRAME(rdx), %rdx
	mov FRAME(rcx), %rcx
	mov FRAME(r8), %r8
	mov FRAME(r9), %r9
	mov FRAME(r10), %r10
	mov FRAME(r11), %r11
	lea FRAME(rip), %rsp
	leave_or iret_pti
	jmp entry_iretq
1:	complete_frame
	movw $ENTRY_KIND_TRAP, FRAME(entry)
	jmp exit_guest
2:	complete_frame
	testb $WORK_FRAME_BIT, VCPU_WORK(%r11)
	jnz 3f
	mov FRAME(rip), %rcx
	mov %rcx, FRAME(rcx)
	mov FRAME(rflags), %rcx
	mov %rcx, FRAME(r11)
	jmp 4f
3:	lock andb $~WORK_FRAME_BIT, VCPU_WORK(%r11)
	movw $ENTRY_KIND_TRAP, FRAME(entry)
4:	movzwl ED(ED_RECENT_NEXT), %ecx
	lea ED(ED_RECENT), %rdx
	mov FRAME(orig_rax), %rax
	mov %ax, (%rdx, %rcx)
	add $2, %ecx
	and $31, %ecx
	mov %cx, ED(ED_RECENT_NEXT)
	jmp exit_slow

/* From guest user mode, and all of CSTAR: the guest kernel's business. */
user_syscall:
	mov (REGS_rflags - REGS_orig_rax)(%rsp), %r11 /* as SYSCALL left it */
	movq $0, (%rsp)
	push_all
	sub $8, %rsp
	lea 8(%rsp), %rdi
	xor %esi, %esi
	call_text pv_user_syscall
	jmp exit_guest

	.globl entry_syscall_compat
entry_syscall_compat:
	mov %rsp, ED(ED_GUEST_RSP)
compat_entered:
	mov ED(ED_STACK), %rsp
	push $SEL_GUEST_SS
	push ED(ED_GUEST_RSP)
	push %r11
	push $SEL_GUEST_CS32
	push %rcx
	push $0
	push_all
	sub $8, %rsp
	lea 8(%rsp), %rdi
	mov $1, %esi
	call_text pv_user_syscall
	jmp exit_guest

/* Intel: rip and rsp of the caller are its own affair; flags are the caller's but for IF and VM. */
	.globl entry_sysenter
entry_sysenter:
	mov ED(ED_STACK), %rsp
	push $SEL_GUEST_SS
	push $0
	pushfq
	orl $0x200, (%rsp)
	push $0
	popfq
	push $SEL_GUEST_CS32
	push $0
	push $0
	push_all
	sub $8, %rsp
	lea 8(%rsp), %rdi
	call_text pv_user_sysenter
	jmp exit_guest

/* ---- IDT -------------------------------------------------------------------------------------- */

/* Vectors 32..255: the stub pushed vector - 128. */
irq_common:
	cld
	patchable PATCH_KIND_SMAP, clac
	push %rdi
	patch_into PATCH_KIND_PTI, irq_common, irq_pti
	push_rest
	irq_word
	jmp exception_entered

/* Exceptions not on IST: error code, vector and kind stand in one word. */
exception_common:
	cld
	patchable PATCH_KIND_SMAP, clac
	push %rdi
	patch_into PATCH_KIND_PTI, exception_common, exception_pti
	push_rest
exception_entered:
	mov %rsp, %rdi
	testb $3, REGS_cs(%rsp)
	jz from_hypervisor
guest_exception:
	sub $8, %rsp
	call_text trap_from_guest
exit_guest:
	mov VCPU_OF_FRAME, %r11
	if_work %r11, exit_slow

	/* The frame is complete and may go to the guest. */
	.globl exit_restore
exit_restore:
	cmpw $ENTRY_KIND_TRAP, FRAME(entry)
	je exit_iret
	cmpw $SEL_GUEST_CS64, FRAME(cs)
	jne exit_iret
	cmpw $SEL_GUEST_SS, FRAME(ss)
	jne exit_iret
	mov FRAME(rip), %rcx
	mov %rcx, %rax
	sar $47, %rax
	inc %rax
	cmp $1, %rax
	ja exit_iret
	mov FRAME(rflags), %r11
	mov FRAME(rax), %rax
	mov FRAME(rdi), %rdi
	mov FRAME(rsi), %rsi
	mov FRAME(rdx), %rdx
	mov FRAME(r8), %r8
	mov FRAME(r9), %r9
	mov FRAME(r10), %r10
	mov FRAME(rbx), %rbx
	mov FRAME(rbp), %rbp
	mov FRAME(r12), %r12
	mov FRAME(r13), %r13
	mov FRAME(r14), %r14
	mov FRAME(r15), %r15
	leave_or sysret_pti
	mov FRAME(rsp), %rsp
	sysretq

exit_iret:
	add $8, %rsp
	pop_all
	add $8, %rsp
	leave_or iret_pti
	.globl entry_iretq
entry_iretq: /* may fault: trap.c looks for this address */
	iretq

exit_slow_pending:
	cmpb $0, INFO_MASK(%r11)
	jne exit_slow_masked
exit_deliver:
	lea 8(%rsp), %rdi
	mov VCPU_OF_FRAME, %rsi
	call_text exit_event
	mov VCPU_OF_FRAME, %r11
	cmpb $0, VCPU_WORK(%r11)
	je exit_restore
exit_slow:
	lea 8(%rsp), %rdi
	call_text exit_work
	jmp exit_restore

/* In ring 0: C answers the frame to go on with, which is a guest's if its IRET failed. */
from_hypervisor:
	sub $8, %rsp
	call_text trap_from_hv
	mov %rax, %rsp
	testb $3, REGS_cs(%rsp)
	jnz 2f
	pop_all
	add $8, %rsp
	iretq
2:	sub $8, %rsp
	jmp exit_guest

/* NMI, #DB, #DF, #MC: from ring 3 the frame moves to the vCPU's stack; in ring 0 RSP may be a guest's. */
ist_common:
	cld
	patchable PATCH_KIND_SMAP, clac
	push_all
	mov (REGS_SIZE + IST_CPU)(%rsp), %rbx
	mov (REGS_SIZE + IST_ENTRY)(%rsp), %rax
	mov %cr3, %r12
	mov ED_HV_CR3(%rax), %r13
	test %r13, %r13
	jz 2f
	mov %r13, %cr3
2:	testb $3, REGS_cs(%rsp)
	jz 3f
	mov ED_STACK(%rax), %rdi
	sub $REGS_SIZE, %rdi
	mov %rsp, %rsi
	mov %rdi, %rsp
	mov $REGS_SIZE / 8, %ecx
	rep movsq
	mov %rsp, %rdi
	jmp guest_exception
3:	mov %rsp, %rdi
	cmpw $8, REGS_vector(%rsp)
	je 4f
	mov %rbx, %rsi
	sub $8, %rsp
	call_text trap_ist
	add $8, %rsp
	test %r13, %r13
	jz 2f
	mov %r12, %cr3
2:	pop_all
	add $8, %rsp
	iretq
4:	/* never comes back, so the idle vCPU's stack may be overwritten */
	mov CPU_IDLE(%rbx), %rax
	mov VCPU_STACK(%rax), %rsp
	sub $8, %rsp
	call_text trap_double_fault

/* ---- Page-table isolation --------------------------------------------------------------------- */

	.globl entry_syscall_pti, entry_syscall_compat_pti, entry_sysenter_pti
entry_syscall_pti:
	mov %rsp, ED(ED_GUEST_RSP)
	mov ED(ED_HV_CR3), %rsp
	mov %rsp, %cr3
	jmp syscall_entered
entry_syscall_compat_pti:
	mov %rsp, ED(ED_GUEST_RSP)
	mov ED(ED_HV_CR3), %rsp
	mov %rsp, %cr3
	jmp compat_entered
entry_sysenter_pti:
	mov ED(ED_HV_CR3), %rsp
	mov %rsp, %cr3
	jmp entry_sysenter

irq_pti:
	cld
	patchable PATCH_KIND_SMAP, clac
	push_all
	irq_word
	jmp 1f
exception_pti:
	cld
	patchable PATCH_KIND_SMAP, clac
	push_all
/* On the stack in the entry data (a guest's, or an IRET that failed) or on one of the hypervisor's own. */
1:	mov %rsp, %rax
	shr $39, %rax
	cmp $(ENTRY_VIRT >> 39), %rax
	jne exception_entered
	mov %rsp, %rax
	and $~0xfff, %rax
	mov ED_HV_CR3(%rax), %rcx
	mov %rcx, %cr3
	mov ED_STACK(%rax), %rdi
	sub $REGS_SIZE, %rdi
	testb $3, REGS_cs(%rsp)
	jnz 2f
	sub $REGS_SIZE + 8, %rdi /* the frame that IRET read stays above, for trap.c */
2:	mov %rsp, %rsi
	mov %rdi, %rsp
	mov $REGS_SIZE / 8, %ecx
	rep movsq
	jmp exception_entered

/* RSP 8 below the frame, all else the guest's. What is put below RSP is safe: NMI and its like have IST. */
sysret_pti:
	mov %rax, (%rsp)
	mov %rdx, -8(%rsp)
	mov (8 + STACK_CPU)(%rsp), %rax
	mov CPU_ENTRY(%rax), %rax
	mov FRAME(rsp), %rdx
	mov %rdx, ED_GUEST_RSP(%rax)
	mov (%rsp), %rdx
	mov %rdx, ED_SCRATCH(%rax)
	mov -8(%rsp), %rdx
	lea ED_SCRATCH(%rax), %rsp
	mov ED_GUEST_CR3(%rax), %rax
	mov %rax, %cr3
	pop %rax
	pop %rsp
	verw_on_exit
	sysretq

/* RSP at the frame's rip, all else the guest's. */
iret_pti:
	mov %rax, -8(%rsp)
	mov %rcx, -16(%rsp)
	mov (STACK_CPU - REGS_rip)(%rsp), %rcx
	mov CPU_ENTRY(%rcx), %rcx
	word = -16
	.rept 7
	mov word(%rsp), %rax
	mov %rax, (ED_IRET + word)(%rcx)
	word = word + 8
	.endr
	lea (ED_IRET - 16)(%rcx), %rsp
	mov ED_GUEST_CR3(%rcx), %rcx
	mov %rcx, %cr3
	pop %rcx
	pop %rax
	verw_on_exit
	jmp entry_iretq

/* ---- Stubs ------------------------------------------------------------------------------------ */

/* Vectors whose error code the CPU pushes itself: 8, 10-14, 17, 21, 29, 30. */
#define WITH_ERROR_CODE 0x60227d00

	.balign 16
	.globl entry_stubs_exception
entry_stubs_exception:
	vector = 0
	.rept 32
	.balign 16
	.if !((WITH_ERROR_CODE >> vector) & 1)
	push $0
	.endif
	movl $ENTRY_KIND_TRAP << 16 | vector, 4(%rsp)
	.if vector == 1 || vector == 2 || vector == 8 || vector == 18
	jmp ist_common
	.else
	jmp exception_common
	.endif
	vector = vector + 1
	.endr

	.balign 16
	.globl entry_stubs_irq
entry_stubs_irq:
	vector = 32
	.rept 224
	.balign 8
	push $vector - 128
	jmp irq_common
	vector = vector + 1
	.endr

	.balign 4096
entry_page_end:

	.section .note.GNU-stack, "", @progbits
