/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the firmware's tables. The first byte says by which way the root is found (the BIOS
 * area, EFI, the loader's copy) and which of the two it is; the rest lies in the BIOS area. A map
 * of it is a copy of just the bytes asked for, so that one too far is seen. The only other end
 * allowed is the panic that says what is missing.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define BIOS      0xe0000UL
#define BIOS_SIZE 0x20000UL
#define TABLES    0xf0000UL /* the input's place */
#define RSDP      0xe0010UL
#define EFI       0xe1000UL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct boot_info boot;
static u8 area[BIOS_SIZE];
static unsigned int maps;
static jmp_buf ended;

void *hv_map(paddr_t start, u64 size)
{
	u8 *copy;

	if (start < PAGE_SIZE && size <= PAGE_SIZE) {
		maps++;
		return calloc(1, size); /* low memory names no EBDA */
	}
	if (start < BIOS || size > BIOS_SIZE || start - BIOS > BIOS_SIZE - size)
		return NULL;
	copy = malloc(size);
	if (!copy)
		abort();
	maps++;
	return memcpy(copy, area + (start - BIOS), size);
}

void hv_unmap(void *va, u64 size)
{
	(void)size;
	free(va);
	maps--;
}

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	longjmp(ended, 1);
}

static void put(paddr_t at, const void *bytes, size_t size)
{
	memcpy(area + (at - BIOS), bytes, size);
}

static void put_rsdp(u8 *rsdp, bool extended)
{
	u32 root = TABLES;
	u64 root_long = TABLES;
	u8 sum = 0;

	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = extended ? 2 : 0;
	memcpy(rsdp + 16, &root, sizeof(root));
	memcpy(rsdp + 24, &root_long, sizeof(root_long));
	for (unsigned int i = 0; i < 20; i++)
		sum += rsdp[i];
	rsdp[8] -= sum;
}

/* A system table whose list of tables is the input's, or has the one that is looked for. */
static void put_efi(bool from_input)
{
	static const u8 guid[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
				     0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
	u64 count = from_input ? 200 : 1, list = from_input ? TABLES : EFI + 0x100, rsdp = RSDP;

	put(EFI + 104, &count, sizeof(count));
	put(EFI + 112, &list, sizeof(list));
	put(EFI + 0x100, guid, sizeof(guid));
	put(EFI + 0x110, &rsdp, sizeof(rsdp));
	boot.efi_system_table = EFI;
}

static void check(void)
{
	if (acpi.cpu_count > ARRAY_SIZE(acpi.cpu_apic_id) ||
	    acpi.ioapic_count > ARRAY_SIZE(acpi.ioapics) ||
	    acpi.mmcfg_count > ARRAY_SIZE(acpi.mmcfg) || !acpi.lapic || maps)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 rsdp[36] = { 0 };

	if (!size || size - 1 > BIOS + BIOS_SIZE - TABLES)
		return 0;
	memset(area, 0, sizeof(area));
	memset(&acpi, 0, sizeof(acpi));
	memset(&boot, 0, sizeof(boot));
	put(TABLES, data + 1, size - 1);
	put_rsdp(rsdp, data[0] & 1);
	if (data[0] & 2) {
		memcpy(boot.rsdp_copy, rsdp, sizeof(rsdp));
		boot.rsdp_copied = true;
	} else {
		put(RSDP, rsdp, sizeof(rsdp));
	}
	if (data[0] & 4)
		put_efi(data[0] & 8);
	maps = 0;
	if (setjmp(ended))
		return 0;
	acpi_init();
	check();
	return 0;
}
