/* SPDX-License-Identifier: MIT */
/* Devices for the fake machine. */
#include <stdlib.h>
#include <string.h>

#include <x86/asm.h>
#include <core/event.h>
#include <core/frametype.h>
#include <x86/ioapic.h>
#include <x86/machine.h>
#include <x86/pci.h>
#include <x86/vector.h>

#include "fake_devices.h"

#define RAM_END   0x10000000UL
#define CF8       0xcf8
#define CFC       0xcfc
#define CF8_ON    0x80000000U
#define FUNCTIONS 2
#define VECTORS   (VECTOR_LAST_DYNAMIC + 1)

struct devices devices;
struct acpi_info acpi;
struct options options;

static struct {
	vector_fn fn;
	void *arg;
} vectors[VECTORS];

u32 config_read(unsigned int fn, u32 reg, unsigned int size)
{
	u32 v = 0;

	memcpy(&v, &devices.config[fn][reg], size);
	return v;
}

void config_set(unsigned int fn, u32 reg, unsigned int size, u32 v)
{
	memcpy(&devices.config[fn][reg], &v, size);
}

void devices_start(void)
{
	memset(&devices, 0, sizeof(devices));
	memset(vectors, 0, sizeof(vectors));
	acpi.mmcfg_count = 1;
	acpi.mmcfg[0].base = FAKE_MMCFG;
	acpi.mmcfg[0].bus_end = 255;
	acpi.pm1a_cnt = 0x604;
	acpi.lapic = 0xfee00000;
	options.com1 = true;
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++) {
		config_set(fn, 0, 4, 0x12348086);
		config_set(fn, 6, 2, 0x10); /* there are capabilities */
	}
	config_set(0, 0x34, 1, 0x50);
	config_set(0, 0x50, 4, 0x00000005);
	config_set(1, 0x10, 4, FAKE_BAR);
	config_set(1, 0x34, 1, 0x70);
	config_set(1, 0x70, 4, 0x00039011); /* MSI-X, next 0x90, 4 entries */
	config_set(1, 0x74, 4, 0x2000);
	config_set(1, 0x90, 4, 0x01800005); /* MSI, 64-bit, maskable */
	for (unsigned int i = 0; i < FAKE_GSIS; i++)
		devices.masked[i] = true;
}

/* No page tables here: frames are plain memory. */
static int refuse(struct domain *d, struct frame *f, enum frame_type type)
{
	(void)d;
	(void)f;
	(void)type;
	abort();
}

static void flush(struct domain *d, struct frame *f)
{
	(void)d;
	(void)f;
}

const struct frametype_ops pv_frametype_ops = {
	.validate = refuse,
	.invalidate = refuse,
	.flush = flush,
};

/* Ports --------------------------------------------------------------------------------------- */

static u8 *config_at(u32 sbdf, u32 reg)
{
	for (unsigned int fn = 0; fn < FUNCTIONS; fn++)
		if (sbdf == FAKE_SBDF(fn))
			return &devices.config[fn][reg];
	return NULL;
}

static u8 *behind(u16 port)
{
	if (port < CFC || port > CFC + 3)
		return &devices.port[port];
	if (!(devices.cf8 & CF8_ON))
		return NULL;
	return config_at(devices.cf8 >> 8 & 0xffff, (devices.cf8 & 0xfc) + (u32)(port - CFC));
}

static u32 port_in(u16 port, unsigned int size)
{
	const u8 *p = behind(port);
	u32 v = ~0U;

	devices.port_reads++;
	if (port == CF8 && size == 4)
		return devices.cf8;
	if (p)
		memcpy(&v, p, size);
	return v;
}

static void port_out(u16 port, unsigned int size, u32 v)
{
	u8 *p = behind(port);

	devices.port_writes++;
	if (port == CF8 && size == 4)
		devices.cf8 = v;
	else if (p)
		memcpy(p, &v, size);
}

u8 inb(u16 port)
{
	return (u8)port_in(port, 1);
}

u16 inw(u16 port)
{
	return (u16)port_in(port, 2);
}

u32 inl(u16 port)
{
	return port_in(port, 4);
}

void outb(u16 port, u8 v)
{
	port_out(port, 1, v);
}

void outw(u16 port, u16 v)
{
	port_out(port, 2, v);
}

void outl(u16 port, u32 v)
{
	port_out(port, 4, v);
}

/* Memory -------------------------------------------------------------------------------------- */

void *hv_map_device(paddr_t start, u64 size)
{
	devices.maps++;
	if (start >= FAKE_BAR && start + size <= FAKE_BAR + FAKE_BAR_SIZE)
		return &devices.bar[start - FAKE_BAR];
	if (start >= FAKE_MMCFG && start < FAKE_MMCFG + 0x10000000)
		return config_at((u32)(start - FAKE_MMCFG) >> 12, start & 0xfff);
	abort();
}

void hv_unmap(void *va, u64 size)
{
	(void)va;
	(void)size;
	devices.maps--;
}

bool e820_is_ram(paddr_t start, u64 size)
{
	return start + size <= RAM_END;
}

/* Interrupts ---------------------------------------------------------------------------------- */

u32 ioapic_gsi_count(void)
{
	return FAKE_GSIS;
}

bool gsi_exists(u32 gsi)
{
	return gsi < FAKE_GSIS;
}

void gsi_set_mode(u32 gsi, bool level, bool active_low)
{
	(void)active_low;
	devices.level[gsi] = level;
}

bool gsi_is_level(u32 gsi)
{
	return devices.level[gsi];
}

void gsi_route(u32 gsi, u8 vector)
{
	devices.gsi_vector[gsi] = vector;
}

void gsi_mask(u32 gsi)
{
	devices.masked[gsi] = true;
}

void gsi_unmask(u32 gsi)
{
	devices.masked[gsi] = false;
}

bool gsi_is_hypervisors(u32 gsi)
{
	return gsi == FAKE_UART_GSI;
}

bool ioapic_page(mfn_t mfn)
{
	return mfn.v == 0xfec00;
}

int vector_alloc(vector_fn fn, void *arg)
{
	for (int v = VECTOR_FIRST_DYNAMIC; v < VECTORS; v++)
		if (!vectors[v].fn) {
			vectors[v].fn = fn;
			vectors[v].arg = arg;
			return v;
		}
	return -28;
}

void vector_free(u8 vector)
{
	vectors[vector].fn = NULL;
}

unsigned int devices_vectors(void)
{
	unsigned int n = 0;

	for (unsigned int v = 0; v < VECTORS; v++)
		n += vectors[v].fn != NULL;
	return n;
}

void devices_interrupt(u8 vector)
{
	if (!vectors[vector].fn)
		abort();
	vectors[vector].fn(vector, vectors[vector].arg);
}

void lapic_eoi(void)
{
	devices.eois++;
}

u32 lapic_id(void)
{
	return 0;
}

void evtchn_send_pirq(struct domain *d, u32 port)
{
	(void)d;
	devices.events++;
	devices.last_event = port;
}
