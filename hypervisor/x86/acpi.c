/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor needs of ACPI's static tables: CPUs and I/O APICs (MADT), PM timer, PM1 and
 * reset registers (FADT), HPET, MMCONFIG (MCFG). AML is dom0's business. Layouts: ACPI
 * specification 6.4, 5.2.
 *
 * Tables are copied nowhere: dom0 reads the same memory. Lengths are checked against the table's
 * own.
 */
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define HEADER_SIZE       36U
#define TABLE_MAX         (1U << 20)
#define BIOS_AREA         0xe0000UL
#define BIOS_AREA_SIZE    0x20000UL
#define EBDA_POINTER      0x40eUL
#define EFI_TABLE_COUNT   104 /* in the EFI system table */
#define EFI_TABLE_POINTER 112
#define EFI_TABLES_MAX    256UL

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 checksum2, pad[3];
} __attribute__((packed));

struct efi_table {
	u8 guid[16];
	u64 address;
};

struct acpi_info acpi;

static const u8 guid_acpi2[16] INIT_DATA = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
					     0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const u8 guid_acpi1[16] INIT_DATA = { 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
					     0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };

static u64 get(const u8 *table, unsigned int at, unsigned int size)
{
	u64 v = 0;

	memcpy(&v, table + at, size);
	return v;
}

static bool INIT_TEXT sum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return !sum;
}

/* RSDP ---------------------------------------------------------------------------------------- */

static paddr_t INIT_TEXT scan(paddr_t start, u64 size)
{
	const u8 *p = hv_map(start, size);
	paddr_t found = 0;

	for (u64 i = 0; p && !found && i + 20 <= size; i += 16)
		if (!memcmp(p + i, "RSD PTR ", 8) && sum_ok(p + i, 20))
			found = start + i;
	if (p)
		hv_unmap((void *)p, size);
	return found;
}

static paddr_t INIT_TEXT scan_bios(void)
{
	const u8 *low = hv_map(0, PAGE_SIZE);
	paddr_t ebda = low ? get(low, EBDA_POINTER, 2) << 4 : 0, found = 0;

	if (low)
		hv_unmap((void *)low, PAGE_SIZE);
	if (ebda >= 0x80000 && ebda < 0xa0000)
		found = scan(ebda, 1024);
	return found ? found : scan(BIOS_AREA, BIOS_AREA_SIZE);
}

static paddr_t INIT_TEXT find_efi_table(const struct efi_table *t, u64 n, const u8 guid[16])
{
	for (u64 i = 0; i < n; i++)
		if (!memcmp(t[i].guid, guid, 16))
			return t[i].address;
	return 0;
}

static paddr_t INIT_TEXT scan_efi(void)
{
	const u8 *system = hv_map(boot.efi_system_table, 120);
	const struct efi_table *tables;
	paddr_t found = 0;
	u64 n;

	if (!system)
		return 0;
	n = MIN(get(system, EFI_TABLE_COUNT, 8), EFI_TABLES_MAX);
	tables = hv_map(get(system, EFI_TABLE_POINTER, 8), n * sizeof(*tables));
	if (tables) {
		found = find_efi_table(tables, n, guid_acpi2);
		if (!found)
			found = find_efi_table(tables, n, guid_acpi1);
		hv_unmap((void *)tables, n * sizeof(*tables));
	}
	hv_unmap((void *)system, 120);
	return found;
}

static bool INIT_TEXT read_rsdp(struct rsdp *r)
{
	const void *p;

	acpi.rsdp = boot.efi_system_table ? scan_efi() : scan_bios();
	if (!acpi.rsdp) {
		/* The loader's copy serves the hypervisor, but has no address to tell dom0. */
		memcpy(r, boot.rsdp_copy, sizeof(*r));
		return boot.rsdp_copied;
	}
	p = hv_map(acpi.rsdp, sizeof(*r));
	if (!p)
		return false;
	memcpy(r, p, sizeof(*r));
	hv_unmap((void *)p, sizeof(*r));
	return true;
}

/* Tables -------------------------------------------------------------------------------------- */

static void INIT_TEXT read_madt_entry(const u8 *e, unsigned int type, unsigned int len)
{
	unsigned int n = acpi.cpu_count;

	if ((type == 0 && len >= 8 && get(e, 4, 4) & 1) ||
	    (type == 9 && len >= 16 && get(e, 8, 4) & 1)) {
		if (n == ARRAY_SIZE(acpi.cpu_apic_id))
			return;
		acpi.cpu_acpi_id[n] = (u32)(type ? get(e, 12, 4) : e[2]);
		acpi.cpu_apic_id[n] = (u32)(type ? get(e, 4, 4) : e[3]);
		acpi.cpu_count++;
	} else if (type == 1 && len >= 12 && acpi.ioapic_count < ARRAY_SIZE(acpi.ioapics)) {
		acpi.ioapics[acpi.ioapic_count].id = e[2];
		acpi.ioapics[acpi.ioapic_count].addr = get(e, 4, 4);
		acpi.ioapics[acpi.ioapic_count++].gsi_base = (u32)get(e, 8, 4);
	} else if (type == 2 && len >= 10 && e[3] < ARRAY_SIZE(acpi.isa)) {
		acpi.isa[e[3]].gsi = (u32)get(e, 4, 4);
		acpi.isa[e[3]].flags = (u16)get(e, 8, 2);
	} else if (type == 5 && len >= 12) {
		acpi.lapic = get(e, 4, 8);
	}
}

