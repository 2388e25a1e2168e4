/* SPDX-License-Identifier: MIT */
/*
 * A domain's own grant table: sizes, set-up and growth up to its maximum and not beyond, version 1,
 * and every refusal with a defined status; the frames of the table are mapped and shared, and
 * cannot become something else.
 */
#include "test.h"

static xen_pfn_t frames[64];

static int16_t setup(domid_t dom, uint32_t nr, void *list)
{
	struct gnttab_setup_table op = { .dom = dom, .nr_frames = nr, .status = 0x5555 };

	set_xen_guest_handle(op.frame_list, (xen_pfn_t *)list);
	expect_rc("setup_table", hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1), 0);
	return op.status;
}

static struct gnttab_query_size size_query(domid_t dom)
{
	struct gnttab_query_size op = { .dom = dom, .status = 0x5555 };

	expect_rc("query_size", hypercall_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
	return op;
}

static void sizes(void)
{
	struct gnttab_query_size size = size_query(DOMID_SELF);
	struct gnttab_setup_table bad = { .dom = DOMID_SELF, .nr_frames = 1 };

	expect_eq("status", (uint16_t)size.status, GNTST_okay);
	expect(size.nr_frames >= 1 && size.nr_frames <= size.max_nr_frames, "%u of %u frames",
	       size.nr_frames, size.max_nr_frames);
	expect(size_query(999).status < 0, "the size of nobody's table");
	expect(setup(DOMID_SELF, 1, frames) == GNTST_okay, "one frame");
	expect(setup(DOMID_SELF, size.max_nr_frames + 1, frames) < 0, "more than the maximum");
	expect(setup(DOMID_SELF, ~0U, frames) < 0, "2^32 - 1 frames");
	expect(setup(999, 1, frames) < 0, "a table of nobody");
	expect(setup(DOMID_SELF, 4, frames) == GNTST_okay, "four frames");
	for (unsigned int i = 1; i < 4; i++)
		expect(frames[i] && frames[i] != frames[i - 1], "frame %u is %#lx", i, frames[i]);
	expect(size_query(DOMID_SELF).nr_frames >= 4, "the table has not grown");
	set_xen_guest_handle(bad.frame_list, (xen_pfn_t *)HYPERVISOR_POINTER);
	expect(hypercall_grant_table_op(GNTTABOP_setup_table, &bad, 1) < 0 || bad.status < 0,
	       "a list in the hypervisor was written");
}

static void versions(void)
{
	struct gnttab_get_version get = { .dom = DOMID_SELF };
	struct gnttab_set_version set = { .version = 1 };

	expect_rc("set version 1", hypercall_grant_table_op(GNTTABOP_set_version, &set, 1), 0);
	expect_rc("get version", hypercall_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
	expect_eq("version", get.version, 1);
	set.version = 2; /* which Xen has */
	if (on_paravane())
		expect_rc("set version 2", hypercall_grant_table_op(GNTTABOP_set_version, &set, 1),
			  -XEN_ENOSYS);
	set.version = 3;
	expect_rc("set version 3", hypercall_grant_table_op(GNTTABOP_set_version, &set, 1),
		  -XEN_EINVAL);
	set.version = 0;
	expect_rc("set version 0", hypercall_grant_table_op(GNTTABOP_set_version, &set, 1),
		  -XEN_EINVAL);
}

static void protection(void)
{
	void *va = window(0);
	unsigned long table;

	must(setup(DOMID_SELF, 1, frames) == GNTST_okay);
	table = frames[0];
	expect_rc("map it", va_update(va, pv_pte(table, PV_PTE_DATA), UVMF_INVLPG), 0);
	expect_rc("pin it as a page table", mmuext_one(MMUEXT_PIN_L1_TABLE, table, 0), -XEN_EINVAL);
	expect_rc("make it a GDT", hypercall_set_gdt(&table, 512), -XEN_EINVAL);
	memset(va, 0, PV_PAGE_SIZE);
	must(!va_update(va, 0, UVMF_INVLPG));
	expect_rc("pin it when it is not mapped", mmuext_one(MMUEXT_PIN_L1_TABLE, table, 0),
		  -XEN_EINVAL);
}

void test_main(void)
{
	static const struct call bad[] = {
		CALL("setup from the hypervisor", grant_table_op, -XEN_EFAULT, GNTTABOP_setup_table,
		     HYPERVISOR_POINTER, 1),
		CALL("query from the hypervisor", grant_table_op, -XEN_EFAULT, GNTTABOP_query_size,
		     HYPERVISOR_POINTER, 1),
		CALL("map from the hypervisor", grant_table_op, -XEN_EFAULT, GNTTABOP_map_grant_ref,
		     HYPERVISOR_POINTER, 1),
		CALL("2^31 maps", grant_table_op, UNLIKE_XEN(-XEN_EFAULT, -XEN_EINVAL),
		     GNTTABOP_map_grant_ref, 0, 1UL << 31),
		CALL("no maps", grant_table_op, 0, GNTTABOP_map_grant_ref, 0, 0),
		CALL("unknown command", grant_table_op, -XEN_ENOSYS, 50, 0, 1),
	};

	sizes();
	versions();
	protection();
	CALLS_CHECK(bad);
}
