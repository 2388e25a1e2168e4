/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's part of every address space: L4 slots 256..271, 0xffff800000000000 to
 * 0xffff87ffffffffff. All guest L4s hold the same sixteen entries. Usable from assembly.
 *
 *   slot 256       machine-to-physical table, read-only for guests (the only user mapping here)
 *   slot 257       the same table, writable, supervisor only
 *   slot 258       entry slot: per-CPU areas with entry text, entry data, GDT window, TSS, IST
 *                  stacks; and the IDT. Nothing else is touched before an entry chose CR3.
 *   slot 259       hypervisor text, data, bss
 *   slot 260       frame table
 *   slot 261       vCPU stacks with guard pages, then windows: devices, boot-time maps
 *   slots 264-267  direct map of RAM (2 TiB)
 */
#ifndef PV_LAYOUT_H
#define PV_LAYOUT_H

#ifdef __ASSEMBLER__
#define HV_UL(x) x
#else
#define HV_UL(x) x##UL
#endif

#ifdef PV_HOST_TEST /* the fake machine of the unit tests says where these stand */
extern unsigned char *host_frame_table, *host_direct_map;
#define FRAME_TABLE_VIRT ((uintptr_t)host_frame_table)
#define DIRECT_VIRT      ((uintptr_t)host_direct_map)
#else
#define FRAME_TABLE_VIRT HV_UL(0xffff820000000000)
#define DIRECT_VIRT      HV_UL(0xffff840000000000)
#endif

#define HV_VIRT_START      HV_UL(0xffff800000000000)
#define HV_VIRT_END        HV_UL(0xffff880000000000)
#define HV_L4_SLOT_FIRST   256
#define HV_L4_SLOTS        16

#define M2P_GUEST_VIRT     HV_VIRT_START
#define M2P_GUEST_VIRT_END HV_UL(0xffff804000000000)
#define M2P_VIRT           HV_UL(0xffff808000000000)
#define ENTRY_VIRT         HV_UL(0xffff810000000000)
#define HV_TEXT_VIRT       HV_UL(0xffff818000000000)
#define STACKS_VIRT        HV_UL(0xffff828000000000)
#define WINDOWS_VIRT       HV_UL(0xffff82c000000000)
#define DIRECT_VIRT_END    HV_UL(0xffff860000000000)

/* Where the loader puts the image: HV_TEXT_VIRT shows it, both at a multiple of 2 MiB. */
#define HV_PHYS_START HV_UL(0x200000)

/* One CPU's part of the entry slot. */
#define CPU_ENTRY_SIZE HV_UL(0x80000)
#define CPU_ENTRY_TEXT 0x0    /* two pages of entry text, then */
#define CPU_ENTRY_DATA 0x2000 /* struct entry_data, reached RIP-relative from the text */
#define CPU_ENTRY_TSS  0x3000 /* struct tss and I/O bitmap stand-in */
/* IST stacks: NMI, #DB, #DF, #MC; each one page behind a guard page */
#define CPU_ENTRY_IST   0x4000
#define CPU_ENTRY_GDT   0x20000 /* 15 pages GDT window, and one unmapped page */
#define CPU_ENTRY_LDT   0x30000 /* 16 pages LDT window */
#define IDT_VIRT        (ENTRY_VIRT + HV_UL(0x4000000000)) /* read-only, of all CPUs */

#define GDT_PAGES       15
#define GDT_GUEST_PAGES 14
#define LDT_PAGES       16

/* Selectors on GDT page 14, which is the hypervisor's (FIRST_RESERVED_GDT_ENTRY is 0xe000 / 8). */
#define SEL_HV_GDT_PAGE 0xe000
#define SEL_HV_CS       0xe008
#define SEL_HV_SS       0xe010
#define SEL_GUEST_CS32  0xe023
#define SEL_GUEST_SS    0xe02b
#define SEL_GUEST_CS64  0xe033
#define SEL_TSS         0xe040
#define SEL_LDT         0xe050

#define STACK_ORDER     1
#define STACK_SIZE      8192

#endif /* PV_LAYOUT_H */
