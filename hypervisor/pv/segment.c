/* SPDX-License-Identifier: MIT */
/*
 * The guest's descriptor tables and segment bases.
 *
 * The CPU reads the guest's own frames, through a window of the hypervisor's; so a frame becomes
 * one of a table only with type FT_DESCRIPTOR, which no guest can write, after every entry was
 * looked at. GDT frames are named by the guest; LDT pages are found by walking its page tables when
 * the CPU first wants one.
 */
#include <core/arch.h>
#include <pv/bounce.h>
#include <x86/context.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <core/printk.h>
#include <x86/pte.h>

#define DESC_P          (1UL << 47)
#define DESC_S          (1UL << 44)
#define DESC_DPL        (3UL << 45)
#define DESC_ENTRIES    (PAGE_SIZE / 8)
#define GDT_ENTRIES_MAX (GDT_GUEST_PAGES * DESC_ENTRIES)
#define LDT_ENTRIES_MAX (LDT_PAGES * DESC_ENTRIES)

/* Code and data segments only; gates, TSS and LDT descriptors would lead out of ring 3. DPL becomes
 * 3, as kernels build theirs for ring 0. What is not present cannot be loaded. */
static bool descriptor_fix(u64 *d)
{
	if (!(*d & DESC_P))
		return true;
	if (!(*d & DESC_S))
		return false;
	*d |= DESC_DPL;
	return true;
}

int segment_validate_page(struct domain *d, struct frame *f)
{
	u64 *entry = mfn_va(frame_to_mfn(f));

	(void)d;
	for (unsigned int i = 0; i < DESC_ENTRIES; i++) {
		u64 e = entry[i];

		if (!descriptor_fix(&e))
			return -EINVAL;
		if (e != entry[i])
			entry[i] = e;
	}
	return 0;
}

static void put_descriptor_frame(struct domain *d, mfn_t *mfn)
{
	int rc;

	if (mfn_eq(*mfn, MFN_NONE))
		return;
	rc = frame_put_type(d, mfn_to_frame(*mfn));
	BUG_ON(rc); /* only page tables are put in parts */
	*mfn = MFN_NONE;
}

void segment_drop_gdt(struct vcpu *v)
{
	for (unsigned int i = 0; i < GDT_GUEST_PAGES; i++)
		put_descriptor_frame(v->domain, &v->arch.gdt[i]);
	v->arch.gdt_entries = 0;
}

void segment_drop_ldt(struct vcpu *v)
{
	for (unsigned int i = 0; i < LDT_PAGES; i++)
		put_descriptor_frame(v->domain, &v->arch.ldt[i]);
}

int segment_set_gdt(struct vcpu *v, const mfn_t *frames, u32 entries)
{
	unsigned int pages = ROUND_UP(entries, DESC_ENTRIES) / DESC_ENTRIES, n;
	struct domain *d = v->domain;
	int rc = 0;

	if (entries > GDT_ENTRIES_MAX)
		return -EINVAL;
	for (n = 0; n < pages; n++) {
		rc = frame_get_type(d, frames[n], FT_DESCRIPTOR);
		if (rc)
			goto put_taken;
	}
	segment_drop_gdt(v);
	for (n = 0; n < pages; n++)
		v->arch.gdt[n] = frames[n];
	v->arch.gdt_entries = entries;
	return 0;

put_taken:
	while (n--) {
		mfn_t m = frames[n];

		put_descriptor_frame(d, &m);
	}
	return rc;
}

long hc_set_gdt(gaddr_t list, u32 entries)
{
	mfn_t frames[GDT_GUEST_PAGES];
	unsigned int pages;
	int rc;

	if (entries > GDT_ENTRIES_MAX)
		return -EINVAL;
	pages = ROUND_UP(entries, DESC_ENTRIES) / DESC_ENTRIES;
	if (guest_read(frames, list, pages * sizeof(frames[0])))
		return -EFAULT;
	rc = segment_set_gdt(current, frames, entries);
	if (!rc)
		context_load_gdt(current);
	return rc;
}

/* The window shows whole pages, so a table that starts inside one cannot be shown. */
int segment_set_ldt(struct vcpu *v, u64 base, u32 entries)
{
	if (entries > LDT_ENTRIES_MAX || base & ~PAGE_MASK)
		return -EINVAL;
	if (entries && !guest_range_ok(GADDR(base), entries * 8UL))
		return -EINVAL;
	if (base == v->arch.ldt_base && entries == v->arch.ldt_entries)
		return 0;
	segment_drop_ldt(v);
	v->arch.ldt_base = base;
	v->arch.ldt_entries = entries;
	return 0;
}

bool segment_ldt_fault(struct vcpu *v, u64 offset)
{
	unsigned int page = offset >> PAGE_SHIFT;
	u64 l1e;

	page &= LDT_PAGES - 1;
	if (offset >= v->arch.ldt_entries * 8UL || !mfn_eq(v->arch.ldt[page], MFN_NONE))
		return false;
	l1e = mmu_walk(v->arch.kernel_l4, v->arch.ldt_base + page * PAGE_SIZE);
	if (!(l1e & PTE_P) || frame_get_type(v->domain, pte_mfn(l1e), FT_DESCRIPTOR))
		return false;
	v->arch.ldt[page] = pte_mfn(l1e);
	context_map_ldt_page(v, page, pte_mfn(l1e));
	return true;
}

/* What stands behind the guest's own pages of the GDT is flat. */
u32 segment_base(const struct vcpu *v, u16 selector)
{
	unsigned int n = selector >> 3, page = n / DESC_ENTRIES;
	mfn_t mfn = MFN_NONE;
	u64 d;

	if (selector & 4)
		mfn = v->arch.ldt[page];
	else if (page < GDT_GUEST_PAGES)
		mfn = v->arch.gdt[nospec_index(page, GDT_GUEST_PAGES)];
	if (mfn_eq(mfn, MFN_NONE))
		return 0;
	d = ((const u64 *)mfn_va(mfn))[n % DESC_ENTRIES];
	return (u32)(d >> 16 & 0xffffff) | (u32)(d >> 32 & 0xff000000);
}

/* Writes one entry of the caller's own frame, which is a descriptor page or ordinary memory. */
long hc_update_descriptor(u64 maddr, u64 desc)
{
	struct domain *d = current->domain;
	mfn_t mfn = paddr_to_mfn(maddr);
	struct frame *f;
	u64 *entry;
	int rc;

	if (maddr & 7 || !descriptor_fix(&desc))
		return -EINVAL;
	if (frame_get(mfn, d))
		return -EINVAL;
	f = mfn_to_frame(mfn);
	rc = frametype_get(d, f, FT_DESCRIPTOR);
	if (rc)
		rc = frametype_get(d, f, FT_WRITABLE);
	if (!rc) {
		entry = (u64 *)((char *)mfn_va(mfn) + (maddr & ~PAGE_MASK));
		__atomic_store_n(entry, desc, __ATOMIC_SEQ_CST);
		rc = frametype_put(d, f);
	}
	frame_put(f);
	return rc;
}

long hc_set_segment_base(u32 which, u64 base)
{
	if (which == SEGBASE_GS_USER_SEL) {
		context_load_user_gs((u16)base);
		return 0;
	}
	if (which > SEGBASE_GS_USER_SEL || !canonical(base))
		return -EINVAL;
	context_write_base(which, base);
	return 0;
}

long hc_stack_switch(u64 ss, u64 sp)
{
	struct vcpu *v = current;

	v->arch.kernel_ss = (u16)ss | 3;
	v->arch.kernel_sp = sp;
	return 0;
}
