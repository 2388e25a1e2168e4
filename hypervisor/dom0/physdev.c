/* SPDX-License-Identifier: MIT */
/*
 * physdev_op: what kernels ask about ports, interrupts and PCI functions. Only set_iopl,
 * set_iobitmap and the page of EOI bits are for every domain; the rest is the hardware domain's.
 */
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <x86/ioapic.h>
#include <core/lib.h>

#include "device.h"

#define IOPL_MAX 3
#define PORTS    65536U

long hc_physdev_op_set_iopl(const struct physdev_set_iopl *op)
{
	if (op->iopl > IOPL_MAX)
		return -EINVAL;
	current->arch.iopl = (u8)op->iopl;
	return 0;
}

/* The bitmap is copied: what the guest does to its own afterwards has no effect until it calls
 * again. */
long hc_physdev_op_set_iobitmap(const struct physdev_set_iobitmap *op)
{
	struct arch_vcpu *a = &current->arch;
	gaddr_t from = handle_gaddr(op->bitmap);

	if (op->nr_ports > PORTS)
		return -EINVAL;
	a->nr_ports = 0;
	if (!op->nr_ports || !from.v)
		return 0;
	if (!a->iobitmap)
		a->iobitmap = kalloc(PORTS / 8);
	if (!a->iobitmap)
		return -ENOMEM;
	if (guest_read(a->iobitmap, from, (op->nr_ports + 7) / 8))
		return -EFAULT;
	a->nr_ports = op->nr_ports;
	return 0;
}

/* Interrupts ---------------------------------------------------------------------------------- */

long hc_physdev_op_irq_status_query(struct physdev_irq_status_query *op)
{
	struct pirq_query q;
	int rc = pirq_status(op->irq, &q);

	if (!rc)
		op->flags = q.level ? XENIRQSTAT_needs_eoi : 0;
	return rc;
}

long hc_physdev_op_apic_read(struct physdev_apic *op)
{
	return ioapic_guest_read(op->apic_physbase, op->reg, &op->value);
}

long hc_physdev_op_apic_write(const struct physdev_apic *op)
{
	return ioapic_guest_write(op->apic_physbase, op->reg, op->value);
}

/* Vectors are the hypervisor's; kernels that ask for one want any number to remember. */
long hc_physdev_op_alloc_irq_vector(struct physdev_irq *op)
{
	if (op->irq >= ioapic_gsi_count())
		return -EINVAL;
	op->vector = op->irq;
	return 0;
}

long hc_physdev_op_eoi(const struct physdev_eoi *op)
{
	return pirq_eoi(op->irq);
}

long hc_physdev_op_setup_gsi(const struct physdev_setup_gsi *op)
{
	return pirq_setup_gsi((u32)op->gsi, op->triggering, op->polarity);
}

long hc_physdev_op_get_free_pirq(struct physdev_get_free_pirq *op)
{
	return pirq_reserve(&op->pirq);
}

long hc_physdev_op_pirq_eoi_gmfn_v2(const struct physdev_pirq_eoi_gmfn *op)
{
	return pirq_set_eoi_page(MFN(op->gmfn));
}
