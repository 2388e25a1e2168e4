/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's address space, made at boot (layout.h has the picture): the image with the
 * rights of each part, all RAM in the direct map, the frame table and the machine-to-physical table
 * for those sections of 256 MiB that hold RAM. Then the frame allocator gets what is left.
 */
#include <x86/asm.h>
#include <core/arch.h>
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/pte.h>
#include <x86/x86.h>
#include <x86/xpti.h>

_Static_assert((DIRECT_VIRT_END - DIRECT_VIRT) >> 40 == PV_MAX_MEMORY_TIB, "what the tools allow");

#define CODE           (PTE_P | PTE_A | PTE_G)
#define CONST          (PTE_P | PTE_A | PTE_G | PTE_NX)
#define DATA           (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define M2P_FOR_GUESTS (PTE_P | PTE_U | PTE_A | PTE_G | PTE_NX)

#define SECTION_FRAMES (1UL << FRAME_SECTION_SHIFT)
#define SECTION_TABLE  (SECTION_FRAMES * sizeof(struct frame)) /* 2 MiB */
#define SECTION_M2P    (SECTION_FRAMES * sizeof(u64))          /* 512 KiB */
/* Of the sixteen slots, those that are used: RAM_LIMIT fills one of the direct map's. */
#define SLOT_STACKS 5
#define SLOT_DIRECT 8

static void INIT_TEXT map_image_part(const char *start, const char *end, u64 flags)
{
	hostmap_map((u64)start, image_paddr(start), (u64)(end - start), flags, 0);
}

static void INIT_TEXT map_image(void)
{
	map_image_part(image_start, text_end, CODE);
	map_image_part(text_end, rodata_end, CONST);
	map_image_part(rodata_end, init_ro_end, CODE);
	map_image_part(init_ro_end, image_end, DATA);
	*hostmap_entry((u64)boot_stack_guard) = 0;
}

/* What is executable at its own address is not writable here. The image gets small pages, so that
 * the rights can change when parts of it are freed. */
static void INIT_TEXT map_direct(paddr_t start, paddr_t end)
{
	paddr_t ro_end = image_paddr(init_ro_end), image = HV_PHYS_START,
		all_end = image_paddr(image_end);

	if (start >= end)
		return;
	if (start < image && image < end) {
		map_direct(start, image);
		map_direct(image, end);
		return;
	}
	if (start == image) {
		hostmap_map((u64)paddr_va(image), image, ro_end - image, CONST, 0);
		hostmap_map((u64)paddr_va(ro_end), ro_end, all_end - ro_end, DATA, 0);
		start = all_end;
	}
	if (start < end)
		hostmap_map((u64)paddr_va(start), start, end - start, DATA, MAP_LARGE);
}

static void INIT_TEXT for_each_ram(void (*fn)(paddr_t start, paddr_t end))
{
	for (unsigned int i = 0; i < boot.e820_count; i++) {
		const struct e820_range *r = &boot.e820[i];
		paddr_t start = ROUND_UP(r->start, PAGE_SIZE);
		paddr_t end = MIN(ROUND_DOWN(r->start + r->size, PAGE_SIZE), RAM_LIMIT);

		if (r->type == E820_RAM_HV && start < end)
			fn(start, end);
	}
}

static void INIT_TEXT make_root(void)
{
	u64 *l4;

	hv_l4_root = hostmap_table();
	l4 = paddr_va(hv_l4_root);
	hv_l4_entries = l4 + HV_L4_SLOT_FIRST;
	/* No slot may come later: guests' tables have copies. */
	for (unsigned int slot = 0; slot < HV_L4_SLOTS; slot++)
		if (slot <= SLOT_STACKS || slot == SLOT_DIRECT)
			l4[HV_L4_SLOT_FIRST + slot] = hostmap_table() | PTE_P | PTE_RW | PTE_A |
						      (slot == 0 ? PTE_U : 0);
	hv_l4_empty = hv_l4_root;
	xpti_init_slots();
}

/* 2 MiB of frame table and 512 KiB of m2p, shown twice, where they are not there yet. */
static void INIT_TEXT map_section(u64 n)
{
	static u64 mapped[FRAME_SECTIONS / 64] __attribute__((section(".init.data")));
	paddr_t table, m2p;

	if (bit_test_set((unsigned int)n, mapped))
		return;
	table = early_alloc(SECTION_TABLE, SECTION_TABLE, RAM_LIMIT);
	hostmap_map(FRAME_TABLE_VIRT + n * SECTION_TABLE, table, SECTION_TABLE, DATA, MAP_LARGE);
	m2p = early_alloc(SECTION_M2P, PAGE_SIZE, RAM_LIMIT);
	memset(paddr_va(m2p), 0xff, SECTION_M2P);
	hostmap_map(M2P_VIRT + n * SECTION_M2P, m2p, SECTION_M2P, DATA, 0);
	hostmap_map(M2P_GUEST_VIRT + n * SECTION_M2P, m2p, SECTION_M2P, M2P_FOR_GUESTS, 0);
}

static void INIT_TEXT map_sections(paddr_t start, paddr_t end)
{
	unsigned int shift = FRAME_SECTION_SHIFT + PAGE_SHIFT;

	for (u64 n = start >> shift; n <= (end - 1) >> shift; n++)
		map_section(n);
}

/* Low memory has no frames: dom0 may map it as it may map devices, since it looks there for what
 * the firmware left. */
static void INIT_TEXT add_ram(paddr_t start, paddr_t end)
{
	start = MAX(start, LOW_MEMORY);
	if (start < end)
		frame_add_ram(paddr_to_mfn(start), paddr_to_mfn(end));
}

static void add_free(paddr_t start, paddr_t end)
{
	frame_add_free(paddr_to_mfn(start), paddr_to_mfn(end));
}

void INIT_TEXT hostmap_init(void)
{
	if (e820_ram_end() > RAM_LIMIT)
		pr_warn("memory: RAM beyond %lu GiB is not used\n", RAM_LIMIT >> 30);
	make_root();
	map_image();
	for_each_ram(map_direct);
	write_cr3(hv_l4_root);
	this_cpu()->loaded_l4 = hv_l4_root;
	for_each_ram(map_sections);
	for_each_ram(add_ram);
	early_free_all(add_free);
	hostmap_running = true;
}

void boot_module_free(unsigned int n)
{
	const struct boot_module *m = &boot.modules[n];
	paddr_t start = MAX(ROUND_DOWN(m->start, PAGE_SIZE), LOW_MEMORY);
	paddr_t end = ROUND_UP(m->start + m->size, PAGE_SIZE);

	if (m->size && start < end)
		add_free(start, end);
	boot.modules[n].size = 0;
}

static void free_image_part(char *start, char *end)
{
	u64 size = (u64)(end - start);

	hostmap_unmap((u64)start, size);
	hostmap_map((u64)paddr_va(image_paddr(start)), image_paddr(start), size, DATA, 0);
	add_free(image_paddr(start), image_paddr(end));
}

void hostmap_free_init(void)
{
	free_image_part(rodata_end, init_ro_end);
	free_image_part(data_end, init_data_end);
	free_image_part(bss_end, image_end);
}
