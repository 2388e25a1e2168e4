/* SPDX-License-Identifier: MIT */
/* What domctl and sysctl share: the version check at their door, bitmaps, CPUID tables. */
#include <core/control.h>
#include <pv/cpuid.h>
#include <dom0/domctl.h>
#include <core/errno.h>
#include <core/hypercall.h>

#define BITS_MAX 128

struct control_header {
	u32 cmd, version;
};

long hc_domctl(gaddr_t arg);
long hc_sysctl(gaddr_t arg);

static long control_call(const struct subop_table *t, gaddr_t arg, u32 version)
{
	struct control_header h;

	if (!current->domain->control)
		return -EPERM;
	if (guest_read(&h, arg, sizeof(h)))
		return -EFAULT;
	if (h.version != version)
		return -EACCES;
	return subop_call(t, h.cmd, arg, 0);
}

long hc_domctl(gaddr_t arg)
{
	return control_call(&subops_domctl, arg, XEN_DOMCTL_INTERFACE_VERSION);
}

long hc_sysctl(gaddr_t arg)
{
	return control_call(&subops_sysctl, arg, XEN_SYSCTL_INTERFACE_VERSION);
}

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
