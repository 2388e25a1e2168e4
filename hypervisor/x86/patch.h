/* SPDX-License-Identifier: MIT */
/*
 * Instructions that boot changes by what the CPU is and needs (cpu.c). Usable from assembly.
 *
 * A site with a target becomes a jump there, or a call, where its feature is on; one without
 * becomes a NOP where it is off, but a guard goes into the instruction before it. Those with a
 * target come last, since they may cover others.
 */
#ifndef X86_PATCH_H
#define X86_PATCH_H

#ifdef __ASSEMBLER__

/* An instruction that boot makes a NOP where the feature is off. */
.macro patchable feature:req, insn:vararg
771:	\insn
772:
	.pushsection .patch, "a", @progbits
	.quad 771b, 0
	.long 772b - 771b, \feature
	.popsection
.endm

/* An instruction and a guard behind it, a fence or a mask of three bytes (core/nospec.h). */
.macro guarded feature:req, guard:req, insn:vararg
773:	\insn
	\guard
774:
	.pushsection .patch, "a", @progbits
	.quad 773b, 0
	.long 774b - 773b, \feature
	.popsection
.endm

/* What stands between a label and here, five bytes at least, becomes a jump (or call) to target. */
.macro patch_into feature:req, start:req, target:req
	.pushsection .patch.targets, "a", @progbits
	.quad \start, \target
	.long 779f - \start, \feature
	.popsection
779:
.endm

#else

#include <core/types.h>

enum patch_feature {
	PATCH_SMAP,
	PATCH_MASK,
	PATCH_GUARD,
	PATCH_VERW,
	PATCH_PTI,
	PATCH_THUNK,
	PATCH_THUNK_CALL, /* as PATCH_THUNK, but a call */
	PATCH_FEATURES
};
struct patch_site {
	u64 site, target; /* target 0: none */
	u32 length;
	u32 feature;
};
extern const struct patch_site patch_start[], patch_end[];

#endif
#endif /* X86_PATCH_H */
