/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames: what a trap leaves on the stack and in the registers. From kernel mode the frame
 * goes below the current stack, 16-byte aligned; from user mode to the stack of stack_switch. RCX,
 * R11 and the flags are the interrupted ones, IF and the saved mask show the event mask that was in
 * force, dangerous flags are clear in the handler, and a trap entry without the mask bit leaves the
 * mask alone.
 */
#include "test.h"

SNIPPET(trap_here, "int3");

/* The state in the handler, which the ordinary entry code would lose. */
static struct {
	uint64_t rsp, rflags;
	uint16_t cs, ss;
	uint8_t mask;
	uint64_t frame[8];
} seen;

extern const char raw_entry[];
__asm__(".pushsection .text; raw_entry:"
	"pushfq; popq seen_flags;"
	"movq %rsp, seen_rsp;"
	"movw %cs, seen_cs; movw %ss, seen_ss;"
	"jmp raw_tail; .popsection");
uint64_t seen_flags, seen_rsp;
uint16_t seen_cs, seen_ss;
extern const char raw_tail[];
__asm__(".pushsection .text; .globl raw_tail; raw_tail:"
	"popq %rcx; popq %r11; pushq $0; movl $3, 4(%rsp);"
	"subq $16, %rsp; addq $8, %rsp; addq $8, %rsp;"
	"pushq %rdi; pushq %rsi; pushq %rdx; pushq %rcx; pushq %rax; pushq %r8; pushq %r9;"
	"pushq %r10; pushq %r11; pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14;"
	"pushq %r15; movq %rsp, %rdi; cld; call raw_dispatch; ud2; .popsection");

void raw_dispatch(struct pv_regs *regs);
void raw_dispatch(struct pv_regs *regs)
{
	seen.rsp = seen_rsp;
	seen.rflags = seen_flags;
	seen.cs = seen_cs;
	seen.ss = seen_ss;
	seen.mask = pv_vcpu_info()->evtchn_upcall_mask;
	pv_trap_dispatch(regs);
}

static void entry_set(uint8_t flags)
{
	struct trap_info table[2] = { { .vector = PV_VECTOR_BP,
					.flags = flags,
					.cs = PV_CS64,
					.address = (unsigned long)raw_entry } };

	must(!hypercall_set_trap_table(table));
}

static void common_check(const char *mode, const struct pv_regs *in, const struct pv_regs *out)
{
	expect_fault(mode, regs_fault(out), BP);
	expect_eq("CS in the handler", seen.cs, PV_CS64);
	expect_eq("SS in the handler", seen.ss, PV_SS);
	/* TF, IOPL, NT, RF, VM and AC are off, IF is on: a guest never runs without real
	 * interrupts. */
	expect_eq("flags in the handler", seen.rflags & 0x77300, 0x200);
	expect_eq("RCX", out->rcx, in->rcx);
	expect_eq("R11", out->r11, in->r11);
	expect_eq("RSP", out->rsp, in->rsp);
	expect_eq("SS", out->ss & 0xffff, PV_SS);
	expect_eq("IOPL, NT and VM in the frame", out->rflags & 0x27000, 0);
}

static void kernel_frame(uint8_t *stack, unsigned int misalign)
{
	struct pv_regs in = regs_kernel(trap_here);
	const struct pv_regs *out;

	in.rcx = 0x1010101010101010;
	in.r11 = 0x2020202020202020;
	in.rsp = (uint64_t)stack - misalign;
	out = run(&in);
	common_check("from kernel mode", &in, out);
	/* rcx, r11, rip, cs, rflags, rsp, ss: 7 words. */
	expect_eq("stack in the handler", seen.rsp, (in.rsp & ~15UL) - 7 * 8);
	expect_eq("CS", out->cs, PV_CS64 & ~3);
}

static void user_frame(void)
{
	struct pv_regs in = regs_user(trap_here);
	const struct pv_regs *out;

	in.rcx = 0x3030303030303030;
	in.r11 = 0x4040404040404040;
	in.rsp = 0x123456; /* not used by a trap from user mode */
	out = run(&in);
	common_check("from user mode", &in, out);
	expect_eq("CS", out->cs, PV_CS64);
}

/* Events unmasked in the snippet (IF on through iret), then a trap with and without the mask bit.
 */
static void masks(void)
{
	struct pv_regs in = regs_kernel(trap_here);
	const struct pv_regs *out;

	in.rflags |= 0x200;
	out = run(&in);
	expect_eq("mask in a handler that masks", seen.mask, 1);
	expect_eq("IF of unmasked code", out->rflags & 0x200, 0x200);
	expect_eq("saved mask of unmasked code", out->saved_upcall_mask, 0);
	entry_set(3);
	out = run(&in);
	expect_eq("mask in a handler that does not mask", seen.mask, 0);
	in.rflags &= ~0x200ULL;
	out = run(&in);
	expect_eq("IF of masked code", out->rflags & 0x200, 0);
	expect_eq("saved mask of masked code", out->saved_upcall_mask, 1);
	entry_set(7);
}

/* Flags that a guest may set go through; the direction flag is the handler's own business. */
static void flags(void)
{
	struct pv_regs in = regs_kernel(trap_here);
	const struct pv_regs *out;

	in.rflags |= 0x244cd5; /* ID, AC, NT, DF, SF, ZF, AF, PF, CF */
	out = run(&in);
	expect_fault("with many flags", regs_fault(out), BP);
	expect_eq("arithmetic flags, DF, ID in the frame", out->rflags & 0x200cd5, 0x200cd5);
	expect_eq("flags in the handler", seen.rflags & 0x77300, 0x200);
}

void test_main(void)
{
	uint8_t *stack = (uint8_t *)page_take() + PV_PAGE_SIZE;

	user_root_make();
	entry_set(7);
	for (unsigned int misalign = 0; misalign < 16; misalign += 3)
		kernel_frame(stack, misalign);
	user_frame();
	masks();
	flags();
}
