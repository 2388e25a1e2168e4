/* SPDX-License-Identifier: MIT */
/*
 * Grants: who may map what, what each mapping holds, and that everything taken is given back: by
 * unmap, by failure, by the death of either side. a grants, b maps.
 */
#include <check.h>
#include <stdlib.h>

#include <core/errno.h>
#include <core/frametype.h>
#include <core/grant_table.h>
#include <core/hypercall.h>

#include "fake_arch.h"

static struct domain *a, *b;
static mfn_t page; /* a's, granted as REF */
static struct grant_entry_v1 *table;
#define REF   9
#define AT(n) ((u64)b->id << 32 | (n) << PAGE_SHIFT)

static long op(struct domain *d, u32 command, void *arg, u32 count)
{
	machine_run(d->vcpus[0]);
	return hc_grant_table_op(command, GADDR((u64)arg), count);
}

static void grant(u32 ref, const struct domain *to, mfn_t mfn, u16 flags)
{
	table[ref].domid = to->id;
	table[ref].frame = (u32)mfn.v;
	table[ref].flags = GTF_permit_access | flags;
}

static void setup(void)
{
	core_start(2048);
	a = core_domain(1, 16);
	b = core_domain(1, 16);
	table = a->grants->shared[0];
	page = domain_frame_alloc(a, 0, FRAME_BELOW_ANY);
	grant(REF, b, page, 0);
}

static u32 refs(mfn_t m)
{
	return (u32)mfn_to_frame(m)->refs;
}

static u32 types(mfn_t m)
{
	return (u32)mfn_to_frame(m)->type;
}

static struct gnttab_map_grant_ref map(u32 ref, u32 flags, u64 addr)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = addr, .flags = flags, .ref = ref, .dom = a->id, .status = 77
	};

	ck_assert_int_eq(op(b, GNTTABOP_map_grant_ref, &m, 1), 0);
	return m;
}

static int unmap(u32 handle, u64 addr, u64 dev)
{
	struct gnttab_unmap_grant_ref u = {
		.host_addr = addr, .dev_bus_addr = dev, .handle = handle, .status = 77
	};

	ck_assert_int_eq(op(b, GNTTABOP_unmap_grant_ref, &u, 1), 0);
	return u.status;
}

START_TEST(map_and_unmap)
{
	struct gnttab_map_grant_ref m = map(REF, GNTMAP_host_map, AT(1));

	ck_assert_int_eq(m.status, GNTST_okay);
	ck_assert_uint_eq(m.dev_bus_addr, page.v << PAGE_SHIFT);
	ck_assert_uint_eq(core_mappings(), 1);
	ck_assert_uint_eq(refs(page), 2);
	ck_assert_uint_eq(types(page), 1);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
	ck_assert_uint_eq(a->refs, 3);
	ck_assert_int_eq(unmap(m.handle, AT(2), 0),
			 GNTST_general_error); /* not what the map made */
	ck_assert_uint_eq(refs(page), 2);
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access);
	ck_assert_uint_eq(a->refs, 2);
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_bad_handle);
	ck_assert_int_eq(unmap(0xffffffff, AT(1), 0), GNTST_bad_handle);
	ck_assert_int_eq(unmap(100000, AT(1), 0), GNTST_bad_handle);
}
END_TEST

static unsigned int seen_in_use;

/* Counts the flushes that come before the granter could know; machine_run makes one too. */
static void entry_is_still_in_use(void)
{
	seen_in_use += !core_mappings() && table[REF].flags & GTF_writing && refs(page) == 2;
}

START_TEST(unmap_flushes_before_the_granter_knows)
{
	struct gnttab_map_grant_ref m = map(REF, GNTMAP_host_map, AT(1));
	u64 flushes;

	machine.on_flush = entry_is_still_in_use;
	flushes = machine.flushes;
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_okay);
	ck_assert_uint_gt(machine.flushes, flushes);
	ck_assert_uint_gt(seen_in_use, 0);
}
END_TEST

START_TEST(readonly)
{
	struct gnttab_map_grant_ref r, w;

	grant(REF, b, page, GTF_readonly);
	w = map(REF, GNTMAP_host_map, AT(1));
	ck_assert_int_eq(w.status, GNTST_general_error);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access | GTF_readonly);
	r = map(REF, GNTMAP_host_map | GNTMAP_readonly, AT(1));
	ck_assert_int_eq(r.status, GNTST_okay);
	ck_assert_uint_eq(refs(page), 2);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access | GTF_readonly | GTF_reading);
	w = map(REF, GNTMAP_host_map, AT(2)); /* in use already, but still not for writing */
	ck_assert_int_eq(w.status, GNTST_general_error);
	ck_assert_int_eq(unmap(r.handle, AT(1), 0), GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
}
END_TEST

