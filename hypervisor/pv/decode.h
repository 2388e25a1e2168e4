/* SPDX-License-Identifier: MIT */
/*
 * Instruction bytes of the guest, decoded: only the few that a PV kernel may execute in ring 3 and
 * that trap, and the stores to page tables. Room pv. Nothing is executed or changed here.
 */
#ifndef PV_DECODE_H
#define PV_DECODE_H

#include <core/regs.h>

#define INSN_MAX 15

struct insn {
	union {
		u8 bytes[INSN_MAX + 1];
		u64 words[2];
	};
	u8 fetched; /* how many bytes could be read */
	u8 length;
	u8 opsize;  /* 1, 2, 4, 8: of the operation */
	u16 opcode; /* 0x00-0xff; 0x0f00 + second byte for two-byte ones */
	bool lock, rep, repne;
	u8 segment; /* override: 0 none, else the prefix byte (0x64 FS, 0x65 GS) */
	u8 bits;    /* of its code segment: 64, 32, 16 */
	u8 rex;
	bool modrm_valid, has_mem;
	u8 mod, reg, rm; /* with REX bits in */
	u64 ea;          /* effective linear address when has_mem */
	u64 imm;         /* sign-extended */
};

/* Fetches at regs->rip and decodes, as code of the size that the code segment says. -EFAULT: not
 * even the needed bytes can be read; -EINVAL: an instruction that it does not know. */
int insn_decode(const struct cpu_regs *regs, struct insn *out) MUST_CHECK;
/* Register n (0 rax .. 15 r15) in the frame. */
u64 *insn_reg(struct cpu_regs *regs, unsigned int n);
/* Its value cut to size; a byte register without REX 4..7 is AH..BH. */
u64 insn_reg_read(struct cpu_regs *regs, const struct insn *i, unsigned int n, unsigned int size);
void insn_reg_write(struct cpu_regs *regs, const struct insn *i, unsigned int n, unsigned int size,
		    u64 v);

#endif /* PV_DECODE_H */
