/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader hands over: memory map, both multiboot versions, the command line. And the
 * early allocator, which lives on them.
 */
#include <check.h>
#include <stdlib.h>

#include <core/arch.h>
#include <core/lib.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <x86/spec.h>
#include <core/printk.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define MIB        (1UL << 20)
#define RAM        (64 * MIB)
#define IMAGE_SIZE 0x80000UL

__asm__(".pushsection .bss\n.globl image_start, image_end\n"
	"image_start: .skip 0x80000\nimage_end: .popsection");

unsigned char *host_frame_table, *host_direct_map;
enum log_level log_level = LOG_INFO, guest_log_level = LOG_WARNING;
bool opt_noreboot;
static char said[4096];
char cpu_vendor = 'I';
bool xpti_on;

/* The CPU has nothing: test_spec.c has others. */
u64 cpu_arch_capabilities(void)
{
	return 0;
}

void cpuid(u32 leaf, u32 sub, u32 out[4])
{
	(void)leaf, (void)sub;
	memset(out, 0, 4 * sizeof(out[0]));
}

void wrmsr(u32 msr, u64 v)
{
	ck_abort_msg("MSR %x is written with %lx", msr, v);
}

void printk(enum log_level level, const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	printk(LOG_ERR, "panic: %s", fmt);
	exit(99);
}

static void setup(void)
{
	host_direct_map = calloc(1, RAM);
	said[0] = 0;
	boot.e820[0] = (struct e820_range){ 0, 0x9fc00, E820_RAM_HV };
	boot.e820[1] = (struct e820_range){ MIB, RAM - MIB, E820_RAM_HV };
	boot.e820_count = 2;
}

static void teardown(void)
{
	free(host_direct_map);
}

static void range(u64 start, u64 end, u32 type)
{
	boot.e820[boot.e820_count++] = (struct e820_range){ start, end - start, type };
}

static void expect_range(unsigned int i, u64 start, u64 end, u32 type)
{
	ck_assert_uint_lt(i, boot.e820_count);
	ck_assert_uint_eq(boot.e820[i].start, start);
	ck_assert_uint_eq(boot.e820[i].start + boot.e820[i].size, end);
	ck_assert_uint_eq(boot.e820[i].type, type);
}

START_TEST(overlaps_go_to_what_is_not_ram)
{
	boot.e820_count = 0;
	range(0x5000, 0x9000, E820_RESERVED_HV);
	range(0x0000, 0x8000, E820_RAM_HV);
	range(0x8000, 0x10000, E820_RAM_HV);
	range(0x20000, 0x30000, E820_ACPI_HV);
	e820_finish();
	ck_assert_uint_eq(boot.e820_count, 4);
	expect_range(0, 0, 0x5000, E820_RAM_HV);
	expect_range(1, 0x5000, 0x9000, E820_RESERVED_HV);
	expect_range(2, 0x9000, 0x10000, E820_RAM_HV);
	expect_range(3, 0x20000, 0x30000, E820_ACPI_HV);
	ck_assert(e820_is_ram(0x9000, 0x7000));
	ck_assert(!e820_is_ram(0x9000, 0x7001));
	ck_assert(!e820_is_ram(0x4000, 0x2000));
	ck_assert(!e820_is_ram(0x4000, ~0UL));
	ck_assert_uint_eq(e820_ram_end(), 0x10000);
}
END_TEST

static u64 freed;
static paddr_t lowest = ~0UL;

static void count(paddr_t start, paddr_t end)
{
	ck_assert_uint_lt(start, end);
	freed += end - start;
	lowest = MIN(lowest, start);
}

START_TEST(early_memory_comes_from_the_top)
{
	paddr_t a, b, c;

	early_reserve(HV_PHYS_START, IMAGE_SIZE);
	a = early_alloc(PAGE_SIZE, PAGE_SIZE, ~0UL);
	ck_assert_uint_eq(a, RAM - PAGE_SIZE);
	b = early_alloc(2 * MIB, 2 * MIB, ~0UL);
	ck_assert_uint_eq(b, RAM - 4 * MIB);
	c = early_alloc(PAGE_SIZE, PAGE_SIZE, ~0UL);
	ck_assert_uint_eq(c, RAM - 2 * PAGE_SIZE); /* the hole that the alignment left */
	c = early_alloc(PAGE_SIZE, PAGE_SIZE, HV_PHYS_START + IMAGE_SIZE);
	ck_assert_uint_eq(c, HV_PHYS_START - PAGE_SIZE); /* below the image, not in it */
	early_free_all(count);
	ck_assert_uint_eq(freed, RAM - MIB - IMAGE_SIZE - 2 * MIB - 3 * PAGE_SIZE);
	ck_assert_uint_eq(lowest, MIB);
}
END_TEST

