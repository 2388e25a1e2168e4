/* SPDX-License-Identifier: MIT */
/*
 * Grants (version 1): letting another domain use a page, and using another's.
 *
 * The table is an array shared with the hypervisor; free references are kept in a list threaded
 * through an array of the kernel's.
 */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_GRANTS_PER_FRAME (PV_PAGE_SIZE / sizeof(grant_entry_v1_t))

struct pv_grants {
	grant_entry_v1_t *table;
	uint16_t *next;    /* of the kernel's: PV_GRANTS_PER_FRAME entries per frame */
	unsigned int nr;   /* references in the table */
	unsigned int free; /* first free one; 0: none */
};

/*
 * Sets up `frames` (1 to 32) frames of the domain's grant table and maps them at `va`, page-aligned
 * pages of the kernel's linear map that lose their own memory. References below
 * GNTTAB_NR_RESERVED_ENTRIES belong to the builder and are never given out. Errors: those of
 * grant_table_op; -XEN_EINVAL: its status was not "okay".
 */
int pv_grants_init(struct pv_grants *grants, void *va, unsigned int frames,
		   uint16_t *next) PV_MUST_CHECK;

/* Lets `domid` map the frame. The reference, or -XEN_ENOSPC. [upcall] */
long pv_grant_give(struct pv_grants *grants, domid_t domid, unsigned long mfn,
		   bool readonly) PV_MUST_CHECK;

/* Takes a reference back. -XEN_EBUSY: the other domain still has it mapped; it stays given.
 * [upcall] */
int pv_grant_end(struct pv_grants *grants, grant_ref_t ref) PV_MUST_CHECK;

struct pv_grant_map {
	void *va;
	grant_handle_t handle;
};

/*
 * Maps another domain's page at va, whose L1 table must be there.
 * Errors: those of grant_table_op; -XEN_EINVAL for a GNTST_ status, which *status holds (may be
 * NULL).
 */
int pv_grant_map(struct pv_grant_map *map, void *va, domid_t domid, grant_ref_t ref, bool readonly,
		 int16_t *status) PV_MUST_CHECK;
int pv_grant_unmap(const struct pv_grant_map *map, int16_t *status) PV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
