/* SPDX-License-Identifier: MIT */
/* The x87 part of an FXSAVE or XSAVE image: where things stand in it. Room x86. */
#ifndef PV_FPU_IMAGE_H
#define PV_FPU_IMAGE_H

#include <core/lib.h>
#include <core/types.h>

#define FXSAVE_SIZE   512U
#define FCW_AT        0
#define FSW_AT        2
#define MXCSR_AT      24
#define MXCSR_MASK_AT 28
#define XSTATE_BV_AT  FXSAVE_SIZE /* XSAVE: which components are not in their first state */
#define XCR0_X87      1UL
#define FSW_ES        0x80U /* an unmasked exception is pending */

/*
 * AMD's CPUs before RstrFpErrPtrs (CPUID 80000008 EBX bit 2) save and load the pointers of the last
 * x87 instruction, its operand and its opcode only while an exception is pending; else loading an
 * image leaves those of whoever ran before (AMD APM volume 2, 11.4.4; XSA-52). Will loading this
 * image replace them?
 */
static inline bool fpu_image_has_pointers(const void *image, bool xsave)
{
	u16 fsw;
	u64 present;

	memcpy(&fsw, (const u8 *)image + FSW_AT, sizeof(fsw));
	if (!xsave)
		return fsw & FSW_ES;
	memcpy(&present, (const u8 *)image + XSTATE_BV_AT, sizeof(present));
	return present & XCR0_X87 && fsw & FSW_ES;
}

/* Clears them, and the rest of the x87 state, which is to be loaded. */
static inline void fpu_forget_pointers(void)
{
	__asm__ volatile("fninit");
}

#endif /* PV_FPU_IMAGE_H */
