/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what a boot loader leaves. The first byte is the version, the rest lies at INFO in a
 * machine whose first 4 GiB can be read, as they can at that point of the boot. How long the
 * loader's own lists are is believed, and so kept short here.
 *
 * Whatever it says ends in a memory map in order and without overlaps, pieces of free memory that
 * are RAM and not reserved, texts that end, and options that were read.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PV_LIB_TEST
#define memcpy    hv_memcpy
#define memmove   hv_memmove
#define memset    hv_memset
#define memcmp    hv_memcmp
#define strlen    hv_strlen
#define strnlen   hv_strnlen
#define strcmp    hv_strcmp
#define strncmp   hv_strncmp
#define strchr    hv_strchr
#define strstr    hv_strstr
#define vsnprintf hv_vsnprintf
#define snprintf  hv_snprintf
#include <core/lib.c>
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr
#undef vsnprintf
#undef snprintf

#include <core/arch.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#include <x86/e820.c> /* for its list, which each run begins with empty */

#define INFO       0x9000UL
#define INPUT_MAX  0x10000UL
#define MACHINE    ((4UL << 30) + (1UL << 20)) /* and what a list at its end reaches */
#define MODULES_AT 20
#define MMAP_AT    44
#define LIST_MAX   0x4000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__asm__(".pushsection .bss\n.globl image_start, image_end\n"
	"image_start: .skip 0x80000\nimage_end: .popsection");

unsigned char *host_frame_table, *host_direct_map;
enum log_level log_level, guest_log_level;
bool opt_noreboot;
char cpu_vendor = '?';
bool xpti_on;
static paddr_t freed_to;

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
	(void)msr, (void)v;
	abort();
}

void printk(enum log_level level, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	hv_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

static void limit(unsigned int at, u32 max)
{
	u32 v;

	memcpy(&v, host_direct_map + INFO + at, sizeof(v));
	v = MIN(v, max);
	memcpy(host_direct_map + INFO + at, &v, sizeof(v));
}

static void check_map(void)
{
	paddr_t end = 0;

	for (unsigned int i = 0; i < boot.e820_count; i++) {
		const struct e820_range *r = &boot.e820[i];

		if (r->start < end || !r->size || r->start + r->size < r->start ||
		    r->type < E820_RAM_HV || r->type > E820_UNUSABLE_HV)
			abort();
		end = r->start + r->size;
	}
}

/* What claims a place; of several the worst. */
static u32 claim(const struct boot_info *map, paddr_t at)
{
	u32 worst = 0;

	for (unsigned int i = 0; i < map->e820_count; i++)
		if (at >= map->e820[i].start && at - map->e820[i].start < map->e820[i].size)
			worst = MAX(worst, map->e820[i].type);
	return worst;
}

/* Every place of the loader's ranges is what the worst of them says; but for one whose end is the
 * number that stands for none. */
static void check_types(const struct boot_info *before)
{
	if (boot.e820_count == E820_MAX)
		return;
	for (unsigned int i = 0; i < before->e820_count; i++) {
		paddr_t start = before->e820[i].start, last = start + before->e820[i].size - 1;

		if (last + 1 == ~0UL)
			return;
		if (claim(&boot, start) != claim(before, start) ||
		    claim(&boot, last) != claim(before, last))
			abort();
	}
}

static void check_reserved(paddr_t start, paddr_t end)
{
	if (start >= end)
		abort();
}

static void take(paddr_t start, paddr_t end)
{
	if (start >= end || start < freed_to || !e820_is_ram(start, end - start) ||
	    (start < HV_PHYS_START + (u64)(image_end - image_start) && end > HV_PHYS_START))
		abort();
	for (unsigned int i = 0; i < boot.module_count; i++)
		if (boot.modules[i].size && start < boot.modules[i].start + boot.modules[i].size &&
		    boot.modules[i].start < end)
			abort();
	freed_to = end;
}

static void check_text(const char *text, size_t size)
{
	if (!memchr(text, 0, size))
		abort();
}

static void start_machine(void)
{
	if (host_direct_map)
		return;
	host_direct_map = mmap(NULL, MACHINE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host_direct_map == MAP_FAILED)
		abort();
}

static void forget(void)
{
	memset(&boot, 0, sizeof(boot));
	options = (struct options){ .dom0_max_vcpus = 1 };
	reserved_count = 0;
	freed_to = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_info before;
	bool newer;

	if (size < 9 || size > INPUT_MAX)
		return 0;
	newer = data[0] & 1;
	start_machine();
	forget();
	memcpy(host_direct_map + INFO, data + 1, size - 1);
	if (newer) {
		limit(0, (u32)size - 1);
	} else {
		limit(MODULES_AT, LIST_MAX / 16);
		limit(MMAP_AT, LIST_MAX);
	}
	if (!multiboot_read(newer ? 0x36d76289 : 0x2badb002, INFO)) {
		before = boot;
		e820_finish();
		check_map();
		check_types(&before);
		early_for_each_reserved(check_reserved);
		early_free_all(take);
	}
	check_text(boot.cmdline, sizeof(boot.cmdline));
	for (unsigned int i = 0; i < ARRAY_SIZE(boot.module_cmdline); i++)
		check_text(boot.module_cmdline[i], sizeof(boot.module_cmdline[i]));
	options_parse(boot.cmdline, false);
	options_parse(boot.cmdline, true);
	memset(host_direct_map + INFO, 0, size - 1);
	return 0;
}
