/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space, as the machine has it. Room x86 (pci.c). A function is named by its
 * sbdf: segment in bits 16-31, bus 8-15, device and function 0-7. Registers are below 4096,
 * accesses of size 1, 2 or 4 aligned to it. Segment 0 below register 256 goes by ports, all else by
 * MMCONFIG; what cannot be reached reads as all ones and swallows writes. The lock is LOCK_IRQ,
 * taken inside.
 */
#ifndef PV_PCI_H
#define PV_PCI_H

#include <core/types.h>

#define PCI_SBDF(seg, bus, devfn) ((u32)(seg) << 16 | (u32)(bus) << 8 | (u32)(devfn))
#define PCI_CONFIG_SIZE           256U

u32 pci_read(u32 sbdf, u32 reg, unsigned int size);
void pci_write(u32 sbdf, u32 reg, unsigned int size, u32 value);
/* Offset of the first capability with that id, 0: none. */
u32 pci_find_capability(u32 sbdf, u8 id);
/* The function and register that a physical address in MMCONFIG stands for; false: it is not in
 * MMCONFIG. */
bool pci_mmcfg_decode(paddr_t addr, u32 *sbdf, u32 *reg);

#endif /* PV_PCI_H */
