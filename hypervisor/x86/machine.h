/* SPDX-License-Identifier: MIT */
/* What boot found: memory map, modules, command line, options, ACPI. Room x86; dom0 reads it. */
#ifndef PV_MACHINE_H
#define PV_MACHINE_H

#include <core/types.h>

#define E820_MAX 128
enum {
	E820_RAM_HV = 1,
	E820_RESERVED_HV = 2,
	E820_ACPI_HV = 3,
	E820_NVS_HV = 4,
	E820_UNUSABLE_HV = 5
};

struct e820_range {
	paddr_t start;
	u64 size;
	u32 type;
};

struct boot_module {
	paddr_t start;
	u64 size;
	const char *cmdline; /* without the file's name */
};

struct boot_info {
	struct e820_range e820[E820_MAX];
	unsigned int e820_count;
	struct boot_module modules[4];
	unsigned int module_count;
	char cmdline[1024]; /* the hypervisor's own, without the image's name */
	char module_cmdline[2][2048];
	bool efi;
	u64 efi_system_table; /* 0: none */
	bool rsdp_copied;     /* multiboot 2 gave a copy of the RSDP, not its address */
	u8 rsdp_copy[36];
	struct {
		u64 addr;
		u32 pitch, width, height;
		u8 bpp, type; /* multiboot framebuffer type; 2: EGA text */
		u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
		bool present;
	} video;
};

extern struct boot_info boot;

/* Options as Xen names them. 0 where absent, unless said. */
extern struct options {
	u64 dom0_mem;                /* bytes */
	unsigned int dom0_max_vcpus; /* default 1 */
	unsigned int maxcpus;
	bool com1;     /* console=com1 */
	u32 com1_baud; /* 115200 */
	enum { XPTI_DEFAULT, XPTI_OFF, XPTI_ON } xpti;
} options;

struct acpi_info {
	paddr_t rsdp, root;
	paddr_t lapic;     /* physical */
	u32 pm_timer_port; /* 0: none */
	bool pm_timer_32bit;
	paddr_t hpet;
	u32 pm1a_cnt, pm1b_cnt, pm1a_evt, pm1_evt_len;
	u16 sci_gsi;
	struct {
		paddr_t addr;
		u32 gsi_base;
		u8 id;
	} ioapics[16];
	unsigned int ioapic_count;
	struct {
		u32 gsi;
		u16 flags; /* MADT: polarity bits 0-1, trigger bits 2-3 */
	} isa[16];         /* by ISA IRQ; gsi is the IRQ itself without override */
	struct {
		paddr_t base;
		u16 segment;
		u8 bus_start, bus_end;
	} mmcfg[4];
	unsigned int mmcfg_count;
	u32 cpu_apic_id[128];
	u32 cpu_acpi_id[128];
	unsigned int cpu_count;
	bool reset_register_io;
	u32 reset_port;
	u8 reset_value;
};

extern struct acpi_info acpi;

/* Gives the RAM of a module back to the allocator; dom0's builder, when it has read it. */
void boot_module_free(unsigned int n);
/* Is the whole range RAM in the machine's map? */
bool e820_is_ram(paddr_t start, u64 size);
/* Device memory into the hypervisor's windows; uncached. NULL without room. For good (boot) or
 * until hv_unmap. */
void *hv_map_device(paddr_t start, u64 size);
/* Any memory, write-back, for reading tables outside RAM. */
void *hv_map(paddr_t start, u64 size);
void hv_unmap(void *va, u64 size);
/* The sixteen L4 entries of the hypervisor's range, as guests' tables have them. */
extern const u64 *hv_l4_entries;
extern paddr_t hv_l4_root;  /* the idle vCPUs' own */
extern paddr_t hv_l4_empty; /* of vCPUs without an own one: its guest half is empty */
extern char cpu_vendor;     /* 'I', 'A', '?' */
extern unsigned int paddr_bits;
extern u64 cpu_cr4_features; /* CR4 bits that the hypervisor always runs with */
extern bool cpu_has_smap, cpu_has_fsgsbase, cpu_has_xsave, cpu_has_l1tf, cpu_has_erms;
extern bool cpu_has_meltdown; /* xpti.h */
extern u64 xcr0_mask;         /* XCR0 bits a guest may have */
extern u32 xsave_size;

/* machine.c; core/arch.h has how a panic ends. */
void machine_reboot(void) NORETURN;
void machine_poweroff(void) NORETURN; /* ACPI S5 if the FADT told how, else halts */
extern bool opt_noreboot;

#endif /* PV_MACHINE_H */
