/* SPDX-License-Identifier: MIT */
/* Plain stores to live page tables, entries that map grants, whose a root is, and what comes behind
 * a drop in parts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "mmu_guest.h"

static struct cpu_regs regs;

/* Runs one instruction whose memory operand is (%rdi). */
static int store(const char *bytes, unsigned int n, u64 addr)
{
	static unsigned char code[32];
	int rc;

	memcpy(code, bytes, n);
	regs.rip = (u64)code;
	regs.rdi = addr;
	rc = ptstore_fault(&regs, addr);
	if (rc == 1)
		ck_assert_uint_eq(regs.rip, (u64)code + n);
	return rc;
}

#define STORE(bytes, addr) store(bytes, sizeof(bytes) - 1, addr)
/* Where build_tree maps its L1, and entry n of it there. */
#define L1_VA(n) (VA(0, 0, 0, 1 + L1) + (n)*8)

/* Dropping this tree takes more than one budget; its L3 is plain memory for what comes behind. */
START_TEST(batch_goes_on_after_a_drop)
{
	struct mmu_update r[2] = { { .ptr = entry_address(L4, 0), .val = 0 },
				   { .ptr = entry_address(L3, 1), .val = 0x1230 } };
	u32 done = 0;

	for (unsigned int i = 1; i < 4; i++)
		table(L2)[i] = entry(DATA + i, KERNEL_RW);
	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 1 + L3), 0), 0);
	ck_assert_int_eq(mmu_update(r, 2, &done, DOMID_SELF), 0);
	ck_assert_uint_eq(done, 2);
	ck_assert_uint_eq(table(L3)[1], 0x1230);
	mmu_check("dropped and written");
}
END_TEST

/* The hypervisor's own root is what a vCPU without one has, and nobody's to ask for. */
START_TEST(root_of_the_hypervisor)
{
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, paddr_to_mfn(hv_l4_empty)), -EINVAL);
	ck_assert_int_eq(mmuext(MMUEXT_NEW_USER_BASEPTR, paddr_to_mfn(hv_l4_empty)), -EINVAL);
	mmu_check("refused");
}
END_TEST

START_TEST(stores_to_tables)
{
	load_tree();
	regs = (struct cpu_regs){ .rax = 0 };
	/* mov %rax, (%rdi) */
	regs.rax = entry(10, KERNEL_RW);
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, KERNEL_RW | PTE_U));
	mmu_check("mov");
	/* lock andb $0xfd, (%rdi): clears RW. */
	ck_assert_int_eq(STORE("\xf0\x80\x27\xfd", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, KERNEL_RO | PTE_U));
	mmu_check("and");
	/* lock btr $5, (%rdi): A was set. */
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xba\x37\x05", L1_VA(40)), 1);
	ck_assert(regs.rflags & RFLAGS_CF);
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xba\x37\x05", L1_VA(40)), 1);
	ck_assert(!(regs.rflags & RFLAGS_CF));
	/* lock btr %rsi, (%rdi) reaches beyond the operand: bit 64 * 3 + 2. */
	table(L1)[43] |= 0;
	regs.rsi = 64 * 3 + 2;
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb3\x37", L1_VA(40)), 0);
	regs.rsi = 2;
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb3\x37", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, PTE_P | PTE_U)); /* U is forced again */
	/* xchg %rax, (%rdi) */
	regs.rax = 0;
	ck_assert_int_eq(STORE("\x48\x87\x07", L1_VA(40)), 1);
	ck_assert_uint_eq(regs.rax, entry(10, PTE_P | PTE_U));
	ck_assert_uint_eq(table(L1)[40], 0);
	mmu_check("xchg");
	/* lock cmpxchg %rsi, (%rdi): hit, then miss. */
	regs.rax = 0;
	regs.rsi = entry(11, KERNEL_RW);
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb1\x37", L1_VA(40)), 1);
	ck_assert(regs.rflags & 0x40);
	ck_assert_uint_eq(table(L1)[40], entry(11, KERNEL_RW | PTE_U));
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb1\x37", L1_VA(40)), 1);
	ck_assert(!(regs.rflags & 0x40));
	ck_assert_uint_eq(regs.rax, entry(11, KERNEL_RW | PTE_U));
	mmu_check("cmpxchg");
	/* movl $imm, 4(%rdi): half an entry. */
	ck_assert_int_eq(store("\xc7\x07\x00\x00\x00\x80", 6, L1_VA(40) + 4), 1);
	ck_assert_uint_eq(table(L1)[40] >> 32, 0x80000000);
	mmu_check("half");
}
END_TEST

START_TEST(stores_that_are_refused_or_not_ours)
{
	load_tree();
	regs = (struct cpu_regs){ .rax = entry(L2, KERNEL_RW) };
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(40)), -EINVAL);
	ck_assert_uint_eq(table(L1)[40], 0);
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(0) + 3), 0);   /* across two entries */
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 0)), 0); /* a writable page */
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 5, 0)), 0); /* not mapped */
	ck_assert_int_eq(STORE("\x48\x89\x07", HV_VIRT_START), 0);
	ck_assert_int_eq(STORE("\x48\x89\xc7", L1_VA(40)), 0); /* no memory operand */
	ck_assert_int_eq(STORE("\x90", L1_VA(40)), 0);
	ck_assert_int_eq(STORE("\x48\x11\x07", L1_VA(40)), 0); /* adc */
	mmu_check("end");
	/* Through the read-only maps of the upper levels too. */
	regs.rax = 0;
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 1 + L2) + 8), 1);
	regs.rax = entry(12, KERNEL_RW);
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 1 + L2) + 8), 1);
	ck_assert(frame_is_valid(mfn_to_frame(own[12]), FT_L1));
	mmu_check("upper");
}
END_TEST

