/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader to boot_main.
 *
 * Both multiboot versions enter here in 32-bit mode, paging off, magic in EAX and the information's address
 * in EBX. Temporary tables show the first 4 GiB at 0 and at DIRECT_VIRT, and the image at HV_TEXT_VIRT;
 * hostmap_init replaces them. Later CPUs will start in real mode below 1 MiB, which is kept out of the
 * allocator for them, and join at head_long_mode.
 */
#include <core/layout.h>

#include "asm_offsets.h"

#define PHYS(sym) ((sym) - HV_TEXT_VIRT + HV_PHYS_START)

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00010003 /* modules on pages, memory map, load addresses below */
#define MB2_MAGIC 0xe85250d6

#define MSR_EFER 0xc0000080
#define EFER_SCE_LME_NXE 0x901
#define CR4_PAE 0x20
#define CR0_PG_WP_PE 0x80010001

#define PT_TABLE 0x3  /* present, writable */
#define PT_LARGE 0x83 /* and 2 MiB */

	.section .multiboot, "a", @progbits
	.balign 8
mb1_header:
	.long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
	.long PHYS(mb1_header), head_load_start, head_load_end, head_bss_end, head_start_phys

	.balign 8
mb2_header:
	.long MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header))
	.short 2, 0 /* addresses */
	.long 24, PHYS(mb2_header), head_load_start, head_load_end, head_bss_end
	.short 3, 0 /* entry */
	.long 12, head_start_phys, 0
	.short 6, 0 /* modules on pages */
	.long 8
	.short 5, 1 /* a frame buffer, if the loader has one */
	.long 20, 0, 0, 0, 0
	.short 0, 0
	.long 8
mb2_end:

	.section .head.text, "ax", @progbits
	.code32
	.globl head_start
head_start:
	cli
	cld
	mov %eax, %edi
	mov %ebx, %esi
	mov $PHYS(boot_stack + STACK_SIZE), %esp
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb no_long_mode
	mov $0x80000001, %eax
	cpuid
	bt $29, %edx
	jnc no_long_mode
	bt $20, %edx
	jnc no_nx

	/* L4: identity and direct map share one L3; the image has its own. */
	mov $PHYS(head_l3_low) + PT_TABLE, %eax
	mov %eax, PHYS(head_l4)
	mov %eax, PHYS(head_l4) + ((DIRECT_VIRT >> 39) & 511) * 8
	movl $PHYS(head_l3_text) + PT_TABLE, PHYS(head_l4) + ((HV_TEXT_VIRT >> 39) & 511) * 8
	movl $PHYS(head_l2_text) + PT_TABLE, PHYS(head_l3_text)
	mov $PHYS(head_l2_low) + PT_TABLE, %eax
	xor %ecx, %ecx
1:	mov %eax, PHYS(head_l3_low)(, %ecx, 8)
	add $0x1000, %eax
	inc %ecx
	cmp $4, %ecx
	jb 1b
	mov $PT_LARGE, %eax
	xor %ecx, %ecx
2:	mov %eax, PHYS(head_l2_low)(, %ecx, 8)
	add $0x200000, %eax
	inc %ecx
	cmp $2048, %ecx
	jb 2b
	mov $HV_PHYS_START + PT_LARGE, %eax
	xor %ecx, %ecx
3:	mov %eax, PHYS(head_l2_text)(, %ecx, 8)
	add $0x200000, %eax
	inc %ecx
	cmp $8, %ecx
	jb 3b

	mov $PHYS(head_l4), %eax
	mov %eax, %cr3
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_SCE_LME_NXE, %eax
	wrmsr
	mov $CR0_PG_WP_PE, %eax
	mov %eax, %cr0
	lgdt PHYS(head_gdtr_low)
	ljmp $SEL_HV_CS, $PHYS(head_long_mode)

no_nx:
	mov $PHYS(text_no_nx), %esi
	jmp say
no_long_mode:
	mov $PHYS(text_no_long_mode), %esi
say:	/* COM1 as the firmware left it */
	lodsb
	test %al, %al
	jz 5f
	mov $0x3f8, %edx
	out %al, %dx
4:	mov $0x3fd, %edx
	in %dx, %al
	test $0x20, %al
	jz 4b
	jmp say
5:	hlt
	jmp 5b

	.code64
head_long_mode:
	movabs $6f, %rax
	jmp *%rax
6:	lgdt head_gdtr(%rip)
	mov $SEL_HV_SS, %eax
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	lldt %ax
	mov %rax, head_l4(%rip) /* nothing at address 0 from here on */
	lea boot_stack + STACK_SIZE - STACK_TOP_RESERVE(%rip), %rsp
	mov %edi, %edi
	mov %esi, %esi
	xor %ebp, %ebp
	call boot_main
	ud2

	.section .rodata.head, "a", @progbits
text_no_long_mode:
	.asciz "Paravane: this CPU has no 64-bit mode\r\n"
text_no_nx:
	.asciz "Paravane: this CPU has no NX, or the firmware has switched it off\r\n"

	/* The descriptors stand on page 14 of a guest's GDT, so the base lies 14 pages before it. */
	.balign 8
	.short 0, 0, 0
head_gdtr_low:
	.short 0xefff
	.long PHYS(boot_gdt_page) - SEL_HV_GDT_PAGE
	.balign 8
	.short 0, 0, 0
head_gdtr:
	.short 0xefff
	.quad boot_gdt_page - SEL_HV_GDT_PAGE

	.section .data.pages, "aw", @progbits
	.balign 4096
	.globl boot_gdt_page
boot_gdt_page:
	.quad 0
	.quad 0x00af9b000000ffff /* SEL_HV_CS */
	.quad 0x00cf93000000ffff /* SEL_HV_SS */
	.quad 0
	.quad 0x00cffb000000ffff /* SEL_GUEST_CS32 */
	.quad 0x00cff3000000ffff /* SEL_GUEST_SS */
	.quad 0x00affb000000ffff /* SEL_GUEST_CS64 */
	.balign 4096

	/* The boot CPU's idle vCPU keeps the boot stack. The page below is unmapped by hostmap_boot.c. */
	.section .bss.pages, "aw", @nobits
	.globl boot_stack_guard, boot_stack /* link.lds.S aligns to STACK_SIZE */
	.balign 4096
	.skip 4096
boot_stack_guard:
	.skip 4096
boot_stack:
	.skip STACK_SIZE

	.section .init.bss, "aw", @nobits
	.balign 4096
head_l4:
	.skip 4096
head_l3_low:
	.skip 4096
head_l3_text:
	.skip 4096
head_l2_text:
	.skip 4096
head_l2_low:
	.skip 4 * 4096

	.section .note.GNU-stack, "", @progbits
