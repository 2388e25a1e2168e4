/* SPDX-License-Identifier: MIT */
/* The frame allocator, small objects, and frames of domains: who owns what, who refers to it, what
 * is flushed. */
#include <check.h>
#include <stdlib.h>

#include <core/errno.h>
#include <core/frametype.h>

#include "fake_arch.h"

#define FRAMES        4096
#define FREE_AT_START (FRAMES - 16)

static struct domain *d;

static void setup_frames(void)
{
	machine_start(FRAMES);
}

static void setup_domain(void)
{
	core_start(FRAMES);
	d = core_domain(1, 64);
}

START_TEST(all_frames_once)
{
	static u8 seen[FRAMES];
	u64 n = 0, last = FRAMES;
	mfn_t m;

	ck_assert_uint_eq(frame_free_count(), FREE_AT_START);
	while (!mfn_eq(m = frame_alloc(0, FRAME_BELOW_ANY), MFN_NONE)) {
		ck_assert_uint_ge(m.v, 16);
		ck_assert_uint_lt(m.v, FRAMES);
		ck_assert_uint_eq(seen[m.v]++, 0);
		ck_assert_uint_lt(m.v / 2, last); /* from the top: never far above the one before */
		last = m.v;
		n++;
	}
	ck_assert_uint_eq(n, FREE_AT_START);
	ck_assert_uint_eq(frame_free_count(), 0);
	for (u64 i = 16; i < FRAMES; i++)
		frame_free(MFN(i), 0);
	ck_assert_uint_eq(frame_free_count(), FREE_AT_START);
	m = frame_alloc(11, FRAME_BELOW_ANY); /* 2048..4095 grew together again */
	ck_assert_uint_eq(m.v, 2048);
}
END_TEST

START_TEST(from_the_top_and_below)
{
	mfn_t m = frame_alloc(0, FRAME_BELOW_ANY);

	ck_assert_uint_eq(m.v, FRAMES - 1);
	m = frame_alloc(2, PAGE_SHIFT + 8);
	ck_assert_uint_lt(m.v, 256);
	ck_assert_uint_eq(m.v % 4, 0);
	ck_assert(mfn_eq(frame_alloc(0, PAGE_SHIFT + 4), MFN_NONE)); /* frames 0-15 are not free */
	ck_assert(mfn_eq(frame_alloc(FRAME_MAX_ORDER + 1, FRAME_BELOW_ANY), MFN_NONE));
	ck_assert(mfn_eq(frame_alloc(12, FRAME_BELOW_ANY), MFN_NONE));
	ck_assert_uint_eq(frame_free_below(PAGE_SHIFT + 8), 256 - 16 - 4);
}
END_TEST

START_TEST(handed_out_zeroed)
{
	mfn_t m = frame_alloc(3, FRAME_BELOW_ANY);
	const u64 *p = mfn_va(m);

	memset(mfn_va(m), 0xaa, 8 * PAGE_SIZE);
	frame_free(m, 3);
	ck_assert(mfn_eq(frame_alloc(3, FRAME_BELOW_ANY), m));
	for (unsigned int i = 0; i < 8 * PAGE_SIZE / 8; i++)
		ck_assert_uint_eq(p[i], 0);
}
END_TEST

START_TEST(flush_before_reuse_only)
{
	mfn_t m = frame_alloc(0, FRAME_BELOW_ANY), n;
	u64 before = machine.flushes;

	n = frame_alloc(0, FRAME_BELOW_ANY);
	ck_assert_uint_eq(machine.flushes, before); /* nobody had these */
	frame_free(m, 0);
	frame_free(n, 0);
	m = frame_alloc(0, FRAME_BELOW_ANY);
	ck_assert_uint_eq(machine.flushes, before + 1);
	n = frame_alloc(0, FRAME_BELOW_ANY);
	ck_assert_uint_eq(machine.flushes, before + 1); /* freed before that flush */
	frame_free(n, 0);
	tlb_flush_local();
	(void)frame_to_mfn(mfn_to_frame(m));
	n = frame_alloc(0, FRAME_BELOW_ANY);
	ck_assert_uint_eq(machine.flushes, before + 2); /* the one by hand */
}
END_TEST

START_TEST(random_blocks)
{
	static struct {
		mfn_t mfn;
		unsigned int order;
		bool used;
	} block[200];

	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int i = machine_random(ARRAY_SIZE(block));

		if (block[i].used) {
			for (u64 k = 0; k < 1UL << block[i].order; k++)
				ck_assert_uint_eq(*(u64 *)mfn_va(mfn_add(block[i].mfn, k)), i + 1);
			frame_free(block[i].mfn, block[i].order);
			block[i].used = false;
			continue;
		}
		block[i].order = machine_random(6);
		block[i].mfn = frame_alloc(block[i].order, FRAME_BELOW_ANY);
		block[i].used = !mfn_eq(block[i].mfn, MFN_NONE);
		for (u64 k = 0; block[i].used && k < 1UL << block[i].order; k++)
			*(u64 *)mfn_va(mfn_add(block[i].mfn, k)) = i + 1;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(block); i++)
		if (block[i].used)
			frame_free(block[i].mfn, block[i].order);
	ck_assert_uint_eq(frame_free_count(), FREE_AT_START);
	ck_assert(!mfn_eq(frame_alloc(11, FRAME_BELOW_ANY), MFN_NONE));
}
END_TEST

