/* SPDX-License-Identifier: MIT */
/*
 * The I/O APICs: which vector a global interrupt (GSI) raises on which CPU. Room x86 (x86/ioapic.c); dom0's
 * PIRQs stand on it.
 */
#ifndef PV_IOAPIC_H
#define PV_IOAPIC_H

#include <pv/types.h>

/* Maps those of acpi.ioapics and masks every pin. Boot. */
void ioapic_init(void);
/* The hypervisor's own use of an ISA interrupt (COM1): edge, active high unless the MADT says otherwise, to
 * the boot CPU, unmasked; the GSI is refused to dom0 from then on. False: no pin for it. */
bool ioapic_route_isa(unsigned int irq, u8 vector);

#endif /* PV_IOAPIC_H */
