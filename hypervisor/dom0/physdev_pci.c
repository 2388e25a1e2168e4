/* SPDX-License-Identifier: MIT */
/* physdev_op: PCI functions, and the interrupts that are mapped by their names. */
#include <core/errno.h>
#include <core/hypercall.h>
#include <x86/machine.h>
#include <x86/msi.h>
#include <x86/pci.h>

#include "device.h"

#define BUS_SEGMENT_SHIFT 16
#define ENTRY_MAX         2047

static bool is_self(domid_t id)
{
	return id == DOMID_SELF || id == current->domain->id;
}

/* MSI names a function of segment 0; the newer types carry the segment above the bus. */
static u32 map_sbdf(const struct physdev_map_pirq *op)
{
	u32 segment = op->type == MAP_PIRQ_TYPE_MSI ? 0 : (u32)op->bus >> BUS_SEGMENT_SHIFT;

	return PCI_SBDF(segment, op->bus & 0xff, op->devfn & 0xff);
}

static long map_message(struct physdev_map_pirq *op)
{
	if (op->entry_nr < 0 || op->entry_nr > ENTRY_MAX)
		return -EINVAL;
	if (op->type != MAP_PIRQ_TYPE_MULTI_MSI)
		return pirq_map_msi(map_sbdf(op), (u16)op->entry_nr, op->table_base, &op->pirq);
	/* Several messages of one function need a block of vectors and interrupt remapping; kernels
	 * then go on with one. */
	if (op->entry_nr != 1 || op->table_base)
		return -EOPNOTSUPP;
	return pirq_map_msi(map_sbdf(op), 0, 0, &op->pirq);
}

long hc_physdev_op_map_pirq(struct physdev_map_pirq *op)
{
	if (!is_self(op->domid))
		return -EOPNOTSUPP;
	switch (op->type) {
	case MAP_PIRQ_TYPE_GSI: return pirq_map_gsi((u32)op->index, &op->pirq);
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
	case MAP_PIRQ_TYPE_MULTI_MSI: return map_message(op);
	default: return -EINVAL;
	}
}

long hc_physdev_op_unmap_pirq(const struct physdev_unmap_pirq *op)
{
	return is_self(op->domid) ? pirq_unmap((u32)op->pirq) : -EOPNOTSUPP;
}

/* Functions ----------------------------------------------------------------------------------- */

long hc_physdev_op_pci_device_add(const struct physdev_pci_device_add *op)
{
	return msi_function_add(PCI_SBDF(op->seg, op->bus, op->devfn));
}

long hc_physdev_op_pci_device_remove(const struct physdev_pci_device *op)
{
	return msi_function_remove(PCI_SBDF(op->seg, op->bus, op->devfn));
}

long hc_physdev_op_manage_pci_add(const struct physdev_manage_pci *op)
{
	return msi_function_add(PCI_SBDF(0, op->bus, op->devfn));
}

long hc_physdev_op_manage_pci_remove(const struct physdev_manage_pci *op)
{
	return msi_function_remove(PCI_SBDF(0, op->bus, op->devfn));
}

long hc_physdev_op_manage_pci_add_ext(const struct physdev_manage_pci_ext *op)
{
	return msi_function_add(PCI_SBDF(0, op->bus, op->devfn));
}

/* MMCONFIG is known from ACPI's MCFG table; the kernel says that ACPI's name space reserves it too.
 */
long hc_physdev_op_pci_mmcfg_reserved(const struct physdev_pci_mmcfg_reserved *op)
{
	for (unsigned int i = 0; i < acpi.mmcfg_count; i++)
		if (acpi.mmcfg[i].base == op->address && acpi.mmcfg[i].segment == op->segment &&
		    acpi.mmcfg[i].bus_start <= op->start_bus &&
		    acpi.mmcfg[i].bus_end >= op->end_bus)
			return 0;
	return -ENODEV;
}

long hc_physdev_op_restore_msi(const struct physdev_restore_msi *op)
{
	return pirq_restore_msi(PCI_SBDF(0, op->bus, op->devfn));
}

long hc_physdev_op_restore_msi_ext(const struct physdev_pci_device *op)
{
	return pirq_restore_msi(PCI_SBDF(op->seg, op->bus, op->devfn));
}

/* The function's addresses stay as they are until release_msix: its table is guarded from here on.
 */
long hc_physdev_op_prepare_msix(const struct physdev_pci_device *op)
{
	struct msi_function *fn = msi_function_find(PCI_SBDF(op->seg, op->bus, op->devfn));

	return fn ? msi_function_locate_table(fn, 0) : -ENODEV;
}

/* Looking for the table again when it is next used is all that a release asks for. */
long hc_physdev_op_release_msix(const struct physdev_pci_device *op)
{
	const struct msi_function *fn = msi_function_find(PCI_SBDF(op->seg, op->bus, op->devfn));

	if (!fn || !fn->msix)
		return -ENODEV;
	return fn->users ? -EBUSY : 0;
}
