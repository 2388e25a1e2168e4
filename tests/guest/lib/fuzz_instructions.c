/* SPDX-License-Identifier: MIT */
/*
 * Random instructions: each that needs privilege, loads a descriptor, leaves for elsewhere or has
 * memory that the hypervisor may have to look at, with registers at random, in kernel and user
 * mode; bytes at random; and iret frames.
 */
#include "fuzz.h"

#define SLOT 16 /* bytes for an instruction and the int3 behind it */

/* Operands: RDI is a pointer or a value; ECX an MSR, a port is in DX. The bytes: mov to DR4,
 * to CR1, icebp, bound (32-bit only), a lock without a right to be there, prefixes without end. */
/* clang-format off */
#define INSTRUCTIONS(I) \
	I("movq %rdi, %cr0") I("movq %rdi, %cr2") I("movq %rdi, %cr3") \
	I("movq %rdi, %cr4") I("movq %rdi, %cr8") I("movq %cr0, %rax") \
	I("movq %cr3, %rax") I("movq %cr4, %rax") I("movq %cr8, %rax") I("clts") \
	I("lmsw %di") I("smsw %ax") I("smsw (%rdi)") I("movq %rdi, %dr0") \
	I("movq %rdi, %dr1") I("movq %rdi, %dr2") I("movq %rdi, %dr3") \
	I("movq %dr0, %rax") I("movq %dr3, %rax") \
	I("movq %dr6, %rax") I("movq %dr7, %rax") I(".byte 0x0f, 0x23, 0xe7") \
	I(".byte 0x0f, 0x22, 0xcf") I("wrmsr") I("rdmsr") I("wrmsr") I("rdmsr") \
	I("rdtsc") I("rdtscp") I("rdpmc") I("lidt (%rdi)") I("sgdt (%rdi)") \
	I("sidt (%rdi)") I("lldt %di") I("lldt (%rdi)") I("ltr %di") I("sldt (%rdi)") \
	I("str (%rdi)") I("sldt %rax") I("verr %di") I("verw %di") I("lar %edi, %eax") \
	I("lsl %edi, %eax") I("cli") I("sti") I("invlpg (%rdi)") I("invd") I("wbinvd") \
	I("swapgs") I("inw %dx, %ax") I("inl %dx, %eax") I("outb %al, %dx") \
	I("outw %ax, %dx") I("outl %eax, %dx") I("inb $0x70, %al") I("insb") I("outsb") \
	I("rep insl") I("rep outsw") I("cpuid") I("xgetbv") I("xsetbv") I("int $0x80") \
	I("int $4") I("int $14") I("int $0x20") I("int $0x82") I("int $2") I("int $0xff") \
	I("ud2") I("syscall") I("sysenter") I("movw %di, %ds") I("movw %di, %es") \
	I("movw %di, %gs") I("movw %di, %ss") I("lfs (%rdi), %eax") I("popw %fs") \
	I("popfw") I("pushfq") I("rdfsbase %rax") I("wrfsbase %rdi") I("rdgsbase %rax") \
	I("wrgsbase %rdi") I("fxsave (%rdi)") I("fxrstor (%rdi)") I("xsave (%rdi)") \
	I("xrstor (%rdi)") I("xrstors (%rdi)") I("xsaveopt (%rdi)") I("ldmxcsr (%rdi)") \
	I("stmxcsr (%rdi)") I("fnsave (%rdi)") I("frstor (%rdi)") I("fninit; fwait") \
	I("movups %xmm0, (%rdi)") I("movntdqa (%rdi), %xmm1") I("vmcall") I("vmmcall") \
	I("vmxon (%rdi)") I("vmrun") I("vmptrld (%rdi)") I("invpcid (%rdi), %rax") \
	I("monitor") I("mwait") I("clac") I("stac") I("clflush (%rdi)") I("rsm") \
	I("rdpkru") I("movb %al, (%rdi)") I("movw %ax, (%rdi)") I("movl %eax, (%rdi)") \
	I("movq %rax, (%rdi)") I("movq (%rdi), %rax") I("lock xaddq %rax, (%rdi)") \
	I("lock cmpxchgq %rdx, (%rdi)") I("cmpxchg8b (%rdi)") I("xchgq %rax, (%rdi)") \
	I("lock btsq %rax, (%rdi)") I("stosq") I("movsq") I("cmpsb") I("orq $2, (%rdi)") \
	I("andb $0, (%rdi)") I("pushq (%rdi)") I("divq %rdi") I(".byte 0x62, 0x07") \
	I(".byte 0x66, 0x67, 0xf2, 0xf3, 0x0f, 0x0b")