START_TEST(validity)
{
	volatile u64 far = 1UL << 40, none = MFN_NONE.v; /* the compiler shall not know them */

	ck_assert(mfn_valid(MFN(0)));
	ck_assert(mfn_valid(MFN(FRAMES - 1)));
	ck_assert(!mfn_valid(MFN(FRAMES)));
	ck_assert(!mfn_valid(MFN(far)));
	ck_assert(!mfn_valid(MFN(none)));
}
END_TEST

static bool all_are(const u8 *p, size_t n, u8 value)
{
	for (size_t k = 0; k < n; k++)
		if (p[k] != value)
			return false;
	return true;
}

START_TEST(small_objects)
{
	static struct {
		u8 *p;
		size_t size;
	} obj[300];
	u64 before = frame_free_count();

	for (unsigned int round = 0; round < 10000; round++) {
		unsigned int i = machine_random(ARRAY_SIZE(obj));

		if (obj[i].p) {
			ck_assert(all_are(obj[i].p, obj[i].size, (u8)i));
			kfree(obj[i].p);
			obj[i].p = NULL;
			continue;
		}
		obj[i].size = 1 + machine_random(machine_random(10) ? 600 : 20000);
		obj[i].p = kalloc(obj[i].size);
		ck_assert_ptr_nonnull(obj[i].p);
		ck_assert(all_are(obj[i].p, obj[i].size, 0));
		memset(obj[i].p, (int)i, obj[i].size);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(obj); i++)
		kfree(obj[i].p);
	ck_assert_uint_eq(frame_free_count(), before);
	ck_assert_ptr_null(kalloc((1UL << 20) + 1));
	kfree(NULL);
}
END_TEST

