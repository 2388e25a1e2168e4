/* SPDX-License-Identifier: MIT */
/*
 * Devices for the fake machine: I/O ports, two PCI functions behind CF8/CFC and MMCONFIG, memory of
 * theirs, an I/O APIC's pins, vectors. What a test does to them stands in `devices`.
 */
#ifndef FAKE_DEVICES_H
#define FAKE_DEVICES_H

#include <core/types.h>

#define FAKE_GSIS     24
#define FAKE_UART_GSI 4
#define FAKE_MMCFG    0xb0000000UL
#define FAKE_BAR      0xfe000000UL /* of function 1: 64 KiB */
#define FAKE_BAR_SIZE 0x10000UL
/* Function 0 has MSI (32-bit, no mask) at 0x50; function 1 MSI-X at 0x70, 4 entries at BAR 0 +
 * 0x2000, and MSI (64-bit, maskable) at 0x90. */
#define FAKE_SBDF(n) ((n) ? 0x0110U : 0x0008U)

struct devices {
	u8 port[65536];
	u64 port_reads, port_writes;
	u32 cf8;
	u8 config[2][4096];
	u8 bar[FAKE_BAR_SIZE];
	u64 maps; /* hv_map_device less hv_unmap */
	bool masked[FAKE_GSIS], level[FAKE_GSIS];
	u8 gsi_vector[FAKE_GSIS];
	u64 eois, events;
	u32 last_event;
};

extern struct devices devices;

void devices_start(void);
/* The interrupt of a vector, as trap code would deliver it. */
void devices_interrupt(u8 vector);
unsigned int devices_vectors(void); /* in use */
u32 config_read(unsigned int fn, u32 reg, unsigned int size);
void config_set(unsigned int fn, u32 reg, unsigned int size, u32 v);

#endif /* FAKE_DEVICES_H */
