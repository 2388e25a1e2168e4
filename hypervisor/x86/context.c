/* SPDX-License-Identifier: MIT */
/*
 * The loaded state of a vCPU, and the switch from one to the next.
 *
 * A switch saves what lives in the CPU (selectors, segment bases, FPU), changes stacks, and then,
 * on the new stack and in context_start, loads the same for the new vCPU: descriptor windows first,
 * since the CR3 load behind them makes them count. The idle vCPU has no guest state: it runs on the
 * hypervisor's own root with empty windows, so what a dead guest had there is not kept alive.
 */
#include <pv_abi.h>

#include <core/arch.h>
#include <x86/asm.h>
#include <x86/context.h>
#include <x86/entry.h>
#include <x86/machine.h>
#include <x86/pte.h>
#include <x86/spec.h>
#include <core/sched.h>
#include <x86/trap.h>
#include <x86/vector.h>
#include <x86/x86.h>

/* What LAR answers of a code segment. */
#define LAR_PRESENT  0x8000U
#define LAR_CODE     0x1800U
#define LAR_LONG     0x200000U
#define LAR_BIG      0x400000U

#define WINDOW_RW    (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define WINDOW_ZERO  (PTE_P | PTE_A | PTE_NX)
#define DR7_NONE     0x400UL
#define CALLEE_SAVED 6

static u16 gdt_pages[NR_CPUS]; /* of the window that show a guest's frames */
static u16 ldt_pages[NR_CPUS]; /* bit n: LDT window page n is mapped */

static bool is_idle(const struct vcpu *v)
{
	return v == v->cpu->idle;
}

/* Windows ------------------------------------------------------------------------------------- */

static void gdt_window_fill(const struct cpu *c, const struct vcpu *v)
{
	u64 *window = desc_window(c, CPU_ENTRY_GDT);
	unsigned int n = v ? ROUND_UP(v->arch.gdt_entries, 512) / 512 : 0;
	unsigned int pages = MAX(n, (unsigned int)gdt_pages[c->id]);

	for (unsigned int i = 0; i < pages; i++)
		window[i] = i < n ? mfn_to_paddr(v->arch.gdt[i]) | WINDOW_RW
				  : image_paddr(desc_zero_page) | WINDOW_ZERO;
	gdt_pages[c->id] = (u16)n;
}

static void ldt_window_fill(const struct cpu *c, const struct vcpu *v)
{
	u64 *window = desc_window(c, CPU_ENTRY_LDT);
	bool wanted = v && v->arch.ldt_entries;
	u16 mapped = 0;

	if (!wanted && !ldt_pages[c->id])
		return;
	for (unsigned int i = 0; i < LDT_PAGES; i++) {
		window[i] = 0;
		if (!wanted || mfn_eq(v->arch.ldt[i], MFN_NONE))
			continue;
		window[i] = mfn_to_paddr(v->arch.ldt[i]) | WINDOW_RW;
		mapped |= (u16)(1U << i);
	}
	ldt_pages[c->id] = mapped;
}

static void ldtr_load(struct cpu *c, const struct vcpu *v)
{
	static bool loaded[NR_CPUS];
	unsigned int entries = v ? v->arch.ldt_entries : 0;

	if (!entries && !loaded[c->id])
		return;
	desc_set_ldt(c, entries);
	loaded[c->id] = entries;
}

void context_load_gdt(struct vcpu *v)
{
	gdt_window_fill(this_cpu(), v);
	tlb_flush_local();
}

void context_load_ldt(struct vcpu *v)
{
	ldt_window_fill(this_cpu(), v);
	tlb_flush_local();
	ldtr_load(this_cpu(), v);
}

void context_map_ldt_page(struct vcpu *v, unsigned int n, mfn_t mfn)
{
	struct cpu *c = this_cpu();

	(void)v;
	desc_window(c, CPU_ENTRY_LDT)[n] = mfn_to_paddr(mfn) | WINDOW_RW;
	ldt_pages[c->id] |= (u16)(1U << n);
}

/* Page tables and mode ------------------------------------------------------------------------ */

void context_load_l4(struct vcpu *v)
{
	tlb_load_root(v->guest_kernel ? v->arch.kernel_l4 : v->arch.user_l4);
}

void context_toggle_mode(struct vcpu *v)
{
	v->guest_kernel ^= 1;
	__asm__ volatile("swapgs" : : : "memory");
	context_load_l4(v);
}

/* Segments ------------------------------------------------------------------------------------ */

