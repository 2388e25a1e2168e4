/* SPDX-License-Identifier: MIT */
/* xen_memory.c - memory of other domains: give it, map it, grant it, pin it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xen_handle.h"

/* Extents in one populate call: 64 KiB of frame numbers. */
#define POPULATE_BATCH 8192

static long populate_batch(struct xen *xen, struct xen_memory_reservation *op, size_t count,
			   xen_pfn_t *buffer, xen_pfn_t *frames)
{
	long done;

	memcpy(buffer, frames, count * sizeof(*frames));
	op->nr_extents = count;
	set_xen_guest_handle(op->extent_start, buffer);
	done = xen_call(xen, __HYPERVISOR_memory_op, XENMEM_populate_physmap, op, sizeof(*op));
	if (done > 0)
		memcpy(frames, buffer, (size_t)done * sizeof(*frames));
	return done;
}

long xen_populate(struct xen *xen, uint32_t domid, unsigned int order, size_t count,
		  xen_pfn_t *frames)
{
	struct xen_memory_reservation op = {
		.extent_order = order,
		.domid = (domid_t)domid,
	};
	size_t limit = count < POPULATE_BATCH ? count : POPULATE_BATCH, given = 0;
	xen_pfn_t *buffer = xen_buffer_alloc(xen, limit * sizeof(*buffer));
	long done = 0;

	if (!buffer)
		return -ENOMEM;
	while (given < count) {
		size_t batch = count - given < limit ? count - given : limit;

		done = populate_batch(xen, &op, batch, buffer, frames + given);
		if (done > 0)
			given += (size_t)done;
		if (done < 0 || (size_t)done < batch)
			break;
	}
	xen_buffer_free(xen, buffer);
	return given || done >= 0 ? (long)given : done;
}

int xen_claim_pages(struct xen *xen, uint32_t domid, uint64_t pages)
{
	struct xen_memory_reservation op = {
		.nr_extents = pages,
		.domid = (domid_t)domid,
	};

	return (int)xen_call(xen, __HYPERVISOR_memory_op, XENMEM_claim_pages, &op, sizeof(op));
}

/* One entry as the BIOS call E820 gives them; the public headers leave its layout to the guest. */
struct e820_entry {
	uint64_t address, size;
	uint32_t type;
} __attribute__((packed));

#define E820_RAM 1

int xen_set_memory_map(struct xen *xen, uint32_t domid, uint64_t bytes)
{
	struct e820_entry *entry = xen_buffer_alloc(xen, sizeof(*entry));
	struct xen_foreign_memory_map op = {
		.domid = (domid_t)domid,
		.map.nr_entries = 1,
	};
	long ret;

	if (!entry)
		return -ENOMEM;
	*entry = (struct e820_entry){ .size = bytes, .type = E820_RAM };
	set_xen_guest_handle(op.map.buffer, entry);
	ret = xen_call(xen, __HYPERVISOR_memory_op, XENMEM_set_memory_map, &op, sizeof(op));
	xen_buffer_free(xen, entry);
	return (int)ret;
}

void *xen_map(struct xen *xen, uint32_t domid, size_t count, const xen_pfn_t *frames)
{
	return xenforeignmemory_map(xen->memory, domid, PROT_READ | PROT_WRITE, count, frames,
				    NULL);
}

void xen_unmap(struct xen *xen, void *address, size_t count)
{
	if (address)
		xenforeignmemory_unmap(xen->memory, address, count);
}

int xen_pin_l4(struct xen *xen, uint32_t domid, xen_pfn_t frame)
{
	struct mmuext_op *op = xen_buffer_alloc(xen, sizeof(*op));
	int ret;

	if (!op)
		return -ENOMEM;
	*op = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = frame };
	ret = xencall4(xen->call, __HYPERVISOR_mmuext_op, (uintptr_t)op, 1, 0, domid);
	if (ret < 0)
		ret = -errno;
	xen_buffer_free(xen, op);
	return ret;
}

int xen_grant_to_dom0(struct xen *xen, uint32_t domid, const struct xen_grant *grants, size_t count)
{
	xenforeignmemory_resource_handle *resource;
	struct grant_entry_v1 *table;
	void *address = NULL;
	size_t i;

	resource = xenforeignmemory_map_resource(xen->memory, (domid_t)domid,
						 XENMEM_resource_grant_table,
						 XENMEM_resource_grant_table_id_shared, 0, 1,
						 &address, PROT_READ | PROT_WRITE, 0);
	if (!resource)
		return -errno;
	table = address;
	for (i = 0; i < count; i++) {
		table[grants[i].ref].domid = 0;
		table[grants[i].ref].frame = (uint32_t)grants[i].frame;
		/* The flags make the entry valid, so they come last. */
		__atomic_store_n(&table[grants[i].ref].flags, GTF_permit_access, __ATOMIC_RELEASE);
	}
	xenforeignmemory_unmap_resource(xen->memory, resource);
	return 0;
}
