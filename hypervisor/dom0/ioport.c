/* SPDX-License-Identifier: MIT */
/*
 * I/O ports. The hardware domain has them all but for a few that the hypervisor keeps or stands
 * before:
 *
 * - PICs: off for good; read all ones.
 *
 * - PIT: counter 2, the speaker's, is dom0's, which measures the TSC by it; the others read 0, for
 *   a kernel that counts on one gives up at once then, while all ones would make it wait.
 *
 * - CMOS 70, 71: the index is kept here and written before each access to the data.
 *
 * - PCI CF8-CFF: the address is kept here; data writes are checked by pciconf.c. CF9, as a byte, is
 *   the chipset's reset register.
 *
 * - COM1, if it is the hypervisor's console: reads all ones.
 *
 * - PM1 control: the bit that puts the machine to sleep cannot be set; XENPF_enter_acpi_sleep does
 *   it.
 *
 * Other domains have none: all ones, the PIT's counters 0. An access that spans several of these is
 * split.
 */
#include <core/arch.h>
#include <pv/devices.h>
#include <x86/asm.h>
#include <core/frame.h>
#include <x86/machine.h>
#include <x86/pci.h>

#include "device.h"

#define PIT_FIRST   0x40
#define PIT_SPEAKER 0x42
#define PIT_LAST    0x43
/* Commands of the PIT: which counter, or read-back of those in a mask. */
#define PIT_SPEAKER_COUNTER    2U
#define PIT_READ_BACK          3U
#define PIT_READ_BACK_COUNTERS 0xeU
#define PIT_READ_BACK_SPEAKER  0x8U
#define CMOS_INDEX             0x70
#define CMOS_DATA              0x71
#define CMOS_INDEX_MASK        0x7f /* bit 7 would stop NMIs */
#define CF8                    0xcf8
#define RESET_CONTROL          0xcf9
#define CFC                    0xcfc
#define CF8_ENABLE             0x80000000U
#define COM1                   0x3f8
#define PM1_SIZE               2U
#define PM1_SLEEP_ENABLE       0x2000U

struct ioport_map {
	u32 cf8;
	u8 cmos_index;
};

enum port_kind { PORT_PLAIN, PORT_DENIED, PORT_PIT, PORT_CMOS, PORT_CF8, PORT_CFC, PORT_PM1 };

static bool is_pm1(u16 port)
{
	return (acpi.pm1a_cnt && port - acpi.pm1a_cnt < PM1_SIZE) ||
	       (acpi.pm1b_cnt && port - acpi.pm1b_cnt < PM1_SIZE);
}

static enum port_kind kind_of(u16 port)
{
	switch (port) {
	case 0x20:
	case 0x21:
	case 0xa0:
	case 0xa1: return PORT_DENIED;
	case PIT_FIRST ... PIT_LAST: return PORT_PIT;
	case CMOS_INDEX:
	case CMOS_DATA: return PORT_CMOS;
	case CF8 ... CF8 + 3: return PORT_CF8;
	case CFC ... CFC + 3: return PORT_CFC;
	case COM1 ... COM1 + 7: return options.com1 ? PORT_DENIED : PORT_PLAIN;
	default: return is_pm1(port) ? PORT_PM1 : PORT_PLAIN;
	}
}

static u32 ones(unsigned int size)
{
	return size == 4 ? ~0U : (1U << 8 * size) - 1;
}