static void INIT_TEXT read_madt(const u8 *t, u32 len)
{
	u32 at = 44;

	if (len < at)
		return;
	acpi.lapic = get(t, 36, 4);
	while (at + 2 <= len && t[at + 1] >= 2 && at + t[at + 1] <= len) {
		read_madt_entry(t + at, t[at], t[at + 1]);
		at += t[at + 1];
	}
}

/* A register by its 32-bit field or, if that is 0, by its generic address in port space. */
static u32 INIT_TEXT fadt_port(const u8 *t, u32 len, unsigned int old, unsigned int generic)
{
	u32 port = (u32)get(t, old, 4);

	if (port || len < generic + 12 || t[generic] != 1)
		return port;
	return (u32)get(t, generic + 4, 8);
}

static void INIT_TEXT read_fadt(const u8 *t, u32 len)
{
	u32 flags;

	if (len < 116)
		return;
	flags = (u32)get(t, 112, 4);
	acpi.sci_gsi = (u16)get(t, 46, 2);
	acpi.pm1a_evt = fadt_port(t, len, 56, 148);
	acpi.pm1_evt_len = t[88];
	acpi.pm1a_cnt = fadt_port(t, len, 64, 172);
	acpi.pm1b_cnt = fadt_port(t, len, 68, 184);
	acpi.pm_timer_port = t[91] >= 4 || len > 148 ? fadt_port(t, len, 76, 208) : 0;
	acpi.pm_timer_32bit = flags & 1U << 8;
	if (len >= 129 && flags & 1U << 10 && t[116] == 1) {
		acpi.reset_register_io = true;
		acpi.reset_port = (u32)get(t, 120, 8);
		acpi.reset_value = t[128];
	}
}

static void INIT_TEXT read_mcfg(const u8 *t, u32 len)
{
	for (u32 at = 44; at + 16 <= len && acpi.mmcfg_count < ARRAY_SIZE(acpi.mmcfg); at += 16) {
		acpi.mmcfg[acpi.mmcfg_count].base = get(t, at, 8);
		acpi.mmcfg[acpi.mmcfg_count].segment = (u16)get(t, at + 8, 2);
		acpi.mmcfg[acpi.mmcfg_count].bus_start = t[at + 10];
		acpi.mmcfg[acpi.mmcfg_count++].bus_end = t[at + 11];
	}
}

static void INIT_TEXT read_hpet(const u8 *t, u32 len)
{
	if (len >= 52 && !t[40]) /* memory */
		acpi.hpet = get(t, 44, 8);
}

static void INIT_TEXT read_table(const u8 *t, u32 len)
{
	if (!memcmp(t, "APIC", 4))
		read_madt(t, len);
	else if (!memcmp(t, "FACP", 4))
		read_fadt(t, len);
	else if (!memcmp(t, "MCFG", 4))
		read_mcfg(t, len);
	else if (!memcmp(t, "HPET", 4))
		read_hpet(t, len);
}

/* The whole table, mapped; NULL if there is nothing plausible. *len is its length. */
static const u8 *INIT_TEXT map_table(paddr_t at, u32 *len)
{
	const u8 *t = hv_map(at, HEADER_SIZE);

	if (!t)
		return NULL;
	*len = (u32)get(t, 4, 4);
	hv_unmap((void *)t, HEADER_SIZE);
	if (*len < HEADER_SIZE || *len > TABLE_MAX)
		return NULL;
	t = hv_map(at, *len);
	if (t && !sum_ok(t, *len))
		pr_warn("ACPI: table %.4s at %lx: wrong checksum\n", (const char *)t, at);
	return t;
}

static void INIT_TEXT read_root(paddr_t root, unsigned int width)
{
	u32 root_len, len;
	const u8 *r = map_table(root, &root_len);

	if (!r)
		panic("ACPI: the root table at %lx cannot be read", root);
	for (u32 at = HEADER_SIZE; at + width <= root_len; at += width) {
		const u8 *t = map_table(get(r, at, width), &len);

		if (!t)
			continue;
		read_table(t, len);
		hv_unmap((void *)t, len);
	}
	hv_unmap((void *)r, root_len);
	acpi.root = root;
}

void INIT_TEXT acpi_init(void)
{
	struct rsdp r;

	for (unsigned int i = 0; i < ARRAY_SIZE(acpi.isa); i++)
		acpi.isa[i].gsi = i;
	if (!read_rsdp(&r))
		panic("no ACPI: neither the firmware nor the boot loader has a root pointer");
	if (r.revision >= 2 && r.xsdt)
		read_root(r.xsdt, 8);
	else
		read_root(r.rsdt, 4);
	if (!acpi.lapic)
		panic("ACPI: no MADT, so no local APIC");
	pr_info("ACPI: root at %lx, %u CPUs, %u I/O APICs, PM timer %x, HPET %lx\n", acpi.root,
		acpi.cpu_count, acpi.ioapic_count, acpi.pm_timer_port, acpi.hpet);
}
