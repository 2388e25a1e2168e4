/* SPDX-License-Identifier: MIT */
/*
 * Instructions that may fault, each with a place to go on: the exception table. And the only code that
 * opens SMAP's door to guest memory; the fence in it keeps addresses from being used before their check is decided.
 */
#include <x86/patch.h>

#include "asm_offsets.h"

.macro may_fault label:req, fixup:req
	.pushsection .extable, "a", @progbits
	.quad \label, \fixup
	.popsection
.endm

.macro function name:req
	.globl \name
	.type \name, @function
	.balign 16
\name:
.endm

	.text
/* int guest_copy(void *dst, const void *src, size_t n): one of the two is the guest's. 0 or -EFAULT. */
function guest_copy
	mov %rdx, %rcx
	shr $3, %rcx
	and $7, %edx
	xor %eax, %eax
	guarded PATCH_KIND_GUARD, lfence, patchable PATCH_KIND_SMAP, stac
1:	rep movsq
	mov %edx, %ecx
2:	rep movsb
3:	patchable PATCH_KIND_SMAP, clac
	ret
4:	mov $NR_EFAULT, %eax
	jmp 3b
	may_fault 1b, 4b
	may_fault 2b, 4b

/* int guest_fill(void *dst, size_t n): zeroes. 0 or -EFAULT. */
function guest_fill
	mov %rsi, %rcx
	xor %eax, %eax
	guarded PATCH_KIND_GUARD, lfence, patchable PATCH_KIND_SMAP, stac
1:	rep stosb
2:	patchable PATCH_KIND_SMAP, clac
	ret
3:	mov $NR_EFAULT, %eax
	jmp 2b
	may_fault 1b, 3b

/* int rdmsr_safe(u32 msr, u64 *value) */
function rdmsr_safe
	mov %edi, %ecx
1:	rdmsr
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, (%rsi)
	xor %eax, %eax
	ret
	may_fault 1b, fault_answer

/* int load_ds_safe(u16 sel) and the others: a selector that the CPU refuses leaves 0 there. */
.macro load_segment seg:req
function load_\seg\()_safe
	xor %eax, %eax
1:	mov %edi, %\seg
	ret
2:	xor %edi, %edi
	mov %edi, %\seg
	jmp fault_answer
	may_fault 1b, 2b
.endm
	load_segment ds
	load_segment es
	load_segment fs
	load_segment gs

/* int fxrstor_safe(const void *area): FXRSTOR of an image that may be malformed. */
function fxrstor_safe
	xor %eax, %eax
1:	fxrstorq (%rdi)
	ret
	may_fault 1b, fault_answer

/* int xrstor_safe(const void *area, u64 mask) */
function xrstor_safe
	mov %esi, %eax
	mov %rsi, %rdx
	shr $32, %rdx
1:	xrstorq (%rdi)
	xor %eax, %eax
	ret
	may_fault 1b, fault_answer

/* int read_word_safe(const u64 *p, u64 *out): hypervisor memory that may be missing (panic). */
function read_word_safe
	xor %eax, %eax
1:	mov (%rdi), %rdx
	mov %rdx, (%rsi)
	ret
	may_fault 1b, fault_answer

fault_answer:
	mov $NR_EFAULT, %eax
	ret

	.section .note.GNU-stack, "", @progbits