START_TEST(refusals)
{
	struct gnttab_map_grant_ref m;
	u32 before = refs(page);

	ck_assert_int_eq(map(4000, GNTMAP_host_map, AT(1)).status, GNTST_bad_gntref);
	ck_assert_int_eq(map(REF, 0, AT(1)).status, GNTST_bad_gntref);
	ck_assert_int_eq(map(REF, GNTMAP_device_map | GNTMAP_contains_pte, AT(1)).status,
			 GNTST_bad_gntref);
	ck_assert_int_eq(map(REF + 1, GNTMAP_host_map, AT(1)).status,
			 GNTST_general_error); /* not granted */
	grant(REF, dom0, page, 0);
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(1)).status,
			 GNTST_general_error); /* to another */
	grant(REF, b, MFN(3), 0);
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(1)).status, GNTST_bad_page); /* not a's */
	grant(REF, b, MFN(0xfffffff0), 0);
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(1)).status, GNTST_bad_page);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access); /* marks are taken back */
	table[REF].flags = GTF_accept_transfer;
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(1)).status, GNTST_general_error);
	grant(REF, b, page, 0);
	arch.map_error = GNTST_bad_virt_addr;
	ck_assert_int_eq(map(REF, GNTMAP_host_map | GNTMAP_device_map, AT(1)).status,
			 GNTST_bad_virt_addr);
	arch.map_error = 0;
	m = (struct gnttab_map_grant_ref){
		.host_addr = AT(1), .flags = GNTMAP_host_map, .ref = REF, .dom = 99
	};
	ck_assert_int_eq(op(b, GNTTABOP_map_grant_ref, &m, 1), 0);
	ck_assert_int_eq(m.status, GNTST_bad_domain);
	ck_assert_uint_eq(refs(page), before);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(a->refs, 2);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access);
}
END_TEST

START_TEST(a_page_table_is_not_writable)
{
	struct frame *f = mfn_to_frame(page);

	ck_assert_int_eq(frame_get_type(a, page, FT_L1), 0);
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(1)).status, GNTST_general_error);
	ck_assert_int_eq(map(REF, GNTMAP_host_map | GNTMAP_readonly, AT(1)).status, GNTST_okay);
	ck_assert_int_eq(frame_put_type(a, f), 0);
}
END_TEST

START_TEST(two_parts)
{
	struct gnttab_map_grant_ref m = map(REF, GNTMAP_host_map | GNTMAP_device_map, AT(1));

	ck_assert_int_eq(m.status, GNTST_okay);
	ck_assert_uint_eq(refs(page), 3);
	ck_assert_uint_eq(types(page), 2);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr + PAGE_SIZE), GNTST_bad_dev_addr);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr), GNTST_okay);
	ck_assert_uint_eq(refs(page), 2);
	ck_assert_int_eq(unmap(m.handle, 0, m.dev_bus_addr),
			 GNTST_okay); /* no such part: nothing to do */
	ck_assert_uint_eq(refs(page), 2);
	ck_assert_int_eq(unmap(m.handle, AT(1), m.dev_bus_addr), GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access);
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_bad_handle);
}
END_TEST

START_TEST(the_pinned_frame_counts)
{
	mfn_t other = domain_frame_alloc(a, 0, FRAME_BELOW_ANY);
	struct gnttab_map_grant_ref m = map(REF, GNTMAP_host_map, AT(1)), n;

	table[REF].frame = (u32)other.v; /* too late: the entry is in use */
	n = map(REF, GNTMAP_host_map | GNTMAP_readonly, AT(2));
	ck_assert_uint_eq(n.dev_bus_addr, page.v << PAGE_SHIFT);
	table[REF].flags = GTF_invalid;
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_okay);
	ck_assert_int_eq(unmap(n.handle, AT(2), 0), GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(refs(other), 1);
}
END_TEST

