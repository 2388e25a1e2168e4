/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs (Intel 82093AA data sheet). What the redirection entries hold is kept in memory too, so
 * that masking is one write. All interrupts go to one CPU, fixed, physical destination.
 */
#include <core/errno.h>
#include <x86/ioapic.h>
#include <core/lock.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/vector.h>

#define SELECT               0 /* registers, by u32 index */
#define WINDOW               4
#define REG_VERSION          1U
#define REG_ARBITRATION      2U
#define REG_ENTRIES          0x10U
#define MAX_PINS(version)    (((version) >> 16 & 0xff) + 1)
#define ENTRY_LOW            0x2000U /* active low */
#define ENTRY_LEVEL          0x8000U
#define ENTRY_MASKED         0x10000U
#define ENTRY_DEST_SHIFT     24
#define GSI_MAX              256U
#define ISA_IRQS             16U
#define MADT_POLARITY(flags) ((flags)&3)
#define MADT_TRIGGER(flags)  ((flags) >> 2 & 3)
#define MADT_SECOND          3 /* active low; level */

static struct ioapic {
	volatile u32 *regs;
	paddr_t base;
	u32 gsi, pins;
} ioapics[16];
static unsigned int count;
static u32 entry[GSI_MAX]; /* low words */
static u32 gsi_end;
static bool ours[GSI_MAX];
static struct spinlock lock = SPINLOCK(LOCK_IRQ);

static u32 reg_read(const struct ioapic *a, u32 reg)
{
	a->regs[SELECT] = reg;
	return a->regs[WINDOW];
}

static void reg_write(const struct ioapic *a, u32 reg, u32 v)
{
	a->regs[SELECT] = reg;
	a->regs[WINDOW] = v;
}

static const struct ioapic *find(u32 gsi)
{
	for (unsigned int i = 0; i < count; i++)
		if (gsi - ioapics[i].gsi < ioapics[i].pins)
			return &ioapics[i];
	return NULL;
}

static u32 pin_reg(const struct ioapic *a, u32 gsi)
{
	return REG_ENTRIES + 2 * (gsi - a->gsi);
}

/* Changes bits of a pin's low word; lock held. */
static void change(u32 gsi, u32 clear, u32 set)
{
	const struct ioapic *a = find(gsi);

	if (!a)
		return;
	entry[gsi] = (entry[gsi] & ~clear) | set;
	reg_write(a, pin_reg(a, gsi), entry[gsi]);
}

static void change_locked(u32 gsi, u32 clear, u32 set)
{
	spin_lock(&lock);
	change(gsi, clear, set);
	spin_unlock(&lock);
}

u32 ioapic_gsi_count(void)
{
	return gsi_end;
}

bool gsi_exists(u32 gsi)
{
	return find(gsi);
}

static u32 mode_bits(bool level, bool active_low)
{
	return (level ? ENTRY_LEVEL : 0) | (active_low ? ENTRY_LOW : 0);
}

void gsi_set_mode(u32 gsi, bool level, bool active_low)
{
	change_locked(gsi, ENTRY_LEVEL | ENTRY_LOW, mode_bits(level, active_low));
}

bool gsi_is_level(u32 gsi)
{
	return gsi < GSI_MAX && entry[gsi] & ENTRY_LEVEL;
}

void gsi_route(u32 gsi, u8 vector)
{
	const struct ioapic *a = find(gsi);

	if (!a)
		return;
	spin_lock(&lock);
	change(gsi, 0xff, vector | ENTRY_MASKED);
	reg_write(a, pin_reg(a, gsi) + 1, lapic_id() << ENTRY_DEST_SHIFT);
	spin_unlock(&lock);
}

void gsi_mask(u32 gsi)
{
	change_locked(gsi, 0, ENTRY_MASKED);
}

void gsi_unmask(u32 gsi)
{
	change_locked(gsi, ENTRY_MASKED, 0);
}

bool gsi_is_hypervisors(u32 gsi)
{
	return gsi < GSI_MAX && ours[gsi];
}

bool ioapic_route_isa(unsigned int irq, u8 vector)
{
	u32 gsi = acpi.isa[irq].gsi;

	if (!gsi_exists(gsi))
		return false;
	ours[gsi] = true;
	gsi_route(gsi, vector);
	gsi_unmask(gsi);
	return true;
}

/* Boot ---------------------------------------------------------------------------------------- */

static void INIT_TEXT add(paddr_t base, u32 gsi)
{
	struct ioapic *a = &ioapics[count];

	a->base = base;
	a->gsi = gsi;
	a->regs = hv_map_device(base, PAGE_SIZE);
	if (!a->regs)
		panic("no room to map the I/O APIC at %lx", base);
	a->pins = MAX_PINS(reg_read(a, REG_VERSION));
	if (gsi >= GSI_MAX || a->pins > GSI_MAX - gsi) {
		pr_warn("I/O APIC at %lx: GSIs %u to %u are beyond what is supported\n", base, gsi,
			gsi + a->pins - 1);
		return;
	}
	count++;
	gsi_end = MAX(gsi_end, gsi + a->pins);
	for (u32 g = gsi; g < gsi + a->pins; g++)
		change(g, ~0U, ENTRY_MASKED | mode_bits(g >= ISA_IRQS, g >= ISA_IRQS));
	pr_info("I/O APIC at %lx: GSIs %u to %u\n", base, gsi, gsi + a->pins - 1);
}

void INIT_TEXT ioapic_init(void)
{
	for (unsigned int i = 0; i < acpi.ioapic_count; i++)
		add(acpi.ioapics[i].addr, acpi.ioapics[i].gsi_base);
	if (!count)
		panic("ACPI's MADT names no I/O APIC");
	for (unsigned int irq = 0; irq < ARRAY_SIZE(acpi.isa); irq++)
		gsi_set_mode(acpi.isa[irq].gsi, MADT_TRIGGER(acpi.isa[irq].flags) == MADT_SECOND,
			     MADT_POLARITY(acpi.isa[irq].flags) == MADT_SECOND);
}

/* The hardware domain's view ------------------------------------------------------------------ */

static const struct ioapic *find_base(paddr_t base)
{
	for (unsigned int i = 0; i < count; i++)
		if (ioapics[i].base == base)
			return &ioapics[i];
	return NULL;
}

int ioapic_guest_read(paddr_t base, u32 reg, u32 *value)
{
	const struct ioapic *a = find_base(base);

	if (!a)
		return -ENODEV;
	if (reg > REG_ARBITRATION && reg - REG_ENTRIES >= 2 * a->pins)
		return -EINVAL;
	spin_lock(&lock);
	*value = reg_read(a, reg);
	spin_unlock(&lock);
	return 0;
}

int ioapic_guest_write(paddr_t base, u32 reg, u32 value)
{
	const struct ioapic *a = find_base(base);
	u32 gsi;

	if (!a)
		return -ENODEV;
	if (reg - REG_ENTRIES >= 2 * a->pins)
		return reg <= REG_ARBITRATION ? -EPERM : -EINVAL;
	gsi = a->gsi + (reg - REG_ENTRIES) / 2;
	if (gsi_is_hypervisors(gsi))
		return -EPERM;
	if (!(reg & 1)) /* destinations are the hypervisor's */
		gsi_set_mode(gsi, value & ENTRY_LEVEL, value & ENTRY_LOW);
	return 0;
}

bool ioapic_page(mfn_t mfn)
{
	for (unsigned int i = 0; i < count; i++)
		if (ioapics[i].base >> PAGE_SHIFT == mfn.v)
			return true;
	return false;
}
