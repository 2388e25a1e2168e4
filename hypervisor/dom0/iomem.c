/* SPDX-License-Identifier: MIT */
/*
 * Machine memory that is no RAM: what the hardware domain may map, and its stores to pages that it
 * has read-only. Those are pages of MMCONFIG and pages that hold an MSI-X table: the store is
 * decoded and done with the checks that stand before it, or dropped.
 */
#include <core/arch.h>
#include <pv/decode.h>
#include <pv/devices.h>
#include <x86/ioapic.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <x86/msi.h>
#include <x86/pci.h>
#include <x86/pte.h>

#include "device.h"

/* Where messages to local APICs go, and their registers are. */
#define MESSAGES_START 0xfee00000UL
#define MESSAGES_END   0xfef00000UL

static bool is_mmcfg(paddr_t addr)
{
	u32 sbdf, reg;

	return pci_mmcfg_decode(addr, &sbdf, &reg);
}

bool iomem_allowed(const struct domain *d, mfn_t mfn, bool write)
{
	paddr_t addr = mfn_to_paddr(mfn);

	if (!d->hardware)
		return false;
	if (addr == (acpi.lapic & PAGE_MASK) || (addr >= MESSAGES_START && addr < MESSAGES_END) ||
	    ioapic_page(mfn))
		return false;
	return !write || (!is_mmcfg(addr) && !msix_table_touched(addr, PAGE_SIZE));
}

/* The machine address that a virtual one means to current, 0 if none. */
static paddr_t translate(u64 va)
{
	const struct vcpu *v = current;
	u64 e = mmu_walk(v->guest_kernel ? v->arch.kernel_l4 : v->arch.user_l4, va);

	return e & PTE_P ? mfn_to_paddr(pte_mfn(e)) | (va & ~PAGE_MASK) : 0;
}

/* The value of a plain mov to memory; false for anything else. */
static bool stored_value(struct cpu_regs *regs, const struct insn *i, u64 *value)
{
	switch (i->opcode) {
	case 0x88:
	case 0x89: *value = insn_reg_read(regs, i, i->reg, i->opsize); return true;
	case 0xc6:
	case 0xc7: *value = i->imm; return true;
	default: return false;
	}
}

static void device_store(paddr_t addr, unsigned int size, u64 value)
{
	void *p = hv_map_device(addr, size);

	if (!p)
		return;
	switch (size) {
	case 1: *(volatile u8 *)p = (u8)value; break;
	case 2: *(volatile u16 *)p = (u16)value; break;
	case 4: *(volatile u32 *)p = (u32)value; break;
	default: *(volatile u64 *)p = value; break;
	}
	hv_unmap(p, size);
}

static void store(paddr_t addr, unsigned int size, u64 value)
{
	u32 sbdf, reg;

	if (!pci_mmcfg_decode(addr, &sbdf, &reg)) {
		if (!msix_table_touched(addr, size))
			device_store(addr, size, value);
	} else if (size <= 4) {
		pciconf_write(sbdf, reg, size, (u32)value);
	}
}

bool mmcfg_write_fault(struct cpu_regs *regs, u64 addr)
{
	paddr_t where = translate(addr);
	struct insn i;
	u64 value;

	if (!where || iomem_allowed(current->domain, paddr_to_mfn(where), true) ||
	    !iomem_allowed(current->domain, paddr_to_mfn(where), false))
		return false;
	if (insn_decode(regs, &i) || !i.has_mem || i.ea != addr || (addr & (i.opsize - 1U)) ||
	    !stored_value(regs, &i, &value))
		return false;
	store(where, i.opsize, value);
	regs->rip += i.length;
	return true;
}