START_TEST(handles_run_out_and_return)
{
	struct gnttab_map_grant_ref m;
	static u32 handle[64];
	u32 i;

	b->grants->max_map_pages = 0;
	m = map(REF, GNTMAP_host_map, AT(1));
	ck_assert_int_eq(m.status, GNTST_no_space);
	b->grants->max_map_pages = 1;
	for (i = 0; i < ARRAY_SIZE(handle); i++) {
		m = map(REF, GNTMAP_host_map, AT(i));
		ck_assert_int_eq(m.status, GNTST_okay);
		handle[i] = m.handle;
	}
	ck_assert_uint_eq(refs(page), 1 + ARRAY_SIZE(handle));
	for (i = 0; i < ARRAY_SIZE(handle); i++)
		ck_assert_int_eq(unmap(handle[i], AT(i), 0), GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(a->refs, 2);
}
END_TEST

START_TEST(batches)
{
	struct gnttab_map_grant_ref m[20];
	struct gnttab_unmap_grant_ref u[20];
	long rc;

	for (u32 i = 0; i < 20; i++)
		m[i] = (struct gnttab_map_grant_ref){ .host_addr = AT(i),
						      .flags = GNTMAP_host_map,
						      .ref = i == 5 ? 400 : REF,
						      .dom = a->id };
	b->vcpus[0]->info->evtchn_upcall_mask = 0;
	b->vcpus[0]->info->evtchn_upcall_pending = 1; /* stop at each preemption point */
	cpus[0].budget = 8 * BUDGET_CALL;
	rc = op(b, GNTTABOP_map_grant_ref, m, 20);
	ck_assert_int_eq(rc, -ERESTART);
	ck_assert_uint_eq(b->vcpus[0]->hc.args[1], (u64)&m[8]);
	ck_assert_uint_eq(b->vcpus[0]->hc.args[2], 12);
	ck_assert_uint_eq(refs(page), 1 + 7);
	b->vcpus[0]->info->evtchn_upcall_pending = 0;
	b->vcpus[0]->work = 0;
	ck_assert_int_eq(op(b, GNTTABOP_map_grant_ref, m + 8, 12), 0);
	ck_assert_uint_eq(refs(page), 1 + 19);
	ck_assert_int_eq(m[5].status, GNTST_general_error);
	for (u32 i = 0; i < 20; i++)
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = AT(i),
							.handle = m[i].handle,
							.status = 77 };
	u[5].handle = 12345;
	ck_assert_int_eq(op(b, GNTTABOP_unmap_grant_ref, u, 20), 0);
	for (u32 i = 0; i < 20; i++)
		ck_assert_int_eq(u[i].status, i == 5 ? GNTST_bad_handle : GNTST_okay);
	ck_assert_uint_eq(refs(page), 1);
}
END_TEST

START_TEST(copies)
{
	mfn_t own = domain_frame_alloc(b, 0, FRAME_BELOW_ANY);
	struct gnttab_copy c = {
		.source = { .u.ref = REF, .domid = a->id },
		.dest = { .u.gmfn = own.v, .domid = DOMID_SELF },
		.len = PAGE_SIZE,
		.flags = GNTCOPY_source_gref,
	};

	memset(mfn_va(page), 0x5a, PAGE_SIZE);
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_okay);
	ck_assert_int_eq(memcmp(mfn_va(own), mfn_va(page), PAGE_SIZE), 0);
	c = (struct gnttab_copy){
		.source = { .u.gmfn = own.v, .domid = b->id, .offset = 100 },
		.dest = { .u.ref = REF, .domid = a->id, .offset = 4000 },
		.len = 96,
		.flags = GNTCOPY_dest_gref,
	};
	memset((char *)mfn_va(own) + 100, 1, 96);
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_okay);
	ck_assert_uint_eq(((u8 *)mfn_va(page))[3999], 0x5a);
	ck_assert_uint_eq(((u8 *)mfn_va(page))[4095], 1);
	c.len = 97;
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_bad_copy_arg);
	c.len = 1;
	grant(REF, b, page, GTF_readonly);
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_general_error);
	c.source.domid = a->id; /* a's page without a grant */
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_permission_denied);
	c.source = (struct gnttab_copy_ptr){ .u.gmfn = page.v, .domid = DOMID_SELF };
	ck_assert_int_eq(op(b, GNTTABOP_copy, &c, 1), 0);
	ck_assert_int_eq(c.status, GNTST_bad_page);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(refs(own), 1);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access | GTF_readonly);
	ck_assert_uint_eq(a->refs, 2);
}
END_TEST

START_TEST(granter_dies_first)
{
	struct gnttab_map_grant_ref m = map(REF, GNTMAP_host_map, AT(1));
	u64 before = frame_free_count();
	domid_t id = a->id;

	machine_run(dom0->vcpus[0]);
	core_destroy(a);
	ck_assert_ptr_nonnull(domain_by_id(id)); /* its id stays while a frame of its is mapped */
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(a->pages, 1);
	ck_assert_int_eq(map(REF, GNTMAP_host_map, AT(2)).status, GNTST_bad_gntref);
	ck_assert_int_eq(unmap(m.handle, AT(1), 0), GNTST_okay);
	ck_assert(current->work & WORK_RESCHED); /* the way out frees it */
	domain_reap();
	ck_assert_ptr_null(domain_by_id(id));
	ck_assert_uint_gt(frame_free_count(), before);
}
END_TEST

