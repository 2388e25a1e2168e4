/* SPDX-License-Identifier: MIT */
/* PCI configuration space by ports CF8/CFC and by MMCONFIG (PCI Firmware specification 3.2, chapter
 * 4). */
#include <x86/asm.h>
#include <core/lock.h>
#include <x86/machine.h>
#include <x86/pci.h>

#define ADDRESS_PORT         0xcf8
#define DATA_PORT            0xcfc
#define ADDRESS_ENABLE       0x80000000U
#define REG_STATUS           0x06U
#define REG_CAPABILITIES     0x34U
#define STATUS_CAPABILITIES  0x10U
#define CAPABILITIES_FIRST   0x40U
#define CAPABILITIES_MAX     48U
#define MMCFG_BUS_SHIFT      20
#define MMCFG_FUNCTION_SHIFT 12

static struct spinlock lock = SPINLOCK(LOCK_IRQ);

static u32 port_access(u32 sbdf, u32 reg, unsigned int size, const u32 *value)
{
	u16 port = (u16)(DATA_PORT + (reg & 3));
	u32 v = 0;

	spin_lock(&lock);
	outl(ADDRESS_PORT, ADDRESS_ENABLE | sbdf << 8 | (reg & 0xfc));
	if (value && size == 1)
		outb(port, (u8)*value);
	else if (value && size == 2)
		outw(port, (u16)*value);
	else if (value)
		outl(port, *value);
	else
		v = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
	spin_unlock(&lock);
	return v;
}

static paddr_t mmcfg_address(u32 sbdf, u32 reg)
{
	for (unsigned int i = 0; i < acpi.mmcfg_count; i++) {
		u32 bus = sbdf >> 8 & 0xff;

		if (acpi.mmcfg[i].segment == sbdf >> 16 && bus >= acpi.mmcfg[i].bus_start &&
		    bus <= acpi.mmcfg[i].bus_end)
			return acpi.mmcfg[i].base +
			       ((paddr_t)(sbdf & 0xffff) << MMCFG_FUNCTION_SHIFT) + reg;
	}
	return 0;
}

static u32 mmcfg_access(u32 sbdf, u32 reg, unsigned int size, const u32 *value)
{
	paddr_t addr = mmcfg_address(sbdf, reg);
	volatile void *p = addr ? hv_map_device(addr, size) : NULL;
	u32 v = ~0U;

	if (!p)
		return v;
	if (value && size == 1)
		*(volatile u8 *)p = (u8)*value;
	else if (value && size == 2)
		*(volatile u16 *)p = (u16)*value;
	else if (value)
		*(volatile u32 *)p = *value;
	else
		v = size == 1   ? *(volatile u8 *)p
		    : size == 2 ? *(volatile u16 *)p
				: *(volatile u32 *)p;
	hv_unmap((void *)p, size);
	return v;
}

static u32 access(u32 sbdf, u32 reg, unsigned int size, const u32 *value)
{
	if (sbdf >> 16 || reg >= PCI_CONFIG_SIZE)
		return mmcfg_access(sbdf, reg, size, value);
	return port_access(sbdf, reg, size, value);
}

u32 pci_read(u32 sbdf, u32 reg, unsigned int size)
{
	return access(sbdf, reg, size, NULL);
}

void pci_write(u32 sbdf, u32 reg, unsigned int size, u32 value)
{
	access(sbdf, reg, size, &value);
}

u32 pci_find_capability(u32 sbdf, u8 id)
{
	u32 at, left = CAPABILITIES_MAX;

	if (pci_read(sbdf, 0, 2) == 0xffff ||
	    !(pci_read(sbdf, REG_STATUS, 2) & STATUS_CAPABILITIES))
		return 0;
	at = pci_read(sbdf, REG_CAPABILITIES, 1) & 0xfc;
	while (at >= CAPABILITIES_FIRST && left--) {
		u32 head = pci_read(sbdf, at, 2);

		if ((u8)head == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

bool pci_mmcfg_decode(paddr_t addr, u32 *sbdf, u32 *reg)
{
	for (unsigned int i = 0; i < acpi.mmcfg_count; i++) {
		u64 offset = addr - acpi.mmcfg[i].base, bus = offset >> MMCFG_BUS_SHIFT;

		if (addr < acpi.mmcfg[i].base || bus < acpi.mmcfg[i].bus_start ||
		    bus > acpi.mmcfg[i].bus_end)
			continue;
		*sbdf = (u32)acpi.mmcfg[i].segment << 16 | (u32)(offset >> MMCFG_FUNCTION_SHIFT);
		*reg = offset & ((1U << MMCFG_FUNCTION_SHIFT) - 1);
		return true;
	}
	return false;
}
