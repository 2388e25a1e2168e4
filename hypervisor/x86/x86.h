/* SPDX-License-Identifier: MIT */
/* What the files of x86/ tell each other. No other room includes this. */
#ifndef PV_X86_H
#define PV_X86_H

#include <core/cpu.h>
#include <core/frame.h>
#include <core/types.h>
#include <x86/patch.h>

/*
 * What entry code finds behind its text, at ENTRY_VIRT + cpu * CPU_ENTRY_SIZE + CPU_ENTRY_DATA. The
 * ring of hypercall numbers is written by the slow way out alone. Under page-table isolation the
 * rest of the page is the stack on which exceptions arrive from guests.
 */
struct entry_data {
	u64 scratch;   /* isolation: RAX of the way out; guest_rsp follows it */
	u64 guest_rsp; /* scratch of the SYSCALL entry */
	u64 stack;     /* &stack_top.vcpu of the running vCPU */
	u64 hv_cr3;    /* isolation: the root while the hypervisor runs; 0: it is off */
	u64 guest_cr3; /* isolation: what CR3 is to hold in the guest */
	struct cpu *cpu;
	u16 verw_selector; /* operand of VERW: a selector that it finds writable */
	u16 recent_next;   /* index into recent, bytes */
	u16 recent[16];    /* numbers of the last hypercalls that left by the slow way */
	u64 room[24];      /* isolation: for the exception of an IRET that fails */
	u64 saved[2];      /* isolation: RCX and RAX, then what IRET reads */
	u64 iret[5];
};

struct tss {
	u32 pad0;
	u64 rsp0, rsp1, rsp2;
	u64 pad1;
	u64 ist[7];
	u64 pad2;
	u16 pad3, iomap;
} __attribute__((packed));

enum ist { IST_NONE, IST_NMI, IST_DB, IST_DF, IST_MC, IST_END };

/* What stands at the top of an IST stack. */
struct ist_top {
	struct cpu *cpu;
	struct entry_data *entry;
};

/* link.lds.S: the image's parts. */
extern char image_start[], text_end[], rodata_end[], init_ro_end[], data_end[], init_data_end[];
extern char bss_end[], image_end[];
extern char build_id_start[], build_id_end[];

static inline paddr_t image_paddr(const void *p)
{
	return (u64)p - HV_TEXT_VIRT + HV_PHYS_START;
}

/* Before hostmap_init the head's tables show the first 4 GiB here, afterwards all RAM. */
static inline void *paddr_va(paddr_t a)
{
	return (void *)(DIRECT_VIRT + a);
}

/* head.S */
extern char boot_stack_guard[], boot_stack[];
extern u64 boot_gdt_page[512];
void boot_main(u32 magic, paddr_t info) NORETURN;

/* entry.S: entry text, run at each CPU's alias of it. */
#define ENTRY_TEXT_SIZE (2 * PAGE_SIZE)
extern char entry_page[], entry_syscall[], entry_syscall_compat[], entry_sysenter[], entry_iretq[];
extern char entry_syscall_pti[], entry_syscall_compat_pti[], entry_sysenter_pti[];
extern char entry_stubs_exception[], entry_stubs_irq[];
#define ENTRY_STUB_EXCEPTION 16 /* bytes each, vectors 0..31 */
#define ENTRY_STUB_IRQ       8  /* vectors 32..255 */
void context_switch_stacks(u64 *save_rsp, u64 load_rsp);
void context_first(void) NORETURN;
void context_first_idle(void) NORETURN;

/* Instructions that may fault and where to go then. */
struct extable_entry {
	u64 insn, fixup;
};
extern const struct extable_entry extable_start[], extable_end[];

/* multiboot.c: fills `boot` and reserves what the loader left. -EINVAL: no multiboot. */
int multiboot_read(u32 magic, paddr_t info);
/* options.c: twice, since complaints are of use only once the port runs. */
void options_parse(const char *line, bool complain);

/* e820.c. Low memory is kept out of the allocator, for later CPUs to start in. */
#define LOW_MEMORY 0x100000UL
/* The frame table ends there. */
#define RAM_LIMIT ((u64)FRAME_SECTIONS << (FRAME_SECTION_SHIFT + PAGE_SHIFT))
void e820_finish(void); /* sorts, resolves overlaps */
void e820_print(void);
void early_reserve(paddr_t start, u64 size);
/* RAM that stays the hypervisor's, zeroed when it can be reached; below: not beyond this address.
 */