START_TEST(mapper_dies_first)
{
	u64 flags = GNTMAP_host_map;

	ck_assert_int_eq(map(REF, (u32)flags, AT(1)).status, GNTST_okay);
	ck_assert_int_eq(map(REF, (u32)flags | GNTMAP_device_map, AT(2)).status, GNTST_okay);
	ck_assert_uint_eq(refs(page), 4);
	ck_assert_uint_eq(core_mappings(), 2);
	machine_run(dom0->vcpus[0]);
	core_destroy(b);
	ck_assert_uint_eq(refs(page), 1);
	ck_assert_uint_eq(types(page), 0);
	ck_assert_uint_eq(table[REF].flags, GTF_permit_access);
	ck_assert_uint_eq(a->refs, 2);
}
END_TEST

START_TEST(own_domain)
{
	struct gnttab_map_grant_ref m;

	grant(REF, a, page, 0);
	m = (struct gnttab_map_grant_ref){ .host_addr = (u64)a->id << 32,
					   .flags = GNTMAP_host_map,
					   .ref = REF,
					   .dom = DOMID_SELF };
	ck_assert_int_eq(op(a, GNTTABOP_map_grant_ref, &m, 1), 0);
	ck_assert_int_eq(m.status, GNTST_okay);
	machine_run(dom0->vcpus[0]);
	core_destroy(a); /* with the mapping in place: nothing is left over */
	ck_assert_ptr_null(domain_by_id(m.dom));
}
END_TEST

START_TEST(tables)
{
	static u64 frames[8];
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 3 };
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_set_version v = { 2 };
	struct gnttab_get_version g = { .dom = DOMID_SELF };
	mfn_t mfn;

	set_xen_guest_handle(s.frame_list, frames);
	ck_assert_int_eq(op(a, GNTTABOP_setup_table, &s, 1), 0);
	ck_assert_int_eq(s.status, GNTST_okay);
	ck_assert_uint_eq(frames[0], va_mfn(table).v);
	ck_assert_int_eq(frame_get(MFN(frames[2]), a), 0);
	ck_assert_int_eq(op(a, GNTTABOP_query_size, &q, 1), 0);
	ck_assert_uint_eq(q.nr_frames, 3);
	ck_assert_uint_eq(q.max_nr_frames, 4);
	s.nr_frames = 5;
	ck_assert_int_eq(op(a, GNTTABOP_setup_table, &s, 1), 0);
	ck_assert_int_eq(s.status, GNTST_general_error);
	s.dom = b->id;
	ck_assert_int_eq(op(a, GNTTABOP_setup_table, &s, 1), 0);
	ck_assert_int_eq(s.status, GNTST_permission_denied);
	ck_assert_int_eq(op(a, GNTTABOP_setup_table, &s, 2), -EINVAL);
	ck_assert_int_eq(op(a, GNTTABOP_set_version, &v, 1), -ENOSYS);
	ck_assert_uint_eq(v.version, 1);
	ck_assert_int_eq(op(a, GNTTABOP_set_version, &v, 1), 0);
	ck_assert_int_eq(op(a, GNTTABOP_get_version, &g, 1), 0);
	ck_assert_uint_eq(g.version, 1);
	ck_assert_int_eq(grant_shared_frame(a, 3, &mfn), 0);
	ck_assert_int_eq(grant_shared_frame(a, 4, &mfn), -EINVAL);
	ck_assert_int_eq(grant_shared_frame(a, 0xffffffff, &mfn), -EINVAL);
}
END_TEST

START_TEST(what_is_not_there)
{
	struct gnttab_transfer t = { .status = 77 };
	struct gnttab_swap_grant_ref s = { .status = 77 };

	ck_assert_int_eq(op(a, GNTTABOP_transfer, &t, 1), -ENOSYS);
	ck_assert_int_eq(op(a, GNTTABOP_swap_grant_ref, &s, 1), -ENOSYS);
	ck_assert_int_eq(op(a, GNTTABOP_cache_flush, &s, 1), -ENOSYS);
	ck_assert_int_eq(op(a, GNTTABOP_copy, NULL, 1), -EFAULT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grant");
	TCase *t = tcase_create("grant");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, map_and_unmap);
	tcase_add_test(t, unmap_flushes_before_the_granter_knows);
	tcase_add_test(t, readonly);
	tcase_add_test(t, refusals);
	tcase_add_test(t, a_page_table_is_not_writable);
	tcase_add_test(t, two_parts);
	tcase_add_test(t, the_pinned_frame_counts);
	tcase_add_test(t, handles_run_out_and_return);
	tcase_add_test(t, batches);
	tcase_add_test(t, copies);
	tcase_add_test(t, granter_dies_first);
	tcase_add_test(t, mapper_dies_first);
	tcase_add_test(t, own_domain);
	tcase_add_test(t, tables);
	tcase_add_test(t, what_is_not_there);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
