/* SPDX-License-Identifier: MIT */
/*
 * Attacks on memory_op: progress numbers, NUMA nodes, orders and flags made up by the guest,
 * resources and physmap calls that are not for it, and every sub-command with pointers into the
 * hypervisor. Nothing is lost, and the count of our pages is what it was.
 */
#include "test.h"

#define START(cmd, n) ((cmd) | (unsigned long)(n) << 6)

static xen_pfn_t list[4];

static long pages_now(void)
{
	domid_t self = DOMID_SELF;

	return hypercall_memory_op(XENMEM_current_reservation, &self);
}

static void progress(void)
{
	static const unsigned int ops[] = { XENMEM_increase_reservation,
					    XENMEM_decrease_reservation, XENMEM_populate_physmap };
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(ops); i++) {
		/* More extents done than there are: nothing is left to do. */
		hypercall_memory_op(START(ops[i], 1), &r);
		hypercall_memory_op(START(ops[i], 2), &r);
		hypercall_memory_op(START(ops[i], 1UL << 57), &r);
	}
	/* An array that only its end puts into the hypervisor. */
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(HYPERVISOR_VIRT_START - 16));
	r.nr_extents = 4;
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(ops); i++)
		expect(hypercall_memory_op(START(ops[i], 3), &r) <= 3,
		       "an extent in the hypervisor");
}

static void flags(void)
{
	static const unsigned int values[] = {
		XENMEMF_node(200),       XENMEMF_exact_node(200),   XENMEMF_vnode | XENMEMF_node(9),
		XENMEMF_address_bits(1), XENMEMF_address_bits(255), ~0U
	};

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(values); i++) {
		struct xen_memory_reservation r = { .nr_extents = 1,
						    .mem_flags = values[i],
						    .domid = DOMID_SELF };

		list[0] = test_start.info->nr_pages - 1;
		set_xen_guest_handle(r.extent_start, list);
		/* We have all that we may have: whatever the flags say, there is no more. */
		hypercall_memory_op(XENMEM_increase_reservation, &r);
	}
}

/* A new frame, if one was given after all, goes back. */
static void surplus_return(long before)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, list);
	if (pages_now() > before)
		hypercall_memory_op(XENMEM_decrease_reservation, &r);
}

static void pointers(void)
{
	for (unsigned int cmd = 0; cmd < 64; cmd++) {
		/* These two take no argument. */
		if (cmd == XENMEM_maximum_ram_page || cmd == XENMEM_get_sharing_freed_pages ||
		    cmd == XENMEM_get_sharing_shared_pages)
			continue;
		expect(hypercall_memory_op(cmd, (void *)HYPERVISOR_POINTER) <= 0,
		       "command %u took an argument from the hypervisor", cmd);
		expect(hypercall_memory_op(cmd, (void *)NONCANONICAL) <= 0,
		       "command %u took an argument from nowhere", cmd);
	}
}

static void resources(void)
{
	struct xen_mem_acquire_resource op = { .domid = DOMID_SELF, .type = 99, .nr_frames = 1 };
	struct xen_add_to_physmap add = { .domid = DOMID_SELF,
					  .space = XENMAPSPACE_shared_info,
					  .gpfn = 5 };
	struct xen_remove_from_physmap remove = { .domid = DOMID_SELF, .gpfn = ~0UL };

	set_xen_guest_handle(op.frame_list, list);
	expect_rc("a resource of no type", hypercall_memory_op(XENMEM_acquire_resource, &op),
		  UNLIKE_XEN(-XEN_EOPNOTSUPP, -XEN_ESRCH));
	op.type = XENMEM_resource_grant_table;
	op.domid = 999;
	expect_rc("a resource of nobody", hypercall_memory_op(XENMEM_acquire_resource, &op),
		  -XEN_ESRCH);
	op.domid = DOMID_SELF;
	op.frame = ~0UL;
	op.nr_frames = ~0U;
	expect_rc("2^32 - 1 frames from ~0", hypercall_memory_op(XENMEM_acquire_resource, &op),
		  UNLIKE_XEN(-XEN_E2BIG, -XEN_EINVAL));
	expect_rc("shared_info at a pfn of a PV domain",
		  hypercall_memory_op(XENMEM_add_to_physmap, &add),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EACCES));
	expect_rc("remove pfn ~0", hypercall_memory_op(XENMEM_remove_from_physmap, &remove),
		  UNLIKE_XEN(-XEN_ENOSYS, -XEN_EACCES));
}

static void still_there(void)
{
	for (unsigned long pfn = 0; pfn < test_start.mapped_end; pfn++) {
		unsigned long mfn = pv_pfn_to_mfn(pfn);

		if (pv_p2m.pfn[mfn] != pfn) {
			test_fail("pfn %lu is no more ours", pfn);
			return;
		}
	}
}

void test_main(void)
{
	long before = pages_now();

	progress();
	flags();
	surplus_return(before);
	pointers();
	resources();
	still_there();
	expect(pages_now() <= before + 6, "pages: %ld, before %ld", pages_now(), before);
}
