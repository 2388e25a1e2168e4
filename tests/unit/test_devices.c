/* SPDX-License-Identifier: MIT */
/* What dom0 may do to ports, configuration space and device memory, and what is kept from it. */
#include <check.h>
#include <stdlib.h>

#include <core/arch.h>
#include <pv/devices.h>
#include <x86/machine.h>
#include <pv/pagetable.h>
#include <x86/msi.h>
#include <x86/pci.h>
#include <x86/pte.h>

#include "fake_devices.h"
#include "fake_machine.h"

#define CONFIG(fn, reg) (0x80000000U | FAKE_SBDF(fn) << 8 | ((reg)&0xfc))

static struct domain *d0, *d1;
static u64 mapped; /* what mmu_walk answers */

u64 mmu_walk(paddr_t root, u64 va)
{
	(void)root;
	(void)va;
	return mapped;
}

static void setup(void)
{
	machine_start(256);
	devices_start();
	d0 = machine_domain(0, 100);
	d1 = machine_domain(1, 100);
	d0->hardware = d0->control = true;
	machine_run(d0->vcpus[0]);
}

START_TEST(other_domains_have_no_ports)
{
	for (u32 port = 0; port < 65536; port += 1) {
		u32 want = port >= 0x40 && port <= 0x43 ? 0 : 0xff;

		ck_assert_uint_eq(ioport_read(d1, (u16)port, 1), want);
		ioport_write(d1, (u16)port, 1, 0);
	}
	ck_assert_uint_eq(devices.port_reads + devices.port_writes, 0);
	ck_assert_uint_eq(ioport_read(d1, 0xcfc, 4), 0xffffffff);
	ck_assert_ptr_null(d1->arch.ports);
}
END_TEST

START_TEST(kept_ports_are_not_touched)
{
	static const u16 kept[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x43, 0x3f8, 0x3ff };

	for (unsigned int i = 0; i < ARRAY_SIZE(kept); i++) {
		devices.port[kept[i]] = 0x5a;
		ioport_write(d0, kept[i], 1, 0x25);
		ck_assert_uint_eq(devices.port[kept[i]], 0x5a);
		ck_assert_uint_eq(ioport_read(d0, kept[i], 1), kept[i] >> 2 == 0x10 ? 0 : 0xff);
	}
	/* An access that begins beside one and reaches into it is split. */
	devices.port[0x1f] = 1;
	devices.port[0x22] = 2;
	ck_assert_uint_eq(ioport_read(d0, 0x1f, 4), 0x02ffff01);
	options.com1 = false;
	devices.port[0x3f8] = 7;
	ck_assert_uint_eq(ioport_read(d0, 0x3f8, 1), 7);
}
END_TEST

/* The speaker's counter is dom0's, and commands that are about it alone. */
START_TEST(one_counter_of_the_pit)
{
	static const struct {
		u8 command;
		bool through;
	} rows[] = { { 0xb0, true },  { 0x30, false }, { 0x70, false }, { 0xe8, true },
		     { 0xea, false }, { 0xe2, false }, { 0x80, true },  { 0xc0, false } };

	devices.port[0x42] = 7;
	ck_assert_uint_eq(ioport_read(d0, 0x42, 1), 7);
	ck_assert_uint_eq(ioport_read(d0, 0x41, 2), 0x700);
	ioport_write(d0, 0x42, 1, 9);
	ck_assert_uint_eq(devices.port[0x42], 9);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		devices.port[0x43] = 1;
		ioport_write(d0, 0x43, 1, rows[i].command);
		ck_assert_uint_eq(devices.port[0x43], rows[i].through ? rows[i].command : 1);
	}
}
END_TEST

START_TEST(cmos_index_is_written_with_each_access)
{
	ioport_write(d0, 0x70, 1, 0x8b);
	ck_assert_uint_eq(ioport_read(d0, 0x70, 1), 0x0b);
	devices.port[0x70] = 0x33; /* somebody else's */
	devices.port[0x71] = 0x44;
	ck_assert_uint_eq(ioport_read(d0, 0x71, 1), 0x44);
	ck_assert_uint_eq(devices.port[0x70], 0x0b);
}
END_TEST

START_TEST(pm1_cannot_put_the_machine_to_sleep)
{
	ioport_write(d0, 0x604, 2, 0x3c01);
	ck_assert_uint_eq(ioport_read(d0, 0x604, 2), 0x1c01);
	ioport_write(d0, 0x605, 1, 0x3c);
	ck_assert_uint_eq(devices.port[0x605], 0x1c);
	ioport_write(d0, 0x603, 4, 0x003c0000);
	ck_assert_uint_eq(devices.port[0x605], 0x1c);
}
END_TEST

