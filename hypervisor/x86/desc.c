/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. Each CPU has, in its part of the entry slot, a window of fifteen GDT pages
 * (fourteen show the running guest's frames, or zeroes) and sixteen LDT pages, and its TSS and IST
 * stacks; the IDT is shared and read-only. Windows are supervisor read-write, since the CPU sets
 * Accessed bits, and not global, so that a CR3 load drops what the last guest had there.
 */
#include <x86/asm.h>
#include <x86/context.h>
#include <core/frame.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/pte.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define DESC_TSS 0x0000890000000000UL
#define DESC_LDT 0x0000820000000000UL
#define ED_PTE   (PTE_P | PTE_RW | PTE_NX | PTE_A | PTE_D)

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, zero;
};

struct table_register {
	u16 limit;
	u64 base;
} __attribute__((packed));

char desc_zero_page[PAGE_SIZE] ALIGNED(PAGE_SIZE);
static struct gate idt[256] ALIGNED(PAGE_SIZE);
static char boot_ist[IST_END - 1][PAGE_SIZE] ALIGNED(PAGE_SIZE);
static char boot_tss[PAGE_SIZE] ALIGNED(PAGE_SIZE);
static char boot_entry_data[PAGE_SIZE] ALIGNED(PAGE_SIZE);

static u64 area(const struct cpu *c, unsigned int offset)
{
	return ENTRY_VIRT + c->id * CPU_ENTRY_SIZE + offset;
}

u64 *desc_window(const struct cpu *c, unsigned int offset)
{
	return hostmap_entry(area(c, offset));
}

static enum ist ist_of(unsigned int vector)
{
	switch (vector) {
	case TRAP_NMI: return IST_NMI;
	case TRAP_DB: return IST_DB;
	case TRAP_DF: return IST_DF;
	case TRAP_MC: return IST_MC;
	default: return IST_NONE;
	}
}

static u64 stub_offset(unsigned int vector)
{
	if (vector < 32)
		return (u64)(entry_stubs_exception - entry_page) + vector * ENTRY_STUB_EXCEPTION;
	return (u64)(entry_stubs_irq - entry_page) + (vector - 32) * ENTRY_STUB_IRQ;
}

/* int3, into and int 0x80 alone may be raised by software; pv looks at the guest's own DPL. */
static bool open_to_software(unsigned int vector)
{
	return vector == TRAP_BP || vector == TRAP_OF || vector == 0x80;
}

static void idt_fill(u64 text, bool with_ist)
{
	for (unsigned int v = 0; v < 256; v++) {
		u64 target = text + stub_offset(v);

		idt[v] = (struct gate){
			.offset_low = (u16)target,
			.selector = SEL_HV_CS,
			.ist = with_ist ? ist_of(v) : 0,
			.type = open_to_software(v) ? 0xee : 0x8e,
			.offset_mid = (u16)(target >> 16),
			.offset_high = (u32)(target >> 32),
		};
	}
}

static void idt_load(const void *base)
{
	struct table_register r = { sizeof(idt) - 1, (u64)base };

	__asm__ volatile("lidt %0" : : "m"(r));
}

void desc_early(void)
{
	idt_fill((u64)entry_page, false);
	idt_load(idt);
}

static u64 base_bits(u64 base)
{
	return (base & 0xffffff) << 16 | (base & 0xff000000) << 32;
}

static void put_system_descriptor(u64 *gdt_page, u16 sel, u64 type, u64 base, u32 limit)
{
	u64 *d = gdt_page + (sel - SEL_HV_GDT_PAGE) / 8;

	d[1] = base >> 32;
	d[0] = type | base_bits(base) | (limit & 0xffff) | (u64)(limit >> 16 & 0xf) << 48;
}

static void map_page(const struct cpu *c, unsigned int offset, const void *page, u64 flags)
{
	*desc_window(c, offset) = image_paddr(page) | flags;
}

static void map_area(const struct cpu *c)
{
	for (unsigned int i = 0; i < ENTRY_TEXT_SIZE; i += PAGE_SIZE)
		map_page(c, CPU_ENTRY_TEXT + i, entry_page + i, PTE_P | PTE_A | PTE_G);
	map_page(c, CPU_ENTRY_DATA, boot_entry_data, ED_PTE | PTE_G);
	map_page(c, CPU_ENTRY_TSS, boot_tss, ED_PTE | PTE_G);
	for (unsigned int i = 0; i < IST_END - 1; i++)
		map_page(c, CPU_ENTRY_IST + (2 * i + 1) * PAGE_SIZE, boot_ist[i], ED_PTE | PTE_G);
	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		map_page(c, CPU_ENTRY_GDT + i * PAGE_SIZE, desc_zero_page, PTE_P | PTE_A | PTE_NX);
	map_page(c, CPU_ENTRY_GDT + GDT_GUEST_PAGES * PAGE_SIZE, boot_gdt_page, ED_PTE | PTE_G);
}

static void init_tss(struct cpu *c)
{
	struct tss *tss = (struct tss *)area(c, CPU_ENTRY_TSS);

	for (unsigned int i = 0; i < IST_END - 1; i++) {
		u64 end = area(c, CPU_ENTRY_IST) + (2 * i + 2) * PAGE_SIZE;
		struct ist_top *top = (struct ist_top *)end - 1;

		top->cpu = c;
		top->entry = c->entry;
		tss->ist[i] = (u64)top;
	}
	tss->iomap = sizeof(*tss);
}

static void load_tables(struct cpu *c)
{
	struct table_register gdtr = { GDT_PAGES * PAGE_SIZE - 1, area(c, CPU_ENTRY_GDT) };
	u64 *gdt_page = (u64 *)(gdtr.base + SEL_HV_GDT_PAGE);

	put_system_descriptor(gdt_page, SEL_TSS, DESC_TSS, area(c, CPU_ENTRY_TSS),
			      sizeof(struct tss) - 1);
	__asm__ volatile("lgdt %0" : : "m"(gdtr));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	__asm__ volatile("lldt %w0" : : "r"(0));
}

void desc_init_cpu(struct cpu *c)
{
	idt_fill(ENTRY_VIRT, true);
	*hostmap_entry(IDT_VIRT) = image_paddr(idt) | PTE_P | PTE_A | PTE_G | PTE_NX;
	map_area(c);
	c->entry = (struct entry_data *)area(c, CPU_ENTRY_DATA);
	c->entry->cpu = c;
	c->entry->verw_selector = SEL_HV_SS;
	xpti_init_cpu(c);
	init_tss(c);
	load_tables(c);
	idt_load((const void *)IDT_VIRT);
	desc_set_stack(c, stack_top());
}

void desc_set_stack(struct cpu *c, struct stack_top *top)
{
	u64 stack = (u64)&top->vcpu;
	struct tss *tss = (struct tss *)area(c, CPU_ENTRY_TSS);

	tss->rsp0 = c->entry->hv_cr3 ? (u64)c->entry + PAGE_SIZE : stack;
	c->entry->stack = stack;
}

/* Entries that the guest did not name do not exist for the CPU. */
void desc_set_ldt(struct cpu *c, unsigned int entries)
{
	u64 *gdt_page = (u64 *)(area(c, CPU_ENTRY_GDT) + SEL_HV_GDT_PAGE);
	u16 sel = 0;

	if (entries) {
		put_system_descriptor(gdt_page, SEL_LDT, DESC_LDT, area(c, CPU_ENTRY_LDT),
				      entries * 8 - 1);
		sel = SEL_LDT;
	}
	__asm__ volatile("lldt %w0" : : "r"(sel));
}
