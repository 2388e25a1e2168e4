/* SPDX-License-Identifier: MIT */
/* The policy for guest entries, as pure predicates (pte.h says it in words). */
#include <core/frame.h>
#include <x86/machine.h>
#include <pv/pte_policy.h>

/* By PAT, PCD, PWT as a number. UC- differs from UC only by what an MTRR may override. */
static const u8 cache_of_index[8] = {
	FRAME_CACHE_WB, FRAME_CACHE_WT, FRAME_CACHE_UC, FRAME_CACHE_UC,
	FRAME_CACHE_WC, FRAME_CACHE_WP, FRAME_CACHE_UC, FRAME_CACHE_UC,
};

static const u64 bits_of_cache[] = {
	[FRAME_CACHE_WB] = 0,
	[FRAME_CACHE_UC] = PTE_PCD | PTE_PWT,
	[FRAME_CACHE_WC] = PTE_PAT,
	[FRAME_CACHE_WT] = PTE_PWT,
	[FRAME_CACHE_WP] = PTE_PAT | PTE_PWT,
};

bool pte_acceptable(u64 e, unsigned int level)
{
	if ((e & PTE_ADDR) >> paddr_bits)
		return false;
	return level == 1 || !(e & PTE_PSE);
}

bool pte_l1tf_risk(u64 e)
{
	return e && !(e & PTE_P) && pte_mfn(e).v <= max_mfn;
}

u8 pte_cache(u64 e)
{
	return cache_of_index[(e & PTE_PAT ? 4 : 0) | (e & PTE_PCD ? 2 : 0) |
			      (e & PTE_PWT ? 1 : 0)];
}

u64 pte_with_cache(u64 e, u8 cache)
{
	return (e & ~PTE_CACHE) | bits_of_cache[cache];
}