#define READ_SELECTOR(seg)                                         \
	static u16 read_##seg(void)                                \
	{                                                          \
		u16 s;                                             \
                                                                   \
		__asm__ volatile("mov %%" #seg ", %0" : "=rm"(s)); \
		return s;                                          \
	}
READ_SELECTOR(ds)
READ_SELECTOR(es)
READ_SELECTOR(fs)
READ_SELECTOR(gs)

void context_note_selectors(struct vcpu *v)
{
	v->arch.ds = read_ds();
	v->arch.es = read_es();
	v->arch.fs = read_fs();
	v->arch.gs = read_gs();
}

static u32 base_msr(unsigned int which)
{
	if (which == SEGBASE_FS)
		return MSR_FS_BASE;
	return (which == SEGBASE_GS_KERNEL) == current->guest_kernel ? MSR_GS_BASE
								     : MSR_KERNEL_GS_BASE;
}

u64 context_read_base(unsigned int which)
{
	return rdmsr(base_msr(which));
}

void context_write_base(unsigned int which, u64 base)
{
	COUNT(this_cpu(), wrmsr);
	wrmsr(base_msr(which), base);
}

/* The flat selector, or a segment of the guest's own tables: stock kernels start their later CPUs
 * on one. */
unsigned int context_code_bits(u16 cs)
{
	u32 rights;
	bool valid;

	if (likely(cs == SEL_GUEST_CS64))
		return 64;
	__asm__("lar %2, %0" : "=r"(rights), "=@ccz"(valid) : "r"((u32)cs));
	if (!valid || (rights & (LAR_PRESENT | LAR_CODE)) != (LAR_PRESENT | LAR_CODE))
		return 0;
	if (rights & LAR_LONG)
		return 64;
	return rights & LAR_BIG ? 32 : 16;
}

/* A load of GS sets the base of the running mode, the kernel's: so it happens behind swapgs. */
void context_load_user_gs(u16 sel)
{
	__asm__ volatile("swapgs" : : : "memory");
	load_gs_safe(sel);
	__asm__ volatile("swapgs" : : : "memory");
}

static void segments_save(struct vcpu *v)
{
	context_note_selectors(v);
	v->arch.fs_base = rdmsr(MSR_FS_BASE);
	v->arch.gs_base = rdmsr(MSR_GS_BASE);
	v->arch.gs_base_other = rdmsr(MSR_KERNEL_GS_BASE);
}

/* Loading a selector changes a base, so bases come last. Selectors that the CPU refuses read 0
 * afterwards, and the guest is told what they were meant to be. */
static bool segments_load(const struct vcpu *v)
{
	int rc = 0;

	if (v->arch.ds | read_ds())
		rc |= load_ds_safe(v->arch.ds);
	if (v->arch.es | read_es())
		rc |= load_es_safe(v->arch.es);
	if (v->arch.fs | read_fs())
		rc |= load_fs_safe(v->arch.fs);
	if (v->arch.gs | read_gs())
		rc |= load_gs_safe(v->arch.gs);
	wrmsr(MSR_FS_BASE, v->arch.fs_base);
	wrmsr(MSR_GS_BASE, v->arch.gs_base);
	wrmsr(MSR_KERNEL_GS_BASE, v->arch.gs_base_other);
	return !rc;
}

/* Control and debug registers ----------------------------------------------------------------- */

void context_load_cr4(struct vcpu *v)
{
	struct cpu *c = this_cpu();
	u64 want = context_cr4(v);

	if (c->cr4 == want)
		return;
	c->cr4 = want;
	write_cr4(want);
}

#define WRITE_DR(n, v) __asm__ volatile("mov %0, %%dr" #n : : "r"(v))

void context_clear_debugregs(void)
{
	WRITE_DR(7, DR7_NONE);
}

void context_load_debugregs(struct vcpu *v)
{
	if (!v->arch.dr_active) {
		context_clear_debugregs();
		return;
	}
	WRITE_DR(0, v->arch.dr[0]);
	WRITE_DR(1, v->arch.dr[1]);
	WRITE_DR(2, v->arch.dr[2]);
	WRITE_DR(3, v->arch.dr[3]);
	WRITE_DR(6, v->arch.dr[6]);
	WRITE_DR(7, v->arch.dr[7]);
}

/* The switch ---------------------------------------------------------------------------------- */

static void save(struct vcpu *v)
{
	if (is_idle(v))
		return;
	segments_save(v);
	fpu_save(v);
	if (v->arch.dr_active)
		context_clear_debugregs();
}

static void load_idle(struct cpu *c)
{
	gdt_window_fill(c, NULL);
	ldt_window_fill(c, NULL);
	tlb_load_root(hv_l4_root);
	ldtr_load(c, NULL);
}

/* What the guest's frame cannot carry. A vCPU that never ran has the selectors and bases of its
 * context. */
static void load(struct cpu *c, struct vcpu *v)
{
	spec_switch(c, v->domain);
	gdt_window_fill(c, v);
	ldt_window_fill(c, v);
	context_load_l4(v);
	ldtr_load(c, v);
	context_load_cr4(v);
	fpu_restore(v);
	if (v->arch.dr_active)
		context_load_debugregs(v);
	if (!segments_load(v))
		pv_failsafe(&v->stack->regs);
}

void context_start(void)
{
	struct cpu *c = this_cpu();
	struct vcpu *v = current;

	if (is_idle(v))
		load_idle(c);
	else
		load(c, v);
}

void context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu *c = this_cpu();

	save(prev);
	c->curr = next;
	next->stack->cpu = c;
	desc_set_stack(c, next->stack);
	context_switch_stacks(&prev->saved_rsp, next->saved_rsp);
	context_start();
}

/* As context_switch_stacks left it: callee-saved registers, then where to go. */
void context_prepare(struct vcpu *v)
{
	u64 *sp = (u64 *)&v->stack->regs - 1;

	*--sp = (u64)(v->cpu && is_idle(v) ? context_first_idle : context_first);
	for (unsigned int i = 0; i < CALLEE_SAVED; i++)
		*--sp = 0;
	v->stack->vcpu = v;
	v->saved_rsp = (u64)sp;
}

void cpu_idle(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	trap_serve_pending();
}

void cpu_kick(struct cpu *c)
{
	lapic_send_ipi(c->apic_id, VECTOR_RESCHED);
}

void irq_poll(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}
