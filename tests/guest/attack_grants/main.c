/* SPDX-License-Identifier: MIT */
/*
 * Attacks on grants: version changes with mappings in place, transitive and sub-page entries in a
 * table of version 1, entries changed while mapped, page-table entries changed under a mapping,
 * frames given away while mapped, transfers, cache flushes and swaps with wild arguments. Every
 * call gets a defined status, no frame is lost or kept, and grants work afterwards as before.
 */
#include "test.h"

static struct pv_grants grants;
static uint16_t next[PV_GRANTS_PER_FRAME];
static uint64_t *page;
static char *va;
static domid_t self;

static int16_t map(long ref, uint32_t flags, uint64_t at, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = at,
					   .flags = flags,
					   .ref = (grant_ref_t)ref,
					   .dom = self,
					   .status = 0x5555 };

	if (hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1))
		return -1;
	expect(op.status != 0x5555, "map left its status unset");
	*handle = op.handle;
	return op.status;
}

static int16_t unmap(uint64_t at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = at, .handle = handle, .status = 0x5555 };

	must(!hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1));
	expect(op.status != 0x5555, "unmap left its status unset");
	return op.status;
}

/* The whole round works, and leaves the page ours alone. */
static void healthy(const char *after)
{
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	grant_handle_t handle = 0;

	must(ref > 0);
	expect(map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay, "no map after %s",
	       after);
	expect(unmap((uint64_t)va, handle) == GNTST_okay, "no unmap after %s", after);
	expect(pv_grant_end(&grants, (grant_ref_t)ref) == 0, "no end after %s", after);
	page_readonly(page);
	expect_rc(after, mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(page), 0), 0);
	must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(page), 0));
	page_writable(page);
}

static void odd_entries(void)
{
	static const uint16_t flags[] = { GTF_transitive,
					  GTF_accept_transfer,
					  GTF_invalid,
					  GTF_permit_access | GTF_sub_page,
					  GTF_transitive | GTF_sub_page,
					  0xffff };
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	grant_handle_t handle = 0;

	must(ref > 0);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(flags); i++) {
		grants.table[ref].flags = flags[i];
		if (map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay)
			expect(unmap((uint64_t)va, handle) == GNTST_okay, "unmap, flags %#x",
			       flags[i]);
	}
	grants.table[ref].flags = GTF_permit_access;
	grants.table[ref].frame = 0x200;
	expect(map(ref, GNTMAP_host_map, (uint64_t)va, &handle) < 0, "the hypervisor's frame");
	grants.table[ref].frame = ~0U;
	expect(map(ref, GNTMAP_host_map, (uint64_t)va, &handle) < 0, "frame 2^32 - 1");
	grants.table[ref].frame = (uint32_t)pv_va_to_mfn(page);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	healthy("odd entries");
}

/* The entry names another frame while it is mapped: unmap must let go of the frame that was mapped.
 */
static void changed_entry(void)
{
	uint64_t *second = page_take();
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	grant_handle_t handle = 0;

	must(ref > 0 && map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay);
	grants.table[ref].frame = (uint32_t)pv_va_to_mfn(second);
	grants.table[ref].domid = 999;
	expect(unmap((uint64_t)va, handle) == GNTST_okay, "unmap of a changed entry");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	healthy("a changed entry");
	page_readonly(second);
	expect_rc("the frame that was never mapped",
		  mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(second), 0), 0);
	must(!mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(second), 0));
}

/* The mapping's page-table entry is replaced or cleared by the guest: unmap notices. */
static void changed_mapping(void)
{
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	grant_handle_t handle = 0, stale = 0;
	uint64_t *second = page_take();

	must(ref > 0 && map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay);
	/* Where the change itself is refused, the mapping is unmapped in the ordinary way. */
	if (va_update(va, pte_make(second, PV_PTE_DATA), UVMF_INVLPG)) {
		expect(unmap((uint64_t)va, handle) == GNTST_okay, "unmap");
	} else {
		stale = handle;
		expect(unmap((uint64_t)va, stale) < 0, "unmapped although another frame is there");
		must(!va_update(va, 0, UVMF_INVLPG));
		/* Without an address only the record is dropped. */
		unmap(0, stale);
	}
	/* What the guest broke may stay in use; that is its own loss. */
	if (pv_grant_end(&grants, (grant_ref_t)ref))
		pv_printf("(the grant stays in use)\n");
}