static u32 plain_read(u16 port, unsigned int size)
{
	return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void plain_write(u16 port, unsigned int size, u32 value)
{
	if (size == 1)
		outb(port, (u8)value);
	else if (size == 2)
		outw(port, (u16)value);
	else
		outl(port, value);
}

/* Lanes of an access to a register that is kept here; first is its first port. */
static u32 latch_read(u32 latch, u16 first, u16 port, unsigned int size)
{
	return latch >> 8 * (port - first) & ones(size);
}

static u32 latch_write(u32 latch, u16 first, u16 port, unsigned int size, u32 value)
{
	u32 lanes = ones(size) << 8 * (port - first);

	return (latch & ~lanes) | (value << 8 * (port - first) & lanes);
}

static u32 cf8_sbdf(u32 cf8)
{
	return cf8 >> 8 & 0xffff;
}

static u32 cf8_reg(u32 cf8, u16 port)
{
	return (cf8 & 0xfc) + (u32)(port - CFC);
}

/* A command for counter 2, or one that reads it back alone. */
static bool pit_command_ok(u32 command)
{
	u32 select = command >> 6 & 3;

	return select == PIT_SPEAKER_COUNTER ||
	       (select == PIT_READ_BACK &&
		(command & PIT_READ_BACK_COUNTERS) == PIT_READ_BACK_SPEAKER);
}

/* One access of a single kind; all lie within their register. */
static u32 kind_read(struct ioport_map *m, enum port_kind kind, u16 port, unsigned int size)
{
	switch (kind) {
	case PORT_DENIED: return ones(size);
	case PORT_PIT: return port == PIT_SPEAKER ? inb(port) : 0;
	case PORT_CMOS:
		if (port == CMOS_INDEX)
			return m->cmos_index;
		outb(CMOS_INDEX, m->cmos_index);
		return inb(CMOS_DATA);
	case PORT_CF8:
		if (size == 1 && port == RESET_CONTROL)
			break;
		return latch_read(m->cf8, CF8, port, size);
	case PORT_CFC:
		if (!(m->cf8 & CF8_ENABLE))
			return ones(size);
		return pci_read(cf8_sbdf(m->cf8), cf8_reg(m->cf8, port), size);
	default: break;
	}
	return plain_read(port, size);
}

static void kind_write(struct ioport_map *m, enum port_kind kind, u16 port, unsigned int size,
		       u32 value)
{
	switch (kind) {
	case PORT_DENIED: return;
	case PORT_PIT:
		if (port == PIT_SPEAKER || (port == PIT_LAST && pit_command_ok(value)))
			break;
		return;
	case PORT_CMOS:
		if (port == CMOS_INDEX) {
			m->cmos_index = value & CMOS_INDEX_MASK;
			return;
		}
		outb(CMOS_INDEX, m->cmos_index);
		break;
	case PORT_CF8:
		if (size == 1 && port == RESET_CONTROL)
			break;
		m->cf8 = latch_write(m->cf8, CF8, port, size, value);
		return;
	case PORT_CFC:
		if (m->cf8 & CF8_ENABLE)
			pciconf_write(cf8_sbdf(m->cf8), cf8_reg(m->cf8, port), size, value);
		return;
	case PORT_PM1:
		if (size == 2)
			value &= ~PM1_SLEEP_ENABLE;
		else if (!is_pm1(port + 1))
			value &= ~(PM1_SLEEP_ENABLE >> 8);
		break;
	case PORT_PLAIN: break;
	}
	plain_write(port, size, value);
}

/* Is the access of one kind, and in one register of it? CMOS has two registers of a byte each. */
static bool of_one_kind(u16 port, unsigned int size, enum port_kind kind)
{
	if (size > 1 &&
	    (kind == PORT_CMOS || kind == PORT_PIT || (kind == PORT_PM1 && size > PM1_SIZE)))
		return false;
	for (unsigned int i = 1; i < size; i++)
		if (kind_of(port + i) != kind)
			return false;
	return true;
}

static struct ioport_map *map_of(struct domain *d)
{
	if (!d->arch.ports && d->hardware)
		d->arch.ports = kalloc(sizeof(struct ioport_map));
	return d->arch.ports;
}

u32 ioport_read(struct domain *d, u16 port, unsigned int size)
{
	enum port_kind kind = kind_of(port);
	struct ioport_map *m = map_of(d);
	u32 v = 0;

	if (!m)
		return kind == PORT_PIT ? 0 : ones(size);
	if (likely(of_one_kind(port, size, kind)))
		return kind_read(m, kind, port, size);
	for (unsigned int i = 0; i < size; i++)
		v |= kind_read(m, kind_of(port + i), port + i, 1) << 8 * i;
	return v;
}

void ioport_write(struct domain *d, u16 port, unsigned int size, u32 value)
{
	enum port_kind kind = kind_of(port);
	struct ioport_map *m = map_of(d);

	if (!m)
		return;
	if (likely(of_one_kind(port, size, kind))) {
		kind_write(m, kind, port, size, value);
		return;
	}
	for (unsigned int i = 0; i < size; i++)
		kind_write(m, kind_of(port + i), port + i, 1, value >> 8 * i & 0xff);
}
