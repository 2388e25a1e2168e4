/* SPDX-License-Identifier: MIT */
/*
 * What an L1 entry refers to: a frame of RAM, or of the machine's devices.
 *
 * RAM has one cacheability at a time (XSA-154, 402). It is write-back, unless the hardware domain asked
 * for something else while no other entry mapped the frame; an entry that asks for another than the
 * frame has is given the frame's.
 */
#include <pv/arch.h>
#include <pv/printk.h>
#include <pv/validate.h>

static bool is_ram(mfn_t mfn)
{
	return mfn_valid(mfn) && !(mfn_to_frame(mfn)->refs & FRAME_IO);
}

static int device_entry_get(struct domain *d, const struct domain *fd, u64 *e)
{
	mfn_t mfn = pte_mfn(*e);

	if (is_ram(mfn) || !pte_acceptable(*e, 1))
		return -EINVAL;
	if (!iomem_allowed(fd ? fd : d, mfn, false))
		return -EPERM;
	/* Kernels map MMCONFIG and MSI-X tables for writing and would take a refusal for a missing device:
	 * they get them read-only, and their stores are seen to one by one. */
	if (*e & PTE_RW && !iomem_allowed(fd ? fd : d, mfn, true))
		*e &= ~PTE_RW;
	d->arch.mmio_mappings++;
	return 0;
}

/* Is the entry that is being made, or replaced, the only one that maps f? The references of a frame are
 * its owner's, the new entry's and the old one's. */
static bool mapped_once(const struct frame *f, u64 old)
{
	u32 expected = 2 + (old & PTE_P && mfn_eq(pte_mfn(old), frame_to_mfn(f)));

	return (u32)f->refs <= expected;
}

static void settle_cache(const struct domain *d, struct frame *f, u64 *e, u64 old)
{
	u8 want = pte_cache(*e);

	if (want == f->cache)
		return;
	if (d->hardware && mapped_once(f, old)) {
		cache_flush_page(mfn_va(frame_to_mfn(f)));
		f->cache = want;
		return;
	}
	*e = pte_with_cache(*e, f->cache);
}

int l1_entry_get(struct domain *d, struct domain *fd, u64 *e, u64 old)
{
	mfn_t mfn = pte_mfn(*e);
	struct frame *f;
	int rc;

	if (unlikely(!fd || frame_get(mfn, fd)))
		return device_entry_get(d, fd, e);
	f = mfn_to_frame(mfn);
	if (*e & PTE_RW) {
		rc = frametype_get_writable(d, f);
		if (unlikely(rc)) {
			frame_put(f);
			return rc;
		}
	}
	if (unlikely(*e & PTE_CACHE || f->cache))
		settle_cache(d, f, e, old);
	return 0;
}

void l1_entry_put(struct domain *d, u64 e)
{
	mfn_t mfn = pte_mfn(e);
	struct frame *f;

	if (unlikely(!is_ram(mfn))) {
		d->arch.mmio_mappings--;
		return;
	}
	f = mfn_to_frame(mfn);
	if (e & PTE_RW)
		frametype_put_writable(f);
	frame_put(f);
}

int absent_entry_check(struct domain *d, u64 e)
{
	if (!pte_l1tf_risk(e))
		return 0;
	domain_crash(d, "L1TF: page-table entry 0x%lx is not present and points into memory", e);
	return -EINVAL;
}
