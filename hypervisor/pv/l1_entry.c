/* SPDX-License-Identifier: MIT */
/*
 * What an L1 entry refers to: a frame of RAM, or of the machine's devices.
 *
 * RAM has one cacheability at a time (XSA-154, 402). It is write-back, unless the hardware domain
 * asked for something else while no other entry mapped the frame; an entry that asks for another
 * than the frame has is given the frame's.
 */
#include <core/arch.h>
#include <core/printk.h>
#include <pv/devices.h>
#include <pv/validate.h>

/* What the usual cases jump to stands by itself, so that those save no registers. */
#define COLD __attribute__((noinline, cold))

static struct pt_answer answer(s64 rc, u64 e)
{
	return (struct pt_answer){ .e = e, .rc = rc };
}

COLD static struct pt_answer device_entry_get(struct domain *d, const struct domain *fd, u64 e)
{
	mfn_t mfn = pte_mfn(e);

	if (mfn_valid(mfn) || !pte_acceptable(e, 1))
		return answer(-EINVAL, e);
	if (!iomem_allowed(fd ? fd : d, mfn, false))
		return answer(-EPERM, e);
	/* Kernels map MMCONFIG and MSI-X tables for writing and would take a refusal for a missing
	 * device: they get them read-only, and their stores are seen to one by one. */
	if (e & PTE_RW && !iomem_allowed(fd ? fd : d, mfn, true))
		e &= ~PTE_RW;
	d->arch.mmio_mappings++;
	return answer(0, e);
}

/* Is the entry that is being made, or replaced, the only one that maps f? The references of a frame
 * are its owner's, the new entry's and the old one's. */
static bool mapped_once(const struct frame *f, u64 old)
{
	u32 expected = 2 + (old & PTE_P && mfn_eq(pte_mfn(old), frame_to_mfn(f)));

	return (u32)f->refs <= expected;
}

COLD static struct pt_answer settle_cache(const struct domain *d, struct frame *f, u64 e, u64 old)
{
	u8 want = pte_cache(e);

	if (want == f->cache)
		return answer(0, e);
	if (d->hardware && mapped_once(f, old)) {
		cache_flush_page(mfn_va(frame_to_mfn(f)));
		f->cache = want;
		return answer(0, e);
	}
	return answer(0, pte_with_cache(e, f->cache));
}

COLD static struct pt_answer writable_entry_get(struct domain *d, struct frame *f, u64 e, u64 old)
{
	int rc = frametype_get(d, f, FT_WRITABLE);

	if (rc) {
		frame_put(f);
		return answer(rc, e);
	}
	return settle_cache(d, f, e, old);
}

struct pt_answer l1_entry_get(struct domain *d, struct domain *fd, u64 e, u64 old)
{
	mfn_t mfn = pte_mfn(e);
	struct frame *f = mfn_to_frame(mfn);

	if (unlikely(!fd || frame_get_owned(mfn, fd->id)))
		return device_entry_get(d, fd, e);
	if (e & PTE_RW && unlikely(!frametype_join_writable(f)))
		return writable_entry_get(d, f, e, old);
	if (unlikely(e & PTE_CACHE || f->cache))
		return settle_cache(d, f, e, old);
	return answer(0, e);
}

COLD static void writable_entry_put(struct frame *f)
{
	frametype_put_writable(f);
	frame_put(f);
}

void l1_entry_put(struct domain *d, u64 e)
{
	mfn_t mfn = pte_mfn(e);
	struct frame *f = mfn_to_frame(mfn);

	if (unlikely(d->arch.mmio_mappings) && !mfn_valid(mfn))
		d->arch.mmio_mappings--;
	else if (e & PTE_RW && !frametype_leave_writable(f))
		writable_entry_put(f);
	else
		frame_put(f);
}

int absent_entry_check(struct domain *d, u64 e)
{
	if (!pte_l1tf_risk(e))
		return 0;
	domain_crash(d, "L1TF: page-table entry 0x%lx is not present and points into memory", e);
	return -EINVAL;
}
