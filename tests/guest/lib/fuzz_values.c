/* SPDX-License-Identifier: MIT */
/* Values that are likely to hurt. */
#include "fuzz.h"

#define MACHINE_FRAMES 0x20000 /* 512 MiB: what boot-guest gives */

struct fuzz_place fuzz;

static uint64_t state = 1;

void fuzz_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 | 1;
	for (unsigned int i = 0; i < 8; i++)
		fuzz_random();
}

uint64_t fuzz_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d >> 8;
}

bool fuzz_rarely(unsigned int n)
{
	return fuzz_random() % n == 0;
}

xen_pfn_t fuzz_frame(void)
{
	switch (fuzz_random() % 32) {
	case 0: return 0;
	case 1: return 1;
	case 2: return 0x200; /* the hypervisor's image */
	case 3: return fuzz_random() % MACHINE_FRAMES;
	case 4: return MACHINE_FRAMES - 1;
	case 5: return MACHINE_FRAMES + fuzz_random() % 2;
	case 6: return 1UL << fuzz_random() % 64;
	case 7: return ~0UL >> fuzz_random() % 32;
	case 8: return fuzz.child->shared;
	case 9:
	case 10: return fuzz.foreign[fuzz_random() % FUZZ_FOREIGN];
	case 11:
	case 12:
	case 13:
	case 14: return fuzz.child->mfn[fuzz_random() % 4];
	default: return fuzz.frame[fuzz_random() % FUZZ_FRAMES];
	}
}

uint64_t fuzz_pte(void)
{
	static const uint64_t flags[] = { PV_PTE_DATA, PV_PTE_RO, PV_PTE_TABLE,
					  PV_PTE_TEXT, 0,         PV_PTE_TABLE | PV_PTE_PSE };
	uint64_t pte = fuzz_frame() << PV_PAGE_SHIFT | flags[fuzz_random() % PV_ARRAY_SIZE(flags)];

	if (fuzz_rarely(4))
		pte ^= 1UL << fuzz_random() % 12;
	if (fuzz_rarely(16))
		pte ^= 1UL << fuzz_random() % 64;
	return pte;
}

/* Whether the guest lives by that entry of that table of its own. */
static bool vital(xen_pfn_t mfn, unsigned int index)
{
	const struct child *child = fuzz.child;
	unsigned int first = pv_pte_index((void *)child->base, 1);

	if (mfn == child->mfn[3])
		return index >= first && index < first + CHILD_PAGES + 1 + child_image_pages();
	for (unsigned int level = 2; level <= 4; level++)
		if (mfn == child->mfn[4 - level])
			return index == pv_pte_index((void *)child->base, level);
	return mfn == fuzz.frame[0] && index == pv_pte_index((void *)child->base, 4);
}

static uint64_t entry(xen_pfn_t mfn, unsigned int index)
{
	if (vital(mfn, index) && !fuzz_rarely(4096))
		index ^= 0x100; /* far enough: the child is in one half of each table */
	return mfn << PV_PAGE_SHIFT | index * 8;
}

/* Half of them in tables that it runs on. */
uint64_t fuzz_entry(void)
{
	unsigned int index = (unsigned int)(fuzz_random() % 512);

	if (fuzz_rarely(2))
		return entry(fuzz.child->mfn[fuzz_random() % 4], index);
	if (fuzz_rarely(8))
		return fuzz_value();
	return entry(fuzz_frame(), index);
}

uint64_t fuzz_pointer(void)
{
	switch (fuzz_random() % 16) {
	case 0: return 0;
	case 1: return NONCANONICAL;
	case 2: return HYPERVISOR_POINTER;
	case 3: return HYPERVISOR_VIRT_START - fuzz_random() % 16;
	case 4: return HYPERVISOR_VIRT_START + (fuzz_random() & 0x7ffffffffff);
	case 5: return 0x800000000000 - fuzz_random() % 16;
	case 6: return -(fuzz_random() % 4096);
	case 7: return fuzz.child->base + fuzz_random() % 4096; /* its root */
	case 8:
	case 9:
	case 10: return fuzz.slots + (fuzz_random() % (FUZZ_SLOTS * PV_PAGE_SIZE) & ~7UL);
	default: return (uint64_t)fuzz.scratch + (fuzz_random() % PV_PAGE_SIZE & ~7UL);
	}
}

domid_t fuzz_domain(void)
{
	switch (fuzz_random() % 8) {
	case 0: return 0;
	case 1: return fuzz.child->id;
	case 2: return (domid_t)(fuzz.child->id - 1);
	case 3: return (domid_t)(DOMID_FIRST_RESERVED + fuzz_random() % 16);
	case 4: return (domid_t)fuzz_random();
	default: return DOMID_SELF;
	}
}

uint64_t fuzz_value(void)
{
	switch (fuzz_random() % 16) {
	case 0: return 0;
	case 1: return 1;
	case 2: return ~0UL;
	case 3: return 1UL << fuzz_random() % 64;
	case 4: return -(1UL << fuzz_random() % 64);
	case 5: return (1UL << fuzz_random() % 64) - 1;
	case 6: return fuzz_random() << 8 | fuzz_random() % 256;
	case 7: return fuzz_frame();
	case 8: return fuzz_pte();
	case 9: return fuzz_entry() | fuzz_random() % 4;
	case 10: return fuzz_domain();
	case 11:
	case 12: return fuzz_random() % 64;
	default: return fuzz_pointer();
	}
}

void *fuzz_structure(size_t size)
{
	uint64_t *at = fuzz.scratch + fuzz_random() % ((PV_PAGE_SIZE - size) / 8);

	for (unsigned int i = 0; i < size / 8; i++)
		at[i] = fuzz_value();
	return at;
}