START_TEST(reservation)
{
	u64 before = frame_free_count();
	mfn_t m = domain_frame_alloc(d, 5, FRAME_BELOW_ANY);
	struct frame *f = mfn_to_frame(m);

	ck_assert(!mfn_eq(m, MFN_NONE));
	ck_assert_uint_eq(d->pages, 32);
	ck_assert(
		mfn_eq(domain_frame_alloc(d, 6, FRAME_BELOW_ANY), MFN_NONE)); /* 64 is the limit */
	ck_assert_uint_eq(d->pages, 32);
	ck_assert_int_eq(frame_get(m, d), 0);
	ck_assert_int_eq(frame_get(m, dom0), -EINVAL);
	ck_assert_int_eq(domain_frame_release(d, f), 0);
	ck_assert_int_eq(domain_frame_release(d, f), -EINVAL);
	ck_assert_uint_eq(d->pages, 32); /* still referred to */
	frame_put(f);
	ck_assert_uint_eq(d->pages, 31);
	ck_assert_int_eq(frame_get(m, d), -EINVAL);
	for (unsigned int i = 1; i < 32; i++)
		ck_assert_int_eq(domain_frame_release(d, f + i), 0);
	ck_assert_uint_eq(d->pages, 0);
	ck_assert_uint_eq(d->page_list, FRAME_END);
	ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

START_TEST(steal_needs_the_only_reference)
{
	mfn_t m = domain_frame_alloc(d, 0, FRAME_BELOW_ANY);
	struct frame *f = mfn_to_frame(m);
	u64 flushes;

	ck_assert_int_eq(frame_steal(dom0, m), -EINVAL);
	ck_assert_int_eq(frame_steal(d, MFN(~0UL)), -EINVAL);
	ck_assert_int_eq(frame_get(m, d), 0);
	ck_assert_int_eq(frame_steal(d, m), -EBUSY);
	frame_put(f);
	ck_assert_int_eq(frame_steal(d, m), 0);
	ck_assert_uint_eq(d->pages, 1); /* its place stays */
	ck_assert_int_eq(frame_get(m, d), -EINVAL);
	flushes = machine.flushes;
	ck_assert_int_eq(domain_frame_assign(d, m, 0), 0);
	ck_assert_uint_eq(machine.flushes, flushes + 1); /* d may still have had it in a TLB */
	ck_assert_uint_eq(d->pages, 1);
	ck_assert_int_eq(frame_get(m, d), 0);
	frame_put(f);
}
END_TEST

/* It gets nothing back, and its places go. */
START_TEST(a_dying_domain_gets_no_stolen_frame)
{
	u64 before = frame_free_count();
	mfn_t m = domain_frame_alloc(d, 0, FRAME_BELOW_ANY);

	ck_assert_int_eq(frame_steal(d, m), 0);
	d->state = DOMAIN_DYING;
	ck_assert_int_eq(domain_frame_assign(d, m, 0), -EINVAL);
	ck_assert_uint_eq(d->pages, 0);
	ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

START_TEST(shared_pages_outlive_their_sharing)
{
	void *page = page_alloc();
	mfn_t m = va_mfn(page);
	struct frame *f = mfn_to_frame(m);
	u64 before;

	frame_share(d, page);
	ck_assert_int_eq(frame_get(m, d), 0);
	ck_assert_int_eq(frametype_get(d, f, FT_L1), -EINVAL); /* never a page table */
	ck_assert_int_eq(frametype_get(d, f, FT_WRITABLE), 0);
	ck_assert_int_eq(domain_frame_release(d, f), -EINVAL); /* never the guest's to give back */
	ck_assert_int_eq(frame_steal(d, m), -EBUSY);
	before = frame_free_count();
	frame_unshare(page);
	ck_assert_uint_eq(frame_free_count(), before);
	frametype_put_writable(f);
	frame_put(f);
	ck_assert_uint_eq(frame_free_count(), before + 1);
}
END_TEST

START_TEST(references_do_not_wrap)
{
	mfn_t m = domain_frame_alloc(d, 0, FRAME_BELOW_ANY);
	struct frame *f = mfn_to_frame(m);

	f->refs |= FRAME_COUNT_MASK;
	ck_assert_int_eq(frame_get(m, d), -EINVAL);
	ck_assert_int_eq(frame_get_more(f), -EBUSY);
}
END_TEST

START_TEST(claims)
{
	u64 free = frame_free_count();

	ck_assert_int_eq(frame_claim(d, 65), -EINVAL); /* more than it may have */
	d->max_pages = FRAMES * 2;
	ck_assert_int_eq(frame_claim(d, free + 1), -ENOMEM);
	ck_assert_int_eq(frame_claim(d, free), 0);
	ck_assert_int_eq(frame_claim(d, 1), -EINVAL); /* has one */
	ck_assert(mfn_eq(frame_alloc(0, FRAME_BELOW_ANY), MFN_NONE));
	ck_assert(mfn_eq(domain_frame_alloc(dom0, 0, FRAME_BELOW_ANY), MFN_NONE));
	ck_assert(!mfn_eq(domain_frame_alloc(d, 3, FRAME_BELOW_ANY), MFN_NONE));
	ck_assert_uint_eq(d->claimed, free - 8);
	ck_assert_int_eq(frame_claim(d, 0), 0);
	ck_assert(!mfn_eq(frame_alloc(0, FRAME_BELOW_ANY), MFN_NONE));
}
END_TEST

START_TEST(domains_give_everything_back)
{
	u64 before = frame_free_count();
	domid_t last = d->id;

	for (unsigned int i = 0; i < 200; i++) {
		struct domain *e = core_domain(2, 64);

		ck_assert_uint_ne(e->id, last); /* ids are not used again at once */
		last = e->id;
		ck_assert(!mfn_eq(domain_frame_alloc(e, 4, FRAME_BELOW_ANY), MFN_NONE));
		if (i == 100)
			arch.relinquish_restarts = 3;
		core_destroy(e);
		ck_assert_ptr_null(domain_by_id(last));
	}
	ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind)
{
	struct xen_domctl_createdomain c = { .max_vcpus = 1,
					     .max_grant_frames = 4,
					     .max_maptrack_frames = 2 };
	struct domain *e;
	u64 free;
	int rc;

	while (frame_free_count() > 16)
		(void)!frame_alloc(0, FRAME_BELOW_ANY).v;
	for (;;) {
		mfn_t m;

		free = frame_free_count();
		rc = domain_create(DOMID_INVALID, &c, &e);
		core_exit();
		if (!rc) {
			core_destroy(e);
			core_exit();
		}
		ck_assert_uint_eq(frame_free_count(), free);
		m = frame_alloc(0, FRAME_BELOW_ANY);
		if (mfn_eq(m, MFN_NONE))
			break;
	}
	ck_assert_int_eq(rc, -ENOMEM);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("frame");
	TCase *t = tcase_create("allocator"), *u = tcase_create("domains");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup_frames, NULL);
	tcase_add_test(t, all_frames_once);
	tcase_add_test(t, from_the_top_and_below);
	tcase_add_test(t, handed_out_zeroed);
	tcase_add_test(t, flush_before_reuse_only);
	tcase_add_test(t, random_blocks);
	tcase_add_test(t, validity);
	tcase_add_test(t, small_objects);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(u, setup_domain, NULL);
	tcase_add_test(u, reservation);
	tcase_add_test(u, steal_needs_the_only_reference);
	tcase_add_test(u, a_dying_domain_gets_no_stolen_frame);
	tcase_add_test(u, shared_pages_outlive_their_sharing);
	tcase_add_test(u, references_do_not_wrap);
	tcase_add_test(u, claims);
	tcase_add_test(u, domains_give_everything_back);
	tcase_add_test(u, no_memory_leaves_nothing_behind);
	suite_add_tcase(s, u);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