/* From these the stack does not come back: not in kernel mode, whose next trap would need it. */
#define LEAVERS(I) \
	I("iretq") I("iretl") I("lretq") I("lretq $8") I("ljmpl *(%rdi)") \
	I("lcalll *(%rdi)") I("rex64 ljmpl *(%rdi)") I("rex64 lcalll *(%rdi)") \
	I("jmp *%rdi") I("call *%rdi") I("leave") I("enter $8, $31") I("sysretq") \
	I("sysexitq") I("popq (%rdi)")
/* clang-format on */

#define ONE(text)   ".balign 16, 0xcc; " text "; int3;"
#define COUNT(text) +1
#define NR_STAYING  (0 INSTRUCTIONS(COUNT))
#define NR          (NR_STAYING LEAVERS(COUNT))

extern const char fuzz_instructions[], fuzz_instructions_end[];
__asm__(".pushsection .text; .balign 16; fuzz_instructions: " INSTRUCTIONS(ONE)
		LEAVERS(ONE) ".balign 16, 0xcc; fuzz_instructions_end: .popsection");

static const uint32_t msrs[] = {
	0,          0x10,       0x1b,       0x3a,       0x48,       0x49,       0x79,
	0x8b,       0xc1,       0xce,       0xe7,       0x10a,      0x10b,      0x122,
	0x174,      0x175,      0x176,      0x179,      0x17a,      0x186,      0x198,
	0x19a,      0x1a0,      0x1d9,      0x200,      0x250,      0x277,      0x2ff,
	0x38d,      0x38f,      0x400,      0x480,      0x6e0,      0x802,      0x830,
	0xd90,      0xda0,      0x40000000, 0x40000001, 0xc0000080, 0xc0000081, 0xc0000082,
	0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0xc0000104,
	0xc0010000, 0xc0010010, 0xc0010015, 0xc001001f, 0xc0010114, 0xc0010117, 0xc001011f,
	0xc0011020, 0xc0011029, 0xc0011004,
};

static const uint16_t ports[] = { 0,     0x20,  0x21,  0x40, 0x43,  0x60,  0x61,  0x64,
				  0x70,  0x71,  0x80,  0x92, 0xa0,  0xcf8, 0xcf9, 0xcfb,
				  0xcfc, 0xcff, 0x3f8, 0xb2, 0x604, 0xffff };

static const uint16_t selectors[] = { 0,      3,      4,      7,      PV_CS64, PV_CS64 & ~3,
				      PV_SS,  0xe008, 0xe010, 0xe019, 0xe023,  0xe02b,
				      0xe033, 0xfffb, 0xffff };

static uint16_t selector(void)
{
	return fuzz_rarely(4) ? (uint16_t)fuzz_random()
			      : selectors[fuzz_random() % PV_ARRAY_SIZE(selectors)];
}

static void registers_fill(struct pv_regs *regs)
{
	uint64_t *word = &regs->r15;

	for (unsigned int i = 0; i < 15; i++)
		word[i] = fuzz_rarely(2) ? fuzz_value() : 0;
	regs->rdi = fuzz_rarely(4) ? fuzz_value() : fuzz_pointer();
	if (fuzz_rarely(4))
		regs->rdi = selector();
	if (fuzz_rarely(2))
		regs->rcx = msrs[fuzz_random() % PV_ARRAY_SIZE(msrs)];
	if (fuzz_rarely(2))
		regs->rdx = ports[fuzz_random() % PV_ARRAY_SIZE(ports)];
	/* A write to one of its tables. */
	if (fuzz_rarely(8))
		regs->rdi = fuzz.child->base + fuzz_random() % 4 * PV_PAGE_SIZE +
			    (fuzz_entry() & 0xfff);
	if (fuzz_rarely(4))
		regs->rax = fuzz_pte();
}