/* The flags of every operation that sets some, against the CPU's own. */
START_TEST(store_flags_are_the_cpus)
{
	static const u64 values[] = { 0,
				      1,
				      2,
				      0x7f,
				      0x80,
				      0xff,
				      0x7fffffff,
				      0x80000000,
				      0x7fffffffffffffff,
				      0x8000000000000000,
				      ~0UL,
				      0x0f,
				      0x10 };
	const u64 mask = 0x8d5, af = 0x10;

	load_tree();
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(values); j++) {
			u64 a = values[i] & ~PTE_P, b = values[j] & ~PTE_P, want, r;

#define TRY(bytes, insn, defined)                                                                \
	r = a;                                                                                   \
	__asm__ volatile(insn " %2, %0; pushfq; popq %1" : "+r"(r), "=r"(want) : "r"(b) : "cc"); \
	if (!(r & PTE_P)) {                                                                      \
		table(L1)[40] = a;                                                               \
		regs = (struct cpu_regs){ .rax = b };                                            \
		ck_assert_int_eq(STORE(bytes, L1_VA(40)), 1);                                    \
		ck_assert_uint_eq(table(L1)[40], r);                                             \
		ck_assert_uint_eq(regs.rflags &(defined), want &(defined));                      \
	}
			TRY("\x48\x01\x07", "add", mask)
			TRY("\x48\x29\x07", "sub", mask)
			TRY("\x48\x21\x07", "and", mask & ~af)
			TRY("\x48\x09\x07", "or", mask & ~af)
			TRY("\x48\x31\x07", "xor", mask & ~af)
#undef TRY
		}
	}
	table(L1)[40] = 0;
}
END_TEST

START_TEST(grant_entries)
{
	u32 rw = GNTMAP_host_map, ro = GNTMAP_host_map | GNTMAP_readonly,
	    pte = rw | GNTMAP_contains_pte;
	u64 va = VA(0, 0, 0, 70);

	load_tree();
	ck_assert_int_eq(grant_map(va, rw | 1U << 16, theirs[1]), 0);
	ck_assert_uint_eq(table(L1)[70],
			  mfn_to_paddr(theirs[1]) | PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D | 0x200);
	mmu_check("by va");
	ck_assert_int_ne(grant_unmap(va, ro, theirs[1], 0), 0);
	ck_assert_int_ne(grant_unmap(va, rw, theirs[2], 0), 0);
	ck_assert_int_ne(grant_unmap(va + PAGE_SIZE, rw, theirs[1], 0), 0);
	mmu_check("wrong unmaps");
	ck_assert_int_eq(grant_unmap(va, rw, theirs[1], 0), 0);
	ck_assert_uint_eq(table(L1)[70], 0);
	mmu_check("unmapped");
	ck_assert_int_eq(grant_map(entry_address(L1, 71), pte, theirs[1]), 0);
	mmu_check("by entry");
	ck_assert_int_ne(grant_map(entry_address(L1, 71) + 4, pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(entry_address(L2, 71), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(entry_address(DATA, 71), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(mfn_to_paddr(theirs[0]), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(VA(5, 0, 0, 0), rw, theirs[1]), 0);
	ck_assert_int_ne(grant_map(HV_VIRT_START, rw, theirs[1]), 0);
	mmu_check("refused");
	/* Overwritten by other means: the references went with the entry, and no unmap finds it. */
	ck_assert_int_eq(update_one(entry_address(L1, 71), 0), 0);
	mmu_check("overwritten");
	ck_assert_int_ne(grant_unmap(entry_address(L1, 71), pte, theirs[1], 0), 0);
	mmu_check("end");
}
END_TEST

START_TEST(grant_unmap_and_replace)
{
	u32 rw = GNTMAP_host_map;

	load_tree();
	ck_assert_int_eq(grant_map(VA(0, 0, 0, 70), rw, theirs[1]), 0);
	ck_assert_int_eq(grant_unmap(VA(0, 0, 0, 70), rw, theirs[1], VA(0, 0, 0, 1 + L1)), 0);
	ck_assert_uint_eq(table(L1)[70], entry(L1, KERNEL_RO | PTE_U));
	ck_assert_uint_eq(table(L1)[1 + L1], 0);
	mmu_check("moved");
	ck_assert_int_eq(grant_map(VA(0, 0, 0, 71), rw, theirs[1]), 0);
	ck_assert_int_ne(grant_unmap(VA(0, 0, 0, 71), rw, theirs[1], VA(0, 0, 0, 71)), 0);
	ck_assert_int_ne(grant_unmap(VA(0, 0, 0, 71), rw, theirs[1], VA(7, 0, 0, 0)), 0);
	mmu_check("end");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mmu_store");
	TCase *t = tcase_create("entries");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, mmu_guest_setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, root_of_the_hypervisor);
	tcase_add_test(t, batch_goes_on_after_a_drop);
	tcase_add_test(t, stores_to_tables);
	tcase_add_test(t, stores_that_are_refused_or_not_ours);
	tcase_add_test(t, store_flags_are_the_cpus);
	tcase_add_test(t, grant_entries);
	tcase_add_test(t, grant_unmap_and_replace);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
