/* SPDX-License-Identifier: MIT */
/*
 * Memory maps: dom0 sees the machine's, sorted, without overlaps and with RAM in it, and no other
 * domain does; a domain's own map covers its memory; a buffer too small or in the wrong place is
 * refused. The machine's translation table is where the call says and read-only.
 */
#include "test.h"

struct region {
	uint64_t start, size;
	uint32_t type;
} __attribute__((packed));

static struct region map[64];

static void machine_map(void)
{
	struct xen_memory_map op = { .nr_entries = PV_ARRAY_SIZE(map) };
	uint64_t ram = 0, end = 0;

	set_xen_guest_handle(op.buffer, (void *)map);
	if (!expect_rc("machine map", hypercall_memory_op(XENMEM_machine_memory_map, &op),
		       test_start.dom0 ? 0 : -XEN_EPERM))
		return;
	if (!test_start.dom0)
		return;
	expect(op.nr_entries >= 3 && op.nr_entries < PV_ARRAY_SIZE(map), "%u regions",
	       op.nr_entries);
	for (unsigned int i = 0; i < op.nr_entries; i++) {
		expect(map[i].start >= end, "region %u overlaps or is out of order", i);
		expect(map[i].size, "region %u is empty", i);
		end = map[i].start + map[i].size;
		ram += map[i].type == 1 ? map[i].size : 0;
	}
	expect(ram > test_start.info->nr_pages << PV_PAGE_SHIFT, "less RAM than we have ourselves");
	op.nr_entries = 1;
	expect(hypercall_memory_op(XENMEM_machine_memory_map, &op) < 0 || op.nr_entries <= 1,
	       "more regions than the buffer has room for");
	set_xen_guest_handle(op.buffer, (void *)HYPERVISOR_POINTER);
	op.nr_entries = 64;
	expect_rc("machine map to the hypervisor",
		  hypercall_memory_op(XENMEM_machine_memory_map, &op), -XEN_EFAULT);
}

static void own_map(void)
{
	struct xen_memory_map op = { .nr_entries = PV_ARRAY_SIZE(map) };
	long rc;

	set_xen_guest_handle(op.buffer, (void *)map);
	rc = hypercall_memory_op(XENMEM_memory_map, &op);
	expect(rc == 0 || rc == -XEN_ENOSYS, "own map: %ld", rc);
	expect(rc || op.nr_entries <= PV_ARRAY_SIZE(map), "own map has %u regions", op.nr_entries);
}

static void translation(void)
{
	struct xen_machphys_mapping mapping = { 0 };
	unsigned long own = pv_va_to_mfn(root_table());
	uint64_t value = 0;

	expect_rc("machphys_mapping", hypercall_memory_op(XENMEM_machphys_mapping, &mapping), 0);
	expect_eq("its start", mapping.v_start, MACH2PHYS_VIRT_START);
	expect(mapping.max_mfn > own, "max_mfn %#lx is below a frame of ours", mapping.max_mfn);
	expect(mapping.v_end >= mapping.v_start + 8 * (mapping.max_mfn + 1), "the table is cut");
	expect_eq("the entry of our root", ((uint64_t *)mapping.v_start)[own],
		  pv_va_to_pfn(root_table()));
	expect_fault("a store to it", pv_try_write64(&((uint64_t *)mapping.v_start)[own], 1),
		     PF(PF_W | PF_P));
	/* Far entries read as something or fault, but never harm. */
	pv_try_read64((uint64_t *)mapping.v_start + mapping.max_mfn, &value);
	pv_try_read64((uint64_t *)(mapping.v_end - 8), &value);
	expect_rc("to the hypervisor",
		  hypercall_memory_op(XENMEM_machphys_mapping, (void *)HYPERVISOR_POINTER),
		  -XEN_EFAULT);
}

static void lists(void)
{
	xen_pfn_t mfns[2] = { 0 };
	struct xen_machphys_mfn_list list = { .max_extents = 1 };
	domid_t self = DOMID_SELF;

	set_xen_guest_handle(list.extent_start, mfns);
	expect_rc("machphys_mfn_list", hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
	expect(list.nr_extents == 1 && mfns[0], "%u extents, the first at %#lx", list.nr_extents,
	       mfns[0]);
	/* It is what the domain has written into shared_info, so nothing yet. */
	hypercall_memory_op(XENMEM_maximum_gpfn, &self);
}

void test_main(void)
{
	machine_map();
	own_map();
	translation();
	lists();
}
