/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs: global system interrupts (GSIs), each one pin. Room x86 (ioapic.c). The lock is
 * LOCK_IRQ, taken inside; callable from interrupt handlers. A gsi that does not exist is ignored by
 * the void functions.
 */
#ifndef PV_IOAPIC_H
#define PV_IOAPIC_H

#include <core/types.h>

/* Boot, after ACPI's tables were read and the local APIC runs: maps them all, masks every pin. */
void ioapic_init(void);
/* One more than the highest GSI. */
u32 ioapic_gsi_count(void);
bool gsi_exists(u32 gsi);
/* Trigger and polarity: by the MADT for ISA interrupts, level and active low for others, until set.
 */
void gsi_set_mode(u32 gsi, bool level, bool active_low);
bool gsi_is_level(u32 gsi);
/* Sends the pin's interrupts to vector on this CPU; it stays masked. */
void gsi_route(u32 gsi, u8 vector);
void gsi_mask(u32 gsi);
void gsi_unmask(u32 gsi);
/* Is it the hypervisor's own (ioapic_route_isa)? */
bool gsi_is_hypervisors(u32 gsi);
/* Keeps an ISA interrupt (COM1) for the hypervisor: routed to vector on this CPU and unmasked.
 * False: it has no pin. */
bool ioapic_route_isa(unsigned int irq, u8 vector);

/* For the hardware domain. base: physical address of the I/O APIC. -ENODEV: there is none; -EINVAL:
 * no such register. A write may set trigger and polarity of a pin that is not the hypervisor's:
 * -EPERM else. */
int ioapic_guest_read(paddr_t base, u32 reg, u32 *value);
int ioapic_guest_write(paddr_t base, u32 reg, u32 value);
/* Does this page hold an I/O APIC? */
bool ioapic_page(mfn_t mfn);

#endif /* PV_IOAPIC_H */
