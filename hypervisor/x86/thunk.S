/* SPDX-License-Identifier: MIT */
/*
 * Where the compiler sends indirect calls, one function a register: a plain jump, which boot replaces by a
 * jump to a sequence whose return the CPU cannot have learnt from others ("retpoline"). gcc names them
 * __x86_indirect_thunk_REG; clang has one, for r11.
 */
#include <x86/patch.h>

#include "asm_offsets.h"

.macro thunk reg:req
	.balign 32
	.globl __x86_indirect_thunk_\reg
__x86_indirect_thunk_\reg:
770:	jmp *%\reg
	.balign 8, 0xcc
	patch_into PATCH_KIND_THUNK, 770b, 1f
1:	call 3f
2:	pause
	lfence
	jmp 2b
3:	mov %\reg, (%rsp)
	ret
	int3
.endm

	.text
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	thunk \reg
	.endr
	.globl __llvm_retpoline_r11
	.set __llvm_retpoline_r11, __x86_indirect_thunk_r11

	.section .note.GNU-stack, "", @progbits