paddr_t early_alloc(u64 size, u64 align, paddr_t below);
void early_free_all(void (*free)(paddr_t start, paddr_t end)); /* each piece of RAM not reserved */
void early_for_each_reserved(void (*fn)(paddr_t start, paddr_t end));
paddr_t e820_ram_end(void);

/* cpu.c */
void cpu_identify(void);
/* Once the options are known. Text is writable only through the head's first tables, so this comes
 * before hostmap_init. */
void cpu_patch_text(void);
u64 cpu_arch_capabilities(void);    /* MSR 10AH, 0 on a CPU without */
void cpu_setup(void);               /* CR0, CR4, EFER, PAT of this CPU */
extern bool cpu_keeps_fpu_pointers; /* fpu_image.h */
extern bool cpu_has_1g_pages, cpu_has_xsaveopt, cpu_has_invariant_tsc, cpu_has_umip;

/* hostmap.c, hostmap_boot.c */
#define MAP_LARGE 1U /* 2 MiB and 1 GiB entries where they fit */
void hostmap_init(void);
void hostmap_map(u64 va, paddr_t pa, u64 size, u64 flags, unsigned int how);
void hostmap_unmap(u64 va, u64 size);
u64 *hostmap_entry(u64 va); /* the L1 entry of va, made if need be; never in a large page */
u64 hostmap_lookup(u64 va, unsigned int *level);
void hostmap_free_init(void);
paddr_t hostmap_table(void); /* one zeroed page for a table */
extern bool hostmap_running; /* the frame allocator serves now */

/* desc.c */
void desc_early(void); /* IDT at the image's address, for faults during boot */
void desc_init_cpu(struct cpu *c);
void desc_set_stack(struct cpu *c, struct stack_top *top);
void desc_set_ldt(struct cpu *c, unsigned int entries);
u64 *desc_window(const struct cpu *c, unsigned int offset); /* L1 entries of the CPU's area */
extern char desc_zero_page[];

/* tlb.c: CR3 and cpu.loaded_l4 */
void tlb_load_root(paddr_t root);
/* Counters for the benchmark cost instructions, so debug builds have them alone. */
#ifdef PV_DEBUG
#define COUNT(c, what) ((c)->count.what++)
#else
#define COUNT(c, what) ((void)(c))
#endif

/* trap.c */
struct cpu_regs *trap_from_hv(struct cpu_regs *regs);
void trap_from_guest(struct cpu_regs *regs);
void trap_ist(struct cpu_regs *regs, struct cpu *cpu);
void trap_double_fault(struct cpu_regs *regs) NORETURN;
bool extable_fixup(struct cpu_regs *regs);
extern const struct cpu_regs *trap_panic_regs;

/* safe.S: 0 or -EFAULT */
int guest_copy(void *dst, const void *src, size_t n) MUST_CHECK;
int guest_fill(void *dst, size_t n) MUST_CHECK;
int load_ds_safe(u16 sel);
int load_es_safe(u16 sel);
int load_fs_safe(u16 sel);
int load_gs_safe(u16 sel);
int fxrstor_safe(const void *area) MUST_CHECK;
int xrstor_safe(const void *area, u64 mask) MUST_CHECK;
int read_word_safe(const u64 *p, u64 *out) MUST_CHECK;

/* context.c */
void context_start(void);

/* apic.c, time.c, acpi.c, fpu.c, uart.c */
void lapic_init(void);
/* The timer's rate, and TSC ticks in the same span. */
void lapic_calibrate(u32 microseconds, u64 *tsc_ticks);
void lapic_timer_set(u64 ns); /* from now; 0 stops */
void time_init(void);
/* Spins for about so many microseconds by the reference clock; returns TSC ticks passed. */
u64 time_reference_wait(u32 us, void (*start)(void), void (*stop)(void));
void acpi_init(void);
void fpu_init(void);
void uart_init(void);
void uart_start(void); /* receive interrupt, once interrupts are routed */

#endif /* PV_X86_H */