START_TEST(config_space_by_ports)
{
	ioport_write(d0, 0xcf8, 4, CONFIG(0, 0));
	ck_assert_uint_eq(devices.cf8, 0); /* the latch is dom0's own */
	ck_assert_uint_eq(ioport_read(d0, 0xcfc, 4), 0x12348086);
	ck_assert_uint_eq(ioport_read(d0, 0xcfe, 2), 0x1234);
	ck_assert_uint_eq(ioport_read(d0, 0xcff, 1), 0x12);
	/* Linux probes the latch by bytes. */
	ioport_write(d0, 0xcfb, 1, 0);
	ck_assert_uint_eq(ioport_read(d0, 0xcfc, 4), 0xffffffff);
	ck_assert_uint_eq(ioport_read(d0, 0xcf8, 4), CONFIG(0, 0) & 0xffffff);
	ioport_write(d0, 0xcf8, 4, CONFIG(0, 4));
	ioport_write(d0, 0xcfc, 2, 0x0107);
	ck_assert_uint_eq(config_read(0, 4, 2), 0x0107);
}
END_TEST

static void write_config(unsigned int fn, u32 reg, unsigned int size, u32 v)
{
	ioport_write(d0, 0xcf8, 4, CONFIG(fn, reg));
	ioport_write(d0, (u16)(0xcfc + (reg & 3)), size, v);
}

START_TEST(messages_are_not_dom0s)
{
	for (u32 reg = 0x54; reg < 0x5c; reg += 4)
		write_config(0, reg, 4, 0xfee00000);
	ck_assert_uint_eq(config_read(0, 0x54, 4) | config_read(0, 0x58, 2), 0);
	write_config(0, 0x52, 2, 1);
	ck_assert_uint_eq(config_read(0, 0x52, 2), 0); /* no message was set up */
	write_config(0, 0x50, 4, 0x00010005);
	ck_assert_uint_eq(config_read(0, 0x52, 2), 0);
	/* What the firmware left on may be switched off, in any width. */
	config_set(0, 0x52, 2, 1);
	write_config(0, 0x52, 1, 0);
	ck_assert_uint_eq(config_read(0, 0x52, 2), 0);
	/* Registers beside the capability are dom0's. */
	write_config(0, 0x60, 4, 0x01020304);
	ck_assert_uint_eq(config_read(0, 0x60, 4), 0x01020304);
	write_config(1, 0x90 + 12, 2, 0x4041);
	write_config(1, 0x90 + 16, 4, 1);
	ck_assert_uint_eq(config_read(1, 0x90 + 12, 2) | config_read(1, 0x90 + 16, 4), 0);
}
END_TEST

START_TEST(msix_enabling_bits_alone)
{
	write_config(1, 0x72, 2, 0xffff);
	ck_assert_uint_eq(config_read(1, 0x72, 2), 0xc003);
	write_config(1, 0x73, 1, 0x80);
	ck_assert_uint_eq(config_read(1, 0x72, 2), 0x8003);
	write_config(1, 0x74, 4, 0x3000);
	ck_assert_uint_eq(config_read(1, 0x74, 4), 0x2000);
}
END_TEST

START_TEST(device_memory)
{
	static const u64 never[] = { 0xfee00000, 0xfee01000, 0xfeeff000, 0xfec00000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(never); i++)
		ck_assert(!iomem_allowed(d0, paddr_to_mfn(never[i]), false));
	ck_assert(iomem_allowed(d0, MFN(0xfed00), true));
	ck_assert(iomem_allowed(d0, paddr_to_mfn(FAKE_MMCFG), false));
	ck_assert(!iomem_allowed(d0, paddr_to_mfn(FAKE_MMCFG), true));
	ck_assert(!iomem_allowed(d1, MFN(0xfed00), false));
	ck_assert(iomem_allowed(d0, paddr_to_mfn(FAKE_BAR + 0x2000), true));
	ck_assert_int_eq(msi_function_add(FAKE_SBDF(1)), 0);
	ck_assert(!iomem_allowed(d0, paddr_to_mfn(FAKE_BAR + 0x2000), true));
	ck_assert(iomem_allowed(d0, paddr_to_mfn(FAKE_BAR + 0x2000), false));
	ck_assert(iomem_allowed(d0, paddr_to_mfn(FAKE_BAR + 0x3000), true));
	ck_assert_int_eq(msi_function_remove(FAKE_SBDF(1)), 0);
	ck_assert(iomem_allowed(d0, paddr_to_mfn(FAKE_BAR + 0x2000), true));
	ck_assert_int_eq(msi_function_remove(FAKE_SBDF(1)), -19);
	ck_assert_int_eq(msi_function_add(0x4242), -19);
}
END_TEST

