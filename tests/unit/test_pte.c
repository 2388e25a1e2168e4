/* SPDX-License-Identifier: MIT */
/* The policy for guest entries (pv/pte.h): each bit by itself, at each level. */
#include <check.h>
#include <stdlib.h>

#include <core/frame.h>
#include <x86/machine.h>
#include <pv/pte_policy.h>

unsigned char *host_frame_table, *host_direct_map;
unsigned int paddr_bits = 40;
u64 max_mfn = 0xffff;

static const u64 flag_bits = PTE_P | PTE_RW | PTE_U | PTE_PWT | PTE_PCD | PTE_A | PTE_D | PTE_PAT |
			     PTE_G | PTE_AVL | PTE_AVL_HIGH | PTE_NX;

START_TEST(every_bit_is_a_flag_or_address)
{
	ck_assert_uint_eq(flag_bits ^ PTE_ADDR, ~0UL);
	ck_assert_uint_eq(flag_bits & PTE_ADDR, 0);
}
END_TEST

START_TEST(adjust_forces_user_and_strips_global)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		u64 e = 1UL << bit, a = pte_adjust(e);

		ck_assert(a & PTE_U);
		ck_assert(!(a & PTE_G));
		ck_assert_uint_eq(a & ~(PTE_U | PTE_G), e & ~(PTE_U | PTE_G));
	}
}
END_TEST

START_TEST(addresses_beyond_the_cpu_are_refused)
{
	for (unsigned int level = 1; level <= 4; level++) {
		for (unsigned int bit = 12; bit < 52; bit++)
			ck_assert_int_eq(pte_acceptable(PTE_P | 1UL << bit, level),
					 bit < paddr_bits);
	}
}
END_TEST

START_TEST(large_pages_are_refused)
{
	ck_assert(pte_acceptable(PTE_P | PTE_PAT, 1));
	for (unsigned int level = 2; level <= 4; level++) {
		ck_assert(!pte_acceptable(PTE_P | PTE_PSE, level));
		ck_assert(pte_acceptable((flag_bits & ~PTE_PSE), level));
	}
}
END_TEST

/* XSA-148, 182: a change that counts as harmless changes no right and no cacheability. */
START_TEST(same_use_is_a_list_of_the_harmless)
{
	u64 old = PTE_P | PTE_U | 0x5000;

	for (unsigned int bit = 0; bit < 64; bit++) {
		u64 b = 1UL << bit;
		bool harmless = b & (PTE_A | PTE_D | PTE_AVL | PTE_AVL_HIGH | PTE_NX);

		ck_assert_msg(pte_same_use(old, old ^ b) == harmless, "bit %u", bit);
	}
	ck_assert(pte_same_use(old, old));
	ck_assert(!pte_same_use(0, 0));
	ck_assert(!pte_same_use(old & ~PTE_P, old & ~PTE_P));
}
END_TEST

START_TEST(l1tf_risk_is_an_absent_entry_into_ram)
{
	ck_assert(!pte_l1tf_risk(0));
	ck_assert(!pte_l1tf_risk(PTE_P | 0x5000));
	ck_assert(pte_l1tf_risk(0x5000));
	ck_assert(pte_l1tf_risk(PTE_PSE | 0x5000));
	ck_assert(pte_l1tf_risk(PTE_NX));
	ck_assert(pte_l1tf_risk(max_mfn << PAGE_SHIFT));
	ck_assert(!pte_l1tf_risk((max_mfn + 1) << PAGE_SHIFT));
}
END_TEST

/* MSR_PAT is 0x0000050100070406: WB WT UC- UC WC WP UC UC. */
START_TEST(cacheability_follows_the_pat)
{
	ck_assert_uint_eq(pte_cache(0), FRAME_CACHE_WB);
	ck_assert_uint_eq(pte_cache(PTE_PWT), FRAME_CACHE_WT);
	ck_assert_uint_eq(pte_cache(PTE_PCD), FRAME_CACHE_UC);
	ck_assert_uint_eq(pte_cache(PTE_PCD | PTE_PWT), FRAME_CACHE_UC);
	ck_assert_uint_eq(pte_cache(PTE_PAT), FRAME_CACHE_WC);
	ck_assert_uint_eq(pte_cache(PTE_PAT | PTE_PWT), FRAME_CACHE_WP);
	ck_assert_uint_eq(pte_cache(PTE_PAT | PTE_PCD), FRAME_CACHE_UC);
	for (u8 c = FRAME_CACHE_WB; c <= FRAME_CACHE_WP; c++)
		ck_assert_uint_eq(pte_cache(pte_with_cache(~0UL, c)), c);
	ck_assert_uint_eq(pte_with_cache(~0UL, FRAME_CACHE_WB), ~PTE_CACHE);
}
END_TEST

START_TEST(index_takes_nine_bits_a_level)
{
	u64 va = 1UL << 39 | 2UL << 30 | 3UL << 21 | 4UL << 12 | 5;

	ck_assert_uint_eq(pt_index(va, 4), 1);
	ck_assert_uint_eq(pt_index(va, 3), 2);
	ck_assert_uint_eq(pt_index(va, 2), 3);
	ck_assert_uint_eq(pt_index(va, 1), 4);
	ck_assert_uint_eq(pt_index(0xffff800000000000UL, 4), 256);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pte");
	TCase *t = tcase_create("policy");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_bit_is_a_flag_or_address);
	tcase_add_test(t, adjust_forces_user_and_strips_global);
	tcase_add_test(t, addresses_beyond_the_cpu_are_refused);
	tcase_add_test(t, large_pages_are_refused);
	tcase_add_test(t, same_use_is_a_list_of_the_harmless);
	tcase_add_test(t, l1tf_risk_is_an_absent_entry_into_ram);
	tcase_add_test(t, cacheability_follows_the_pat);
	tcase_add_test(t, index_takes_nine_bits_a_level);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
