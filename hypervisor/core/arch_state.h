/* SPDX-License-Identifier: MIT */
/*
 * What the machine and the PV guest kind keep in a domain and in a vCPU. Core embeds these structs
 * and never looks inside.
 */
#ifndef PV_ARCH_STATE_H
#define PV_ARCH_STATE_H

#include <pv_abi.h>

#include <core/layout.h>
#include <core/types.h>

struct ioport_map;   /* dom0/ioport.c: which ports a domain may use */
struct cpuid_policy; /* pv/cpuid.c */
struct frame;

struct arch_domain {
	struct ioport_map *ports;   /* NULL: none */
	struct cpuid_policy *cpuid; /* NULL: the default for its kind */
	struct e820entry_hv *e820;  /* XENMEM_set_memory_map */
	u32 e820_count;
	u32 tsc_mode, tsc_incarnation;
	u64 tsc_khz;
	s64 time_offset_seconds;
	/* mm_lock: */
	struct frame
		*old_table; /* a table whose last reference is being dropped in parts; NULL: none */
	u64 mmio_mappings;  /* L1 entries that point at no RAM (hardware domain) */
};

struct e820entry_hv {
	u64 addr, size;
	u32 type;
} __attribute__((packed));

struct trap_slot {
	u64 address; /* 0: none registered */
	u16 cs;
	u8 dpl;  /* lowest privilege that may raise it by software: 0..3 */
	u8 mask; /* deliver with events masked */
};

enum callback_kind {
	CB_EVENT,
	CB_FAILSAFE,
	CB_SYSCALL,
	CB_SYSCALL32,
	CB_SYSENTER,
	CB_NMI,
	CB_KINDS
};

struct guest_callback {
	u64 address; /* 0: none */
	bool mask;
};

struct arch_vcpu {
	/* Read by entry.S (offsets by x86/asm_offsets.c). Roots: tables of the domain, each with a
	 * type reference, or the hypervisor's own (pv/root.c). */
	paddr_t kernel_l4, user_l4;
	u64 kernel_sp; /* stack_switch */

	u16 kernel_ss;
	u16 ds, es, fs, gs; /* selectors while switched out */
	u64 fs_base;        /* while switched out; live in the MSRs while running */
	u64 gs_base;        /* of the mode it is in, while switched out */
	u64 gs_base_other;  /* of the other mode, while switched out */

	struct trap_slot *traps; /* 256 slots, one page */
	struct guest_callback callbacks[CB_KINDS];

	mfn_t gdt[GDT_GUEST_PAGES]; /* descriptor-typed frames; MFN_NONE: none */
	u32 gdt_entries;
	u64 ldt_base; /* guest virtual address; pages are mapped in on demand */
	u32 ldt_entries;
	mfn_t ldt[LDT_PAGES]; /* filled by demand faults */

	u64 dr[8];
	bool dr_active;
	u64 cr0, cr4; /* as the guest sees them; the CPU's CR4 is derived with pv_cr4() */
	u64 xcr0;
	bool ts; /* CR0.TS is set for the guest: #NM goes to it */
	u8 iopl;
	u8 *iobitmap; /* 64 Kibit as PHYSDEVOP_set_iobitmap gave it, hypervisor copy; NULL: none */
	u32 nr_ports;

	void *fpu; /* XSAVE area, 64-byte aligned */
	bool fpu_valid;

	bool nmi_pending, nmi_blocked;
};

#endif /* PV_ARCH_STATE_H */