START_TEST(msix_table_must_be_device_memory)
{
	config_set(1, 0x10, 4, 0x1000); /* in RAM */
	ck_assert_int_eq(msi_function_add(FAKE_SBDF(1)), 0);
	ck_assert_int_eq(msi_function_locate_table(msi_function_find(FAKE_SBDF(1)), 0), -22);
	config_set(1, 0x10, 4, 0xfffffff4); /* 64-bit, beyond what the CPU can address */
	config_set(1, 0x14, 4, 0xffffffff);
	ck_assert_int_eq(msi_function_locate_table(msi_function_find(FAKE_SBDF(1)), 0), -22);
	config_set(1, 0x10, 4, 0);
	ck_assert_int_eq(msi_function_locate_table(msi_function_find(FAKE_SBDF(1)), 0), -22);
	ck_assert_int_eq(msi_function_locate_table(msi_function_find(FAKE_SBDF(1)), FAKE_BAR), 0);
}
END_TEST

/* A store by dom0's kernel: 89 /r or c6 /0 with the address in rbx. The page bits follow addr. */
static bool store(paddr_t addr, const u8 *code, u64 rax)
{
	static u8 text[32];
	struct cpu_regs regs = { .rip = (u64)text, .rax = rax, .rbx = 0x7000 | (addr & 0xfff) };
	bool done;

	memcpy(text, code, 8);
	mapped = (addr & PAGE_MASK) | PTE_P | PTE_U;
	done = mmcfg_write_fault(&regs, regs.rbx);
	ck_assert(!done || regs.rip > (u64)text);
	return done;
}

START_TEST(stores_to_pages_that_are_read_only)
{
	static const u8 mov4[8] = { 0x89, 0x03 }, mov2[8] = { 0x66, 0x89, 0x03 },
			mov1[8] = { 0x88, 0x03 };
	static const u8 movi[8] = { 0xc6, 0x03, 0x77 }, add[8] = { 0x01, 0x03 };
	paddr_t fn0 = FAKE_MMCFG + ((u64)FAKE_SBDF(0) << 12);

	ck_assert(store(fn0 + 0x60, mov4, 0x11223344));
	ck_assert_uint_eq(config_read(0, 0x60, 4), 0x11223344);
	ck_assert(store(fn0 + 0x62, mov2, 0x5566));
	ck_assert(store(fn0 + 0x61, mov1, 0x88));
	ck_assert(store(fn0 + 0x60, movi, 0));
	ck_assert_uint_eq(config_read(0, 0x60, 4), 0x55668877);
	ck_assert(store(fn0 + 0x800, mov4, 9)); /* extended: by MMCONFIG alone */
	ck_assert_uint_eq(config_read(0, 0x800, 4), 9);
	ck_assert(store(fn0 + 0x54, mov4, 0xfee00000)); /* swallowed */
	ck_assert_uint_eq(config_read(0, 0x54, 4), 0);
	ck_assert(!store(fn0 + 0x60, add, 1));
	ck_assert(!store(fn0 + 0x61, mov4, 1));
	ck_assert(!store(0xfed00000, mov4, 1));
	ck_assert(!store(0xfee00000, mov4, 1));
	ck_assert_int_eq(msi_function_add(FAKE_SBDF(1)), 0);
	ck_assert(store(FAKE_BAR + 0x2010, mov4, 1)); /* the table */
	ck_assert(store(FAKE_BAR + 0x2040, mov4, 1)); /* behind it */
	ck_assert_uint_eq(devices.bar[0x2010], 0);
	ck_assert_uint_eq(devices.bar[0x2040], 1);
	ck_assert_uint_eq(devices.maps, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("devices");
	TCase *t = tcase_create("devices");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, other_domains_have_no_ports);
	tcase_add_test(t, kept_ports_are_not_touched);
	tcase_add_test(t, one_counter_of_the_pit);
	tcase_add_test(t, cmos_index_is_written_with_each_access);
	tcase_add_test(t, pm1_cannot_put_the_machine_to_sleep);
	tcase_add_test(t, config_space_by_ports);
	tcase_add_test(t, messages_are_not_dom0s);
	tcase_add_test(t, msix_enabling_bits_alone);
	tcase_add_test(t, device_memory);
	tcase_add_test(t, msix_table_must_be_device_memory);
	tcase_add_test(t, stores_to_pages_that_are_read_only);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
