/* SPDX-License-Identifier: MIT */
/* guest_access.h: the checks in front of the copies in safe.S. */
#include <core/errno.h>
#include <core/guest_access.h>
#include <x86/x86.h>

_Static_assert(PATCH_SMAP == 0, "GUEST_DOOR in guest_access.h");
_Static_assert(PATCH_MASK == 1 && PATCH_GUARD == 2, "NOSPEC_SITE in nospec.h");

int guest_read(void *dst, gaddr_t src, size_t n)
{
	if (unlikely(!guest_range_ok(src, n)))
		return -EFAULT;
	return guest_copy(dst, (const void *)src.v, n);
}

int guest_write(gaddr_t dst, const void *src, size_t n)
{
	if (unlikely(!guest_range_ok(dst, n)))
		return -EFAULT;
	return guest_copy((void *)dst.v, src, n);
}

int guest_clear(gaddr_t dst, size_t n)
{
	if (!guest_range_ok(dst, n))
		return -EFAULT;
	return guest_fill((void *)dst.v, n);
}