static struct pv_regs somewhere(void)
{
	unsigned int i = (unsigned int)(fuzz_random() % NR);
	const char *code = fuzz_instructions + i * SLOT;

	return i >= NR_STAYING || fuzz_rarely(2) ? regs_user(code) : regs_kernel(code);
}

SNIPPET(fuzz_dr7, "movq %rdi, %dr7");

static void debug_control(void)
{
	struct pv_regs in = regs_kernel(fuzz_dr7);

	in.rdi = FUZZ_DR7(fuzz_value());
	run(&in);
}

static void instruction(void)
{
	struct pv_regs in = somewhere();

	registers_fill(&in);
	/* A system call in kernel mode is a hypercall, which have their place elsewhere. */
	if (!pv_regs_user(&in))
		in.rax |= 1UL << 62;
	run(&in);
}

/* Bytes, behind prefixes that say much; in user mode, from where no jump goes far. Their page is
 * none that data is written to: QEMU looks for translated code at every such write. */
static void bytes(void)
{
	static uint8_t page[PV_PAGE_SIZE] __attribute__((aligned(PV_PAGE_SIZE)));
	static const uint8_t starts[] = { 0x0f, 0x0f, 0x66, 0x67, 0xf2, 0xf3, 0x48, 0x2e,
					  0x64, 0xcd, 0xec, 0x6c, 0xe4, 0x8e, 0xff, 0x9c };
	uint8_t *at = page + fuzz_random() % (PV_PAGE_SIZE - 32);
	struct pv_regs in;

	for (unsigned int i = 0; i < 15; i++)
		at[i] = i < 3 ? starts[fuzz_random() % sizeof(starts)] : (uint8_t)fuzz_random();
	/* QEMU 7.2 ends itself at a lock btc of a register, and at three-byte opcodes that need a
	 * VEX prefix (0f 38 0c). */
	for (unsigned int i = 0; i < 15; i++) {
		if (at[i] == 0xf0)
			at[i] = 0x90;
		if (i && at[i - 1] == 0x0f && (at[i] == 0x38 || at[i] == 0x3a))
			at[i] = 0x0b;
	}
	memset(at + 15, 0xcc, 17);
	in = regs_user(at);
	registers_fill(&in);
	run(&in);
}

/* Where iret goes, with what selectors, flags and stack. */
static void frame(void)
{
	struct pv_regs in = somewhere();

	in.rax = 1UL << 62;
	if (fuzz_rarely(3))
		in.cs = selector();
	if (fuzz_rarely(3))
		in.ss = fuzz_rarely(4) ? fuzz_value() : selector();
	if (fuzz_rarely(3))
		in.rflags = fuzz_value();
	if (fuzz_rarely(3))
		in.rip = fuzz_pointer();
	if (fuzz_rarely(3) && (pv_regs_user(&in) || fuzz_rarely(512)))
		in.rsp = fuzz_pointer();
	run(&in);
}

static enum fuzz_kind kind(void)
{
	switch (fuzz_random() % 8) {
	case 0: return FUZZ_bytes;
	case 1: return FUZZ_frame;
	case 2: return fuzz_rarely(16) ? FUZZ_debug_control : FUZZ_instruction;
	default: return FUZZ_instruction;
	}
}

enum fuzz_kind fuzz_instruction(void)
{
	static void (*const run_of[])(void) = {
		[FUZZ_instruction] = instruction,
		[FUZZ_debug_control] = debug_control,
		[FUZZ_bytes] = bytes,
		[FUZZ_frame] = frame,
	};
	enum fuzz_kind which = kind();

	run_of[which]();
	if (fuzz_rarely(64))
		fuzz_repair();
	return which;
}
