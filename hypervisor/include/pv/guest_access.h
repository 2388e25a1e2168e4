/* SPDX-License-Identifier: MIT */
/*
 * The one door to guest memory by virtual address: of the current vCPU, in the page tables that are
 * loaded now. Addresses in the hypervisor's range or not canonical are refused. Copy once, then check the
 * copy. With SMAP only these functions open the door (stac/clac).
 *
 * Errors: 0 or -EFAULT; a failed copy may have been done in part.
 */
#ifndef PV_GUEST_ACCESS_H
#define PV_GUEST_ACCESS_H

#include <pv/layout.h>
#include <pv/types.h>

int guest_read(void *dst, gaddr_t src, size_t n) MUST_CHECK;
int guest_write(gaddr_t dst, const void *src, size_t n) MUST_CHECK;
int guest_clear(gaddr_t dst, size_t n) MUST_CHECK;
/* At most max-1 bytes and a NUL; -EFAULT, -E2BIG without an end. */
int guest_read_string(char *dst, gaddr_t src, size_t max) MUST_CHECK;

static inline bool guest_range_ok(gaddr_t a, u64 n)
{
	u64 end = a.v + n;

	if (end < a.v)
		return false;
	return end <= 0x800000000000UL || a.v >= HV_VIRT_END;
}

/* Element i of an array of T. */
#define guest_read_elem(dst, base, i) guest_read((dst), gaddr_add((base), (u64)(i) * sizeof(*(dst))), sizeof(*(dst)))
#define guest_write_elem(base, i, src) guest_write(gaddr_add((base), (u64)(i) * sizeof(*(src))), (src), sizeof(*(src)))

/* A handle of Xen's headers, as an address. */
#define handle_gaddr(h) GADDR((u64)(h).p)

#endif /* PV_GUEST_ACCESS_H */