START_TEST(early_memory_is_one_range)
{
	for (unsigned int i = 0; i < 500; i++) {
		early_alloc(16 * PAGE_SIZE, 16 * PAGE_SIZE, ~0UL);
		early_alloc(4 * PAGE_SIZE, PAGE_SIZE, ~0UL);
	}
	early_free_all(count);
	ck_assert_uint_eq(freed, RAM - MIB - 500 * 20 * PAGE_SIZE);
}
END_TEST

START_TEST(early_memory_ends)
{
	early_alloc(RAM, PAGE_SIZE, ~0UL);
}
END_TEST

/* Multiboot ----------------------------------------------------------------------------------- */

static void put32(u64 at, u32 v)
{
	memcpy(host_direct_map + at, &v, sizeof(v));
}

static void put64(u64 at, u64 v)
{
	memcpy(host_direct_map + at, &v, sizeof(v));
}

static void put_text(u64 at, const char *s)
{
	memcpy(host_direct_map + at, s, strlen(s) + 1);
}

#define MB1  0x2badb002
#define INFO 0x9000
#define TEXT 0xa000
#define MMAP 0xb000
#define MODS 0xc000

static void mb1(const char *loader)
{
	boot.e820_count = 0;
	put32(INFO, 1 << 2 | 1 << 3 | 1 << 6 | (loader ? 1 << 9 : 0));
	put32(INFO + 16, TEXT);
	put32(INFO + 20, 2);
	put32(INFO + 24, MODS);
	put32(INFO + 44, 48);
	put32(INFO + 48, MMAP);
	put32(INFO + 64, TEXT + 0x800);
	if (loader)
		put_text(TEXT + 0x800, loader);
	for (unsigned int i = 0; i < 2; i++) {
		put32(MMAP + 24 * i, 20);
		put64(MMAP + 24 * i + 4, i * MIB);
		put64(MMAP + 24 * i + 12, MIB);
		put32(MMAP + 24 * i + 20, i ? 99 : E820_RAM_HV);
		put32(MODS + 16 * i, 0x400000 + i * 0x10000);
		put32(MODS + 16 * i + 4, 0x400100 + i * 0x10000);
		put32(MODS + 16 * i + 8, i ? 0 : TEXT + 0x400);
	}
	put_text(TEXT, "/boot/paravane console=com1");
	put_text(TEXT + 0x400, "/boot/vmlinuz  root=/dev/sda1 quiet");
}

START_TEST(multiboot_1_of_qemu_has_names)
{
	mb1("qemu");
	ck_assert_int_eq(multiboot_read(MB1, INFO), 0);
	ck_assert_str_eq(boot.cmdline, "console=com1");
	ck_assert_uint_eq(boot.module_count, 2);
	ck_assert_uint_eq(boot.modules[0].start, 0x400000);
	ck_assert_uint_eq(boot.modules[1].size, 0x100);
	ck_assert_str_eq(boot.modules[0].cmdline, "root=/dev/sda1 quiet");
	ck_assert_str_eq(boot.modules[1].cmdline, "");
	expect_range(0, 0, MIB, E820_RAM_HV);
	expect_range(1, MIB, 2 * MIB, E820_RESERVED_HV); /* a type that nobody knows */
}
END_TEST

START_TEST(multiboot_1_of_grub_has_none)
{
	mb1("GRUB 2.06-13");
	ck_assert_int_eq(multiboot_read(MB1, INFO), 0);
	ck_assert_str_eq(boot.cmdline, "/boot/paravane console=com1");
	ck_assert_str_eq(boot.modules[0].cmdline, "/boot/vmlinuz  root=/dev/sda1 quiet");
}
END_TEST

static u64 tag(u64 at, u32 type, u32 size)
{
	put32(at, type);
	put32(at + 4, size);
	return at + ROUND_UP(size, 8);
}

