/* SPDX-License-Identifier: MIT */
/* The loaded state of a vCPU: page tables, segments, FPU, debug registers. Room x86; pv calls it.
 */
#ifndef PV_CONTEXT_H
#define PV_CONTEXT_H

#include <core/vcpu.h>

/* Loads the root that current's mode wants (kernel_l4 or user_l4) and records it in cpu.loaded_l4.
 * A CR3 load drops every guest translation of this CPU. */
void context_load_l4(struct vcpu *v);
/* Changes current's mode: swaps the GS bases, loads the other root. To user with user_l4 0: not
 * allowed (the caller crashes the domain). The one place of swapgs. */
void context_toggle_mode(struct vcpu *v);
/* Live segment bases of current: which is one of SEGBASE_*; values canonical (checked by the
 * caller). */
u64 context_read_base(unsigned int which);
void context_write_base(unsigned int which, u64 base);
/* Of the code segment that runs: 64, 32 or 16 bits; 0: the selector does not tell (any more). */
unsigned int context_code_bits(u16 cs);
/* Loads a user GS selector while in kernel mode: a bad one yields 0 (SEGBASE_GS_USER_SEL). */
void context_load_user_gs(u16 sel);
/* GDT window of this CPU after v's gdt[] changed; LDT after ldt_base or entries changed. */
void context_load_gdt(struct vcpu *v);
void context_load_ldt(struct vcpu *v);
/* Puts frame mfn at page n of this CPU's LDT window (demand fault). */
void context_map_ldt_page(struct vcpu *v, unsigned int n, mfn_t mfn);
/* The live selectors into v->arch.ds, es, fs, gs: current, before pv_failsafe. */
void context_note_selectors(struct vcpu *v);
/* CR4 for the hardware, from the guest's (XSA-293). */
u64 context_cr4(const struct vcpu *v);
/* CR4 bits that a guest may switch on this CPU. */
u64 context_cr4_mask(void);
void context_load_cr4(struct vcpu *v);
void context_load_debugregs(struct vcpu *v);
void context_clear_debugregs(void);

/* x86/fpu.c */
int fpu_init_vcpu(struct vcpu *v) MUST_CHECK;
void fpu_free_vcpu(struct vcpu *v);
void fpu_save(struct vcpu *v);
void fpu_restore(struct vcpu *v);
void fpu_set_ts(struct vcpu *v, bool ts);              /* CR0.TS as the guest asked; current */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0) MUST_CHECK; /* current; -EINVAL */
/* FXSAVE image of getvcpucontext/setvcpucontext. */
void fpu_get_fxsave(struct vcpu *v, void *fxsave512);
int fpu_set_fxsave(struct vcpu *v, const void *fxsave512) MUST_CHECK;

#endif /* PV_CONTEXT_H */
