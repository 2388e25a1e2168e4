/* SPDX-License-Identifier: MIT */
/* What domctl and sysctl share: bitmaps, CPUID tables. */
#include <core/cpu.h>
#include <pv/cpuid.h>
#include <dom0/domctl.h>
#include <core/errno.h>

#define BITS_MAX 128

int bitmap_read(u64 out[2], const struct xenctl_bitmap *b)
{
	u32 bits = MIN(b->nr_bits, BITS_MAX), bytes = (bits + 7) / 8;

	out[0] = out[1] = 0;
	if (guest_read(out, handle_gaddr(b->bitmap), bytes))
		return -EFAULT;
	for (u32 i = bits; i < BITS_MAX; i++)
		out[i / 64] &= ~(1UL << (i % 64));
	return 0;
}

int bitmap_write(const struct xenctl_bitmap *b, const u64 bits[2])
{
	u32 bytes = (u32)(((u64)b->nr_bits + 7) / 8), ours = MIN(bytes, BITS_MAX / 8);
	gaddr_t to = handle_gaddr(b->bitmap);

	if (bytes > PAGE_SIZE)
		return -EINVAL;
	if (guest_write(to, bits, ours) || guest_clear(gaddr_add(to, ours), bytes - ours))
		return -EFAULT;
	return 0;
}

void online_mask(u64 mask[2])
{
	mask[0] = mask[1] = 0;
	for (unsigned int i = 0; i < nr_cpus; i++)
		mask[i / 64] |= 1UL << (i % 64);
}

int policy_write(const struct cpuid_policy *p, gaddr_t leaves, u32 *count)
{
	if (!leaves.v) {
		*count = CPUID_LEAVES_MAX;
		return 0;
	}
	if (*count < p->count)
		return -ENOBUFS;
	if (guest_write(leaves, p->leaf, p->count * sizeof(p->leaf[0])))
		return -EFAULT;
	/* libxenguest writes its changed policy into as many rows as it was given: the last one is
	 * repeated, so that there is room for all that it makes. */
	for (u32 i = p->count; p->count && i < MIN(*count, CPUID_LEAVES_MAX); i++)
		if (guest_write_elem(leaves, i, &p->leaf[p->count - 1]))
			return -EFAULT;
	*count = p->count ? MIN(*count, CPUID_LEAVES_MAX) : 0;
	return 0;
}
