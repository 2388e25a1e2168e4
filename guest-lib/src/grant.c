/* SPDX-License-Identifier: MIT */
/* Grants: the own table, and mapping the pages of others. */
#include <pv/cpu.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mmu.h>

#define MAX_FRAMES 32

static void free_list_make(struct pv_grants *grants, unsigned int nr)
{
	grants->nr = nr;
	grants->free = 0;
	for (unsigned int ref = nr - 1; ref >= GNTTAB_NR_RESERVED_ENTRIES; ref--) {
		grants->next[ref] = (uint16_t)grants->free;
		grants->free = ref;
	}
}

int pv_grants_init(struct pv_grants *grants, void *va, unsigned int frames, uint16_t *next)
{
	xen_pfn_t list[MAX_FRAMES];
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = frames };
	long rc;

	if (!frames || frames > MAX_FRAMES)
		return -XEN_EINVAL;
	set_xen_guest_handle(setup.frame_list, list);
	rc = hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1);
	if (rc)
		return (int)rc;
	if (setup.status != GNTST_okay)
		return -XEN_EINVAL;
	for (unsigned int i = 0; i < frames; i++) {
		rc = pv_map_set((char *)va + i * PV_PAGE_SIZE, pv_pte(list[i], PV_PTE_DATA));
		if (rc)
			return (int)rc;
	}
	grants->table = va;
	grants->next = next;
	free_list_make(grants, frames * (unsigned int)PV_GRANTS_PER_FRAME);
	return 0;
}

long pv_grant_give(struct pv_grants *grants, domid_t domid, unsigned long mfn, bool readonly)
{
	unsigned int ref = grants->free;
	grant_entry_v1_t *entry = &grants->table[ref];

	if (!ref)
		return -XEN_ENOSPC;
	grants->free = grants->next[ref];
	entry->domid = domid;
	entry->frame = (uint32_t)mfn;
	/* The flags make the entry valid: last. */
	pv_wmb();
	PV_WRITE_ONCE(entry->flags, GTF_permit_access | (readonly ? GTF_readonly : 0));
	return ref;
}

int pv_grant_end(struct pv_grants *grants, grant_ref_t ref)
{
	grant_entry_v1_t *entry = &grants->table[ref];
	uint16_t flags;

	/* The hypervisor sets the two "in use" bits in the same word: take the entry only when both
	 * are clear. */
	do {
		flags = PV_READ_ONCE(entry->flags);
		if (flags & (GTF_reading | GTF_writing))
			return -XEN_EBUSY;
	} while (!pv_cmpxchg(&entry->flags, flags, 0));
	grants->next[ref] = (uint16_t)grants->free;
	grants->free = ref;
	return 0;
}

static int status_check(int16_t value, int16_t *status)
{
	if (status)
		*status = value;
	return value == GNTST_okay ? 0 : -XEN_EINVAL;
}

int pv_grant_map(struct pv_grant_map *map, void *va, domid_t domid, grant_ref_t ref, bool readonly,
		 int16_t *status)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (uint64_t)va,
		.flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0),
		.ref = ref,
		.dom = domid,
	};
	long rc = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	if (rc)
		return (int)rc;
	map->va = va;
	map->handle = op.handle;
	return status_check(op.status, status);
}

int pv_grant_unmap(const struct pv_grant_map *map, int16_t *status)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = (uint64_t)map->va,
		.handle = map->handle,
	};
	long rc = hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

	return rc ? (int)rc : status_check(op.status, status);
}
