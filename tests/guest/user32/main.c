/* SPDX-License-Identifier: MIT */
/*
 * 32-bit user programs: they run on the hypervisor's 32-bit selector, their faults and traps bounce
 * with that selector in the frame, SYSCALL from them goes to the callback for 32-bit callers, and
 * iret brings them back. The same selector is of no use to kernel mode beyond what it may do
 * anyway.
 */
#include "test.h"

#define CODE_AT  0x400000UL
#define STACK_AT 0x402000UL

/* 32-bit code, by bytes where the assembler thinks in 64. */
extern const char code32[], code32_end[];
__asm__(".pushsection .text; code32: .code32\n"
	"code32_ud: ud2\n"
	"code32_int3: movl $0x12345678, %ecx; pushl %ecx; popl %edx; int3\n"
	"code32_fault: movl 0x10000, %eax\n"
	"code32_bound: movl $0x80000000, %eax; addl %eax, %eax; into\n"
	"code32_syscall: movl $20, %eax; movl $0x1111, %ebx; syscall; nop; int3\n"
	"code32_far: ljmp $0x33, $0x1234\n"
	"code32_sgdt: xorl %ecx, %ecx; movl $2, %esi; pushl $0x77777777; pushl $0; pushl $0\n"
	"	sgdt -2(%esp, %esi, 2); movl 4(%esp), %eax; movzwl 2(%esp), %ebx\n"
	"	movl 8(%esp), %edx; smsw %ecx; sldt %si; int3\n"
	"code32_sidt: movl $0xabc00ff0, %ebx; movl $0xdef00008, %edi; addr16 sidt 0x10(%bx, %di)\n"
	"code32_str: str 0x10000\n"
	".code64\n code32_end: .popsection");
extern const char code32_ud[], code32_int3[], code32_fault[], code32_bound[], code32_syscall[];
extern const char code32_sgdt[], code32_sidt[], code32_str[];

static void *page_take_for_table(void *arg)
{
	(void)arg;
	return page_take();
}

static void memory_make(void)
{
	static const struct pv_page_source source = { page_take_for_table, NULL };
	uint8_t *code = page_take();

	memcpy(code, code32, (size_t)(code32_end - code32));
	must(!pv_map_page(root_table(), (void *)CODE_AT, pte_make(code, PTE_CODE), &source));
	must(!pv_map_page(root_table(), (void *)(STACK_AT - PV_PAGE_SIZE),
			  pte_make(page_take(), PV_PTE_DATA), &source));
}

static const struct pv_regs *run32(const char *label)
{
	struct pv_regs in = regs_user(label);

	in.rip = CODE_AT + (uint64_t)(label - code32);
	in.rsp = STACK_AT;
	in.cs = PV_CS32 | 3;
	return run(&in);
}

static void faults(void)
{
	const struct pv_regs *out = run32(code32_ud);

	expect_fault("ud2", regs_fault(out), UD);
	expect_eq("CS", out->cs, PV_CS32);
	expect_eq("RIP", out->rip, CODE_AT);
	out = run32(code32_int3);
	expect_fault("int3", regs_fault(out), BP);
	expect_eq("EDX", out->rdx, 0x12345678);
	expect_eq("ESP", out->rsp, STACK_AT);
	out = run32(code32_fault);
	expect_fault("a read of nothing", regs_fault(out), PF(PF_U));
	expect_eq("its address", pv_vcpu_info()->arch.cr2, 0x10000);
}

/* into is a software interrupt: its table entry has to let user mode in. */
static void overflow(void)
{
	struct trap_info table[2] = { { .vector = PV_VECTOR_OF,
					.flags = 7,
					.cs = PV_CS64,
					.address = pv_trap_address(PV_VECTOR_OF) } };
	const struct pv_regs *out;

	must(!hypercall_set_trap_table(table));
	out = run32(code32_bound);
	expect_eq("into", out->entry, PV_VECTOR_OF);
}

static void system_call(void)
{
	const struct pv_regs *out = run32(code32_syscall);
	struct pv_regs back;

	/* A CPU without SYSCALL in 32-bit mode (Intel) says #UD. */
	if (regs_fault(out) == UD)
		return;
	expect_eq("entry", out->entry, PV_ENTRY_SYSCALL32);
	expect_eq("EAX", out->rax, 20);
	expect_eq("EBX", out->rbx, 0x1111);
	expect_eq("RIP", out->rip, CODE_AT + (uint64_t)(code32_syscall - code32) + 12);
	back = *out;
	back.cs = PV_CS32 | 3;
	back.ss = PV_SS;
	back.rax = 7;
	out = run(&back);
	expect_fault("after the system call", regs_fault(out), BP);
	expect_eq("EAX", out->rax, 7);
	expect_eq("CS", out->cs, PV_CS32);
}

/* What UMIP would refuse: with 32-bit registers, addresses and bases, also by 16-bit addressing. */
static void system_tables(void)
{
	const struct pv_regs *out = run32(code32_sgdt);

	expect_fault("sgdt, smsw, sldt", regs_fault(out), BP);
	expect_eq("GDT limit", out->rbx, 0xefff);
	expect_eq("nothing behind six bytes", out->rdx, 0x77777777);
	expect_eq("SMSW", out->rcx & 0x80010021, 0x80010021);
	expect_eq("SLDT in a word of ESI", out->rsi, 0);
	out = run32(code32_sidt);
	expect_fault("sidt to nothing", regs_fault(out), PF(PF_W | PF_U));
	expect_eq("its address, of 16 bits", pv_vcpu_info()->arch.cr2, 0x1008);
	out = run32(code32_str);
	expect_fault("str to nothing", regs_fault(out), PF(PF_W | PF_U));
	expect_eq("its address", pv_vcpu_info()->arch.cr2, 0x10000);
}

void test_main(void)
{
	memory_make();
	user_root_make();
	faults();
	system_tables();
	if (on_paravane())
		overflow();
	system_call();
}
