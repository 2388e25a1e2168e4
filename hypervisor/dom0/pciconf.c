/* SPDX-License-Identifier: MIT */
/*
 * The hardware domain's writes to PCI configuration space.
 *
 * It may write everything but the messages of MSI and MSI-X, which name vectors of CPUs. Of the two
 * capabilities' control words it may change the enabling bits: MSI off at any time, MSI on while
 * the hypervisor has written its message; MSI-X on and off and all-masked, since an entry that the
 * hypervisor has not written stays masked, and only the hypervisor writes the table.
 */
#include <x86/msi.h>
#include <x86/pci.h>

#include "device.h"

#define CAPABILITIES_FIRST 0x40U
/* Bytes of the capabilities, without and with 64-bit address, mask and pending bits. */
#define MSI_SIZE_MIN   10U
#define MSI_SIZE_64BIT 4U
#define MSI_SIZE_MASK  10U
#define MSIX_SIZE      12U

static u32 msi_size(u16 control)
{
	return MSI_SIZE_MIN + (control & MSI_64BIT ? MSI_SIZE_64BIT : 0) +
	       (control & MSI_MASKABLE ? MSI_SIZE_MASK : 0);
}

static bool overlaps(u32 reg, unsigned int size, u32 start, u32 length)
{
	return start && reg < start + length && start < reg + size;
}

/* A write that touches the control word at `control` (and maybe its neighbours): of its value only
 * the bits in `mine` count, and those of them in `may_set` alone may become 1. */
static void control_write(u32 sbdf, u32 control, u32 reg, unsigned int size, u32 value, u16 mine,
			  u16 may_set)
{
	u16 old, next;

	old = next = (u16)pci_read(sbdf, control, 2);
	for (unsigned int i = 0; i < size; i++) {
		u32 byte = reg + i - control;
		u16 lane;

		if (byte > 1)
			continue;
		lane = (u16)(0xff << (8 * byte));
		next = (u16)((next & ~lane) | ((value >> (8 * i) & 0xff) << (8 * byte)));
	}
	next = (u16)((old & ~mine) | (next & mine & (may_set | old)));
	if (next != old)
		pci_write(sbdf, control, 2, next);
}

/* True if the write was to one of the capabilities, and is done as far as it may be. */
static bool capability_write(u32 sbdf, u32 reg, unsigned int size, u32 value)
{
	struct msi_function here, *fn = msi_function_find(sbdf);

	if (!fn) {
		msi_function_read(sbdf, &here);
		fn = &here;
	}
	if (overlaps(reg, size, fn->msi, msi_size(fn->msi_control))) {
		control_write(sbdf, fn->msi + MSI_CONTROL, reg, size, value, MSI_ENABLE,
			      fn->users ? MSI_ENABLE : 0);
		return true;
	}
	if (overlaps(reg, size, fn->msix, MSIX_SIZE)) {
		control_write(sbdf, fn->msix + MSI_CONTROL, reg, size, value,
			      MSIX_ENABLE | MSIX_MASK_ALL, MSIX_ENABLE | MSIX_MASK_ALL);
		return true;
	}
	return false;
}

void pciconf_write(u32 sbdf, u32 reg, unsigned int size, u32 value)
{
	if (reg < CAPABILITIES_FIRST || reg >= PCI_CONFIG_SIZE ||
	    !capability_write(sbdf, reg, size, value))
		pci_write(sbdf, reg, size, value);
}
