/* SPDX-License-Identifier: MIT */
/* The end of the machine: what a panic shows, reboot, power-off, halt. */
#include <core/arch.h>
#include <x86/asm.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define STACK_WORDS      32
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_RESET   0xfe
#define RESET_WAIT       1000000

bool opt_noreboot;

static void dump_regs(const struct cpu_regs *r)
{
	pr_err("rip %04x:%016lx  rsp %04x:%016lx  rflags %08lx\n", r->cs, r->rip, r->ss, r->rsp,
	       r->rflags);
	pr_err("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	pr_err("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	pr_err("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	pr_err("r13 %016lx  r14 %016lx  r15 %016lx\n", r->r13, r->r14, r->r15);
}

static bool is_text(u64 v)
{
	return v - (u64)image_start < (u64)(init_ro_end - image_start);
}

/* Words of the stack that look like return addresses stand out by a star. */
static void dump_stack(u64 sp)
{
	u64 v;

	pr_err("stack at %016lx:\n", sp);
	for (unsigned int i = 0; i < STACK_WORDS; i++) {
		if (read_word_safe((const u64 *)sp + i, &v))
			break;
		if (v)
			pr_err("  +%03x %016lx%s\n", i * 8, v, is_text(v) ? " *" : "");
	}
}

static void dump_walk(u64 va)
{
	unsigned int level;
	u64 e = hostmap_lookup(va, &level);

	pr_err("cr3 %016lx  walk of %016lx ends at level %u with %016lx\n", read_cr3(), va, level,
	       e);
}

static void dump_hypercalls(const struct cpu *c)
{
	const struct entry_data *d = c->entry;
	char text[128];
	size_t n = 0;

	if (!d)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(d->recent); i++) {
		unsigned int at = (d->recent_next / sizeof(u16) + i) % ARRAY_SIZE(d->recent);

		n += (size_t)snprintf(text + n, sizeof(text) - n, " %u", d->recent[at]);
	}
	pr_err("last hypercalls that left by the slow way, oldest first:%s\n", text);
}

static void dump_vcpu(const struct vcpu *v)
{
	if (!v || !v->domain || v == v->cpu->idle)
		return;
	pr_err("running: domain %u vCPU %u, %s mode; its frame:\n", v->domain->id, v->id,
	       v->guest_kernel ? "kernel" : "user");
	dump_regs(&v->stack->regs);
}

const char *machine_cmdline(void)
{
	return boot.cmdline;
}

void machine_dump(void)
{
	const struct cpu *c = this_cpu();
	u64 sp = (u64)__builtin_frame_address(0);

	if (trap_panic_regs) {
		dump_regs(trap_panic_regs);
		sp = trap_panic_regs->rsp;
		if (trap_panic_regs->vector == TRAP_PF)
			dump_walk(read_cr2());
	}
	dump_stack(sp);
	dump_vcpu(c->curr);
	dump_hypercalls(c);
}

void machine_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* A table without gates: the next exception resets the CPU. */
static void triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) none = { 0, 0 };

	__asm__ volatile("lidt %0; ud2" : : "m"(none));
}

void machine_reboot(void)
{
	uart_write_sync("", 0);
	if (acpi.reset_register_io) {
		outb((u16)acpi.reset_port, acpi.reset_value);
		for (unsigned int i = 0; i < RESET_WAIT; i++)
			cpu_relax();
	}
	outb(KEYBOARD_COMMAND, KEYBOARD_RESET);
	for (unsigned int i = 0; i < RESET_WAIT; i++)
		cpu_relax();
	triple_fault();
	machine_halt();
}

/* What to write for S5 stands in AML, which is dom0's: it asks with its own values before it comes
 * here. */
void machine_poweroff(void)
{
	pr_info("the machine may be switched off\n");
	uart_write_sync("", 0);
	machine_halt();
}

void machine_panic_end(void)
{
	uart_write_sync("", 0);
	if (opt_noreboot)
		machine_halt();
	machine_reboot();
}