static void given_away(void)
{
	uint64_t *victim = page_take();
	xen_pfn_t mfn = pv_va_to_mfn(victim);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	long ref = pv_grant_give(&grants, self, mfn, false);
	grant_handle_t handle = 0;
	uint64_t value = 0;

	set_xen_guest_handle(r.extent_start, &mfn);
	victim[0] = 0x1234;
	must(ref > 0 && map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay);
	must(!va_update(victim, 0, UVMF_INVLPG));
	hypercall_memory_op(XENMEM_decrease_reservation, &r);
	expect_fault("a frame given away while mapped", pv_try_read64(va, &value), FAULT_NONE);
	expect_eq("what is in it", value, 0x1234);
	expect(unmap((uint64_t)va, handle) == GNTST_okay, "unmap");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
}

static void versions(void)
{
	struct gnttab_set_version set = { .version = 2 };
	struct gnttab_get_status_frames status = { .nr_frames = 1, .dom = DOMID_SELF };
	long ref = pv_grant_give(&grants, self, pv_va_to_mfn(page), false);
	static uint64_t list[4];
	grant_handle_t handle = 0;

	must(ref > 0 && map(ref, GNTMAP_host_map, (uint64_t)va, &handle) == GNTST_okay);
	expect_rc("version 2 with a mapping in place",
		  hypercall_grant_table_op(GNTTABOP_set_version, &set, 1),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EBUSY));
	set_xen_guest_handle(status.frame_list, list);
	hypercall_grant_table_op(GNTTABOP_get_status_frames, &status, 1);
	set.version = 1;
	hypercall_grant_table_op(GNTTABOP_set_version, &set, 1);
	expect(unmap((uint64_t)va, handle) == GNTST_okay, "unmap");
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	healthy("version changes");
}

static void wild_arguments(void)
{
	struct gnttab_transfer transfer = {
		.mfn = 0x200, .domid = self, .ref = 9, .status = 0x5555
	};
	struct gnttab_swap_grant_ref swap = { .ref_a = 20, .ref_b = ~0U, .status = 0x5555 };
	struct gnttab_unmap_and_replace replace = {
		.host_addr = (uint64_t)va, .new_addr = NONCANONICAL, .handle = 77, .status = 0x5555
	};
	struct gnttab_cache_flush flush = { .a.dev_bus_addr = 0x200000,
					    .length = 4096,
					    .op = GNTTAB_CACHE_CLEAN };
	long rc;

	rc = hypercall_grant_table_op(GNTTABOP_transfer, &transfer, 1);
	expect(rc < 0 || transfer.status < 0, "transfer of the hypervisor's frame");
	rc = hypercall_grant_table_op(GNTTABOP_swap_grant_ref, &swap, 1);
	expect(rc < 0 || swap.status < 0, "swap with reference ~0");
	rc = hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &replace, 1);
	expect(rc < 0 || replace.status < 0, "replace with a wild address");
	expect_rc("cache flush of the hypervisor's frame",
		  hypercall_grant_table_op(GNTTABOP_cache_flush, &flush, 1),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EPERM));
	flush.a.dev_bus_addr = ~0UL;
	expect_rc("cache flush of nothing",
		  hypercall_grant_table_op(GNTTABOP_cache_flush, &flush, 1),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EINVAL));
	healthy("wild arguments");
}

void test_main(void)
{
	self = (domid_t)pv_domain_id();
	page = page_take();
	va = window(0);
	must(!pv_grants_init(&grants, window(8), 1, next));
	healthy("nothing");
	odd_entries();
	changed_entry();
	changed_mapping();
	given_away();
	versions();
	wild_arguments();
}