START_TEST(multiboot_2)
{
	u64 at = INFO + 8;

	boot.e820_count = 0;
	put_text(at + 8, "com1=9600");
	at = tag(at, 1, 8 + 10);
	put32(at + 8, 0x1000);
	put32(at + 12, 0x1800);
	put_text(at + 16, "a b");
	at = tag(at, 3, 16 + 4);
	put32(at + 8, 24);
	put64(at + 16, 0);
	put64(at + 24, 32 * MIB);
	put32(at + 32, E820_RAM_HV);
	at = tag(at, 6, 16 + 24);
	put64(at + 8, 0x7f001234);
	at = tag(at, 12, 16);
	at = tag(at, 77, 9); /* unknown: skipped */
	at = tag(at, 0, 8);
	put_text(at + 8, "behind the end");
	at = tag(at, 1, 8 + 15);
	put32(INFO, (u32)(at - INFO));
	ck_assert_int_eq(multiboot_read(0x36d76289, INFO), 0);
	ck_assert_str_eq(boot.cmdline, "com1=9600");
	ck_assert_str_eq(boot.modules[0].cmdline, "a b");
	ck_assert_uint_eq(boot.modules[0].size, 0x800);
	expect_range(0, 0, 32 * MIB, E820_RAM_HV);
	ck_assert(boot.efi);
	ck_assert_uint_eq(boot.efi_system_table, 0x7f001234);
}
END_TEST

START_TEST(no_loader_no_map)
{
	ck_assert_int_lt(multiboot_read(0x1234, INFO), 0);
	boot.e820_count = 0;
	put32(INFO, 0);
	ck_assert_int_lt(multiboot_read(MB1, INFO), 0);
}
END_TEST

/* Options ------------------------------------------------------------------------------------- */

START_TEST(options_known)
{
	options_parse(
		"console=com1,vga com1=9600,8n1 dom0_mem=min:1G,max:192M dom0_max_vcpus=3 maxcpus=2"
		" loglvl=all/error guest_loglvl=none noreboot xpti=off placeholder",
		true);
	ck_assert_str_eq(said, "");
	ck_assert(options.com1);
	ck_assert_uint_eq(options.com1_baud, 9600);
	ck_assert_uint_eq(options.dom0_mem, 192 * MIB);
	ck_assert_uint_eq(options.dom0_max_vcpus, 3);
	ck_assert_uint_eq(options.maxcpus, 2);
	ck_assert_int_eq(log_level, LOG_DEBUG);
	ck_assert_int_eq(guest_log_level, LOG_ERR);
	ck_assert(opt_noreboot);
	ck_assert_int_eq(options.xpti, XPTI_OFF);
}
END_TEST

/* Words are taken from left to right; what the CPU cannot do is off in the end. */
START_TEST(options_speculation)
{
	options_parse("spec-ctrl=no", true);
	ck_assert_str_eq(spec_text(), "");
	options_parse("spec-ctrl=yes", true);
	ck_assert_str_eq(spec_text(), "thunk ibrs ibpb rsb verw ssbd bhi mask");
	spec_settle();
	ck_assert_str_eq(spec_text(), "thunk rsb verw mask");
	options_parse("spec-ctrl=no,verw,rsb=yes", true);
	ck_assert_str_eq(spec_text(), "rsb verw");
	options_parse("spec-ctrl=no-verw,rsb=no", true);
	ck_assert_str_eq(spec_text(), "");
	ck_assert_str_eq(said, "");
	options_parse("spec-ctrl=retpolines", true);
	spec_settle();
	ck_assert_ptr_nonnull(strstr(said, "\"retpolines\""));
}
END_TEST

START_TEST(options_wrong_are_named)
{
	static const char *const wrong[] = { "nosuch",      "com1=115201",      "dom0_mem=lots",
					     "loglvl=loud", "dom0_max_vcpus=0", "maxcpus=" };

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		said[0] = 0;
		options_parse(wrong[i], false);
		ck_assert_str_eq(said, "");
		options_parse(wrong[i], true);
		ck_assert_msg(strstr(said, wrong[i]), "%s: said \"%s\"", wrong[i], said);
	}
	options_parse("", true);
	options_parse("   ", true);
}
END_TEST

static TCase *cases(void)
{
	TCase *c = tcase_create("boot");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 10);
	tcase_add_test(c, overlaps_go_to_what_is_not_ram);
	tcase_add_test(c, early_memory_comes_from_the_top);
	tcase_add_test(c, early_memory_is_one_range);
	tcase_add_exit_test(c, early_memory_ends, 99);
	tcase_add_test(c, multiboot_1_of_qemu_has_names);
	tcase_add_test(c, multiboot_1_of_grub_has_none);
	tcase_add_test(c, multiboot_2);
	tcase_add_test(c, no_loader_no_map);
	tcase_add_test(c, options_known);
	tcase_add_test(c, options_wrong_are_named);
	tcase_add_test(c, options_speculation);
	return c;
}

int main(void)
{
	Suite *s = suite_create("boot");
	SRunner *r;
	int failed;

	suite_add_tcase(s, cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
