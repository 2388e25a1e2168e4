/* SPDX-License-Identifier: MIT */
/*
 * Plain stores to a live L1 table are emulated: mov of 8 bytes, xchg, lock cmpxchg, lock and, or,
 * btr, with the result that the same instruction has on memory, and with the checks of mmu_update.
 * A bad value faults and changes nothing, in tables above L1 too. User mode cannot do it.
 */
#include "test.h"

SNIPPET(do_mov, "movq %rax, (%rbx)");
SNIPPET(do_mov_imm, "movq $0, (%rbx)");
SNIPPET(do_mov_disp, "movq %r12, 8(%rbx, %rcx, 8)");
SNIPPET(do_xchg, "xchgq %rax, (%rbx)");
SNIPPET(do_cmpxchg, "movq %rdx, %rax; lock cmpxchgq %rcx, (%rbx); setz %sil");
SNIPPET(do_and, "lock andq %rax, (%rbx)");
SNIPPET(do_or, "lock orq %rax, (%rbx)");
SNIPPET(do_and_byte, "lock andb $0xfd, (%rbx)");
SNIPPET(do_btr, "lock btrq $1, (%rbx)");

static uint64_t *slot;
static char *va;
static void *page;

static const struct pv_regs *store(const char *code, uint64_t rax)
{
	struct pv_regs in = regs_kernel(code);

	in.rbx = (uint64_t)slot;
	in.rax = rax;
	in.r12 = rax;
	return run(&in);
}

static void slot_set(uint64_t value)
{
	must(!mmu_update_one(pv_va_to_maddr(slot), value));
	pv_tlb_flush();
}

static uint64_t frame_flags(uint64_t pte)
{
	return pte & (0x000000fffffff000 | PV_PTE_RW | PV_PTE_PRESENT | PV_PTE_NX);
}

static void expect_slot(const char *what, const struct pv_regs *out, uint64_t wanted)
{
	if (expect_fault(what, regs_fault(out), BP))
		expect_eq(what, frame_flags(*slot), frame_flags(wanted));
}

static void values(void)
{
	uint64_t rw = pte_make(page, PV_PTE_DATA), ro = pte_make(page, PV_PTE_RO);
	const struct pv_regs *out;

	slot_set(0);
	expect_slot("mov", store(do_mov, rw), rw);
	expect_slot("mov of the same", store(do_mov, rw), rw);
	expect_slot("mov of an immediate", store(do_mov_imm, 0), 0);
	expect_slot("mov of a swap entry", store(do_mov, 0xabcd00), 0xabcd00);
	slot_set(rw);
	out = store(do_xchg, ro);
	expect_slot("xchg", out, ro);
	expect_eq("xchg's old value", frame_flags(out->rax), frame_flags(rw));
	slot_set(rw);
	expect_slot("lock and", store(do_and, ~PV_PTE_RW), ro);
	expect_slot("lock or", store(do_or, PV_PTE_RW), rw);
	slot_set(rw);
	expect_slot("lock btr", store(do_btr, 0), ro);
}

static void compare(void)
{
	uint64_t rw = pte_make(page, PV_PTE_DATA);
	struct pv_regs in = regs_kernel(do_cmpxchg);
	const struct pv_regs *out;

	slot_set(rw);
	in.rbx = (uint64_t)slot;
	in.rdx = *slot;
	in.rcx = 0;
	out = run(&in);
	expect_slot("cmpxchg that fits", out, 0);
	expect_eq("its flag", out->rsi & 0xff, 1);
	slot_set(rw);
	in.rdx = 0x1234;
	out = run(&in);
	expect_slot("cmpxchg that does not fit", out, rw);
	expect_eq("its flag", out->rsi & 0xff, 0);
	expect_eq("its old value", frame_flags(out->rax), frame_flags(rw));
}

static void indexed(void)
{
	struct pv_regs in = regs_kernel(do_mov_disp);
	const struct pv_regs *out;

	in.rbx = (uint64_t)slot;
	in.rcx = 2;
	in.r12 = pte_make(page, PV_PTE_RO);
	out = run(&in);
	expect_fault("mov with base, index and displacement", regs_fault(out), BP);
	expect_eq("its slot", frame_flags(slot[3]), frame_flags(in.r12));
	must(!mmu_update_one(pv_va_to_maddr(slot + 3), 0));
}

/* PF with the write bit, as on any read-only page. */
static void refused(const char *what, const char *code, uint64_t value)
{
	uint64_t before = *slot;
	const struct pv_regs *out = store(code, value);

	expect_fault(what, regs_fault(out), PF(PF_W | PF_P));
	expect_eq("RIP", out->rip, (uint64_t)code);
	expect_eq("the entry afterwards", *slot, before);
}

static void refusals(void)
{
	slot_set(0);
	refused("the hypervisor's frame", do_mov, 0x200000 | PV_PTE_DATA);
	refused("a writable mapping of a table", do_mov,
		(pv_va_to_maddr(slot) & PV_PAGE_MASK) | PV_PTE_DATA);
	refused("bits above the physical width", do_mov, pte_make(page, PV_PTE_DATA) | 1ULL << 51);
	slot_set(pte_make((void *)((uintptr_t)slot & PV_PAGE_MASK), PV_PTE_RO));
	refused("or that makes a table writable", do_or, PV_PTE_RW);
	slot_set(0);
}

static void upper(void)
{
	uint64_t *l2 = (uint64_t *)(uintptr_t)entry_of(va, 2);
	struct pv_regs in = regs_kernel(do_mov);
	uint64_t before = l2[5];

	in.rbx = (uint64_t)&l2[5];
	/* An ordinary page is no table. */
	in.rax = pte_make(page, PV_PTE_TABLE);
	expect_fault("a bad store to an L2 table", regs_fault(run(&in)), PF(PF_W | PF_P));
	in.rax |= PV_PTE_PSE;
	expect_fault("a large page by a store", regs_fault(run(&in)), PF(PF_W | PF_P));
	expect_eq("its entry", l2[5], before);
}

static void user(void)
{
	struct pv_regs in = regs_user(do_mov);

	in.rbx = (uint64_t)slot;
	expect_fault("a store in user mode", regs_fault(run(&in)), PF(PF_W | PF_P | PF_U));
	expect_eq("the entry", *slot, 0);
}

void test_main(void)
{
	user_root_make();
	page = page_take();
	va = window(0);
	slot = (uint64_t *)(uintptr_t)entry_of(va, 1);
	values();
	compare();
	indexed();
	refusals();
	upper();
	user();
}
