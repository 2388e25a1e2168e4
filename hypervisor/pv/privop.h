/* SPDX-License-Identifier: MIT */
/* Privileged instructions that trap out of ring 3, and what CPUID and the MSRs show. Room pv. */
#ifndef PV_PRIVOP_H
#define PV_PRIVOP_H

#include <pv/decode.h>
#include <core/vcpu.h>

/* A #GP with error code 0: emulates the instruction at rip if it is one that this mode may execute.
 * True: done, rip moved on (or an exception of its own was bounced). False: the #GP is the guest's.
 */
bool privop_emulate(struct cpu_regs *regs);
/* One in or out, after permission was checked; pv/privop_io.c. False: no permission. */
bool privop_io(struct cpu_regs *regs, const struct insn *i);
/* sgdt, sidt, sldt, str, smsw: which UMIP refuses in ring 3; pv/privop_umip.c. False: a #GP. */
bool privop_is_umip(const struct insn *i);
bool privop_umip(struct cpu_regs *regs, const struct insn *i);
/* CR0 as the guest is to see it. */
u64 pv_cr0(const struct vcpu *v);
/* #UD: the forced-emulation prefix (ud2a 'x' 'e' 'n') before cpuid. True: done. */
bool privop_forced_cpuid(struct cpu_regs *regs);
/* 0, or -EPERM: #GP for the guest. */
int pv_rdmsr(struct vcpu *v, u32 msr, u64 *value) MUST_CHECK;
int pv_wrmsr(struct vcpu *v, u32 msr, u64 value) MUST_CHECK;

/* What the guest is to see of a leaf: eax, ebx, ecx, edx. */
void pv_cpuid(const struct vcpu *v, u32 leaf, u32 subleaf, u32 out[4]);

/* Returns of ring 3 that QEMU breaks with SMAP on (see pv/ringret.c). True: emulated. */
bool ringret_emulate(struct cpu_regs *regs, u64 addr);

#endif /* PV_PRIVOP_H */
