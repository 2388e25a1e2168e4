/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables, while it runs: stacks, windows, single pages. Tables are
 * reached through the direct map. The sixteen L4 entries are made at boot and never change, since
 * every guest's L4 has a copy.
 *
 * All entries here are global but those of the descriptor windows, so a page that is taken away
 * costs an INVLPG.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <core/frame.h>
#include <core/lib.h>
#include <core/lock.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/pte.h>
#include <x86/tlb.h>
#include <x86/x86.h>

#define TABLE_FLAGS  (PTE_P | PTE_RW | PTE_A)
#define DATA_FLAGS   (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define DEVICE_FLAGS (DATA_FLAGS | PTE_PCD | PTE_PWT) /* PAT entry 3: uncached */
#define STACK_SLOT   (2 * STACK_SIZE)                 /* the lower half stays unmapped */
#define STACK_SLOTS  65536U
#define WINDOWS_END  DIRECT_VIRT
#define M2P          ((u64 *)M2P_VIRT)

const u64 *hv_l4_entries;
paddr_t hv_l4_root, hv_l4_empty;
bool hostmap_running;

static struct spinlock map_lock = SPINLOCK(LOCK_HOSTMAP);
static u64 stack_used[STACK_SLOTS / 64];
static u64 window_next = WINDOWS_VIRT;

paddr_t hostmap_table(void)
{
	mfn_t mfn;

	if (!hostmap_running)
		return early_alloc(PAGE_SIZE, PAGE_SIZE, 1UL << 32);
	mfn = frame_alloc(0, FRAME_BELOW_ANY);
	return mfn_eq(mfn, MFN_NONE) ? 0 : mfn_to_paddr(mfn);
}

static u64 size_of_level(unsigned int level)
{
	return 1UL << (12 + 9 * (level - 1));
}

/* The entry of va at a level, tables above made if need be. NULL without memory. */
static u64 *walk(u64 va, unsigned int level)
{
	u64 *table = paddr_va(hv_l4_root);

	for (unsigned int l = 4; l > level; l--) {
		u64 *e = &table[pt_index(va, l)];

		if (!(*e & PTE_P)) {
			paddr_t t = hostmap_table();

			if (!t)
				return NULL;
			*e = t | TABLE_FLAGS | (va < M2P_GUEST_VIRT_END ? PTE_U : 0);
		}
		BUG_ON(l < 4 && *e & PTE_PSE);
		table = paddr_va(*e & PTE_ADDR);
	}
	return &table[pt_index(va, level)];
}

u64 *hostmap_entry(u64 va)
{
	return walk(va, 1);
}

static unsigned int level_for(u64 va, paddr_t pa, u64 size, unsigned int how)
{
	unsigned int level = how & MAP_LARGE ? (cpu_has_1g_pages ? 3 : 2) : 1;

	while (level > 1 && ((va | pa) & (size_of_level(level) - 1) || size < size_of_level(level)))
		level--;
	return level;
}

/* Boot, or with map_lock. Memory for tables must be there: at run time only the callers below map.
 */
static bool map_range(u64 va, paddr_t pa, u64 size, u64 flags, unsigned int how)
{
	while (size) {
		unsigned int level = level_for(va, pa, size, how);
		u64 *e = walk(va, level);
		u64 step = MIN(size, size_of_level(level)), old;

		if (!e)
			return false;
		old = *e;
		*e = pa | flags | (level > 1 ? PTE_PSE : 0);
		if (old & PTE_P)
			tlb_flush_page_local(va);
		va += step;
		pa += step;
		size -= step;
	}
	return true;
}

void hostmap_map(u64 va, paddr_t pa, u64 size, u64 flags, unsigned int how)
{
	bool done = map_range(va, pa, size, flags, how);

	BUG_ON(!done);
}

void hostmap_unmap(u64 va, u64 size)
{
	for (u64 at = va; at < va + size; at += PAGE_SIZE) {
		u64 *e = walk(at, 1);

		if (e && *e) {
			*e = 0;
			tlb_flush_page_local(at);
		}
	}
}

/* For a page walk in a panic: the entry that ends the walk, and at which level. */
u64 hostmap_lookup(u64 va, unsigned int *level)
{
	paddr_t table = read_cr3() & PTE_ADDR;
	u64 e = 0;

	for (*level = 4; *level; (*level)--) {
		if (read_word_safe((u64 *)paddr_va(table) + pt_index(va, *level), &e))
			return 0;
		if (!(e & PTE_P) || *level == 1 || (*level < 4 && e & PTE_PSE))
			return e;
		table = e & PTE_ADDR;
	}
	return e;
}

/* Stacks -------------------------------------------------------------------------------------- */

static int stack_slot_take(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(stack_used); i++)
		if (~stack_used[i]) {
			unsigned int n = i * 64 + bit_first(~stack_used[i]);

			bit_set(n, stack_used);
			return (int)n;
		}
	return -1;
}

static bool stack_map(u64 va, void *const page[2])
{
	bool done;

	spin_lock(&map_lock);
	done = map_range(va, mfn_to_paddr(va_mfn(page[0])), PAGE_SIZE, DATA_FLAGS, 0) &&
	       map_range(va + PAGE_SIZE, mfn_to_paddr(va_mfn(page[1])), PAGE_SIZE, DATA_FLAGS, 0);
	spin_unlock(&map_lock);
	return done;
}

struct stack_top *stack_alloc(void)
{
	void *page[2] = { page_alloc(), page_alloc() };
	struct stack_top *top;
	int slot = -1;
	u64 va;

	if (!page[0] || !page[1])
		goto free_pages;
	spin_lock(&map_lock);
	slot = stack_slot_take();
	spin_unlock(&map_lock);
	if (slot < 0)
		goto free_pages;
	va = STACKS_VIRT + (u64)slot * STACK_SLOT + STACK_SIZE;
	if (!stack_map(va, page))
		goto free_slot;
	top = (struct stack_top *)(va + STACK_SIZE) - 1;
	top->cpu = this_cpu();
	return top;

free_slot:
	hostmap_unmap(va, STACK_SIZE);
	bit_clear((unsigned int)slot, stack_used);
free_pages:
	page_free(page[0]);
	page_free(page[1]);
	return NULL;
}

void stack_free(struct stack_top *top)
{
	u64 va = (u64)(top + 1) - STACK_SIZE;
	paddr_t pa[2];

	spin_lock(&map_lock);
	for (unsigned int i = 0; i < 2; i++)
		pa[i] = *walk(va + i * PAGE_SIZE, 1) & PTE_ADDR;
	hostmap_unmap(va, STACK_SIZE);
	bit_clear((unsigned int)((va - STACKS_VIRT) / STACK_SLOT), stack_used);
	spin_unlock(&map_lock);
	page_free(paddr_va(pa[0]));
	page_free(paddr_va(pa[1]));
}

/* Windows ------------------------------------------------------------------------------------- */

static void *window_map(paddr_t start, u64 size, u64 flags)
{
	u64 offset = start & ~PAGE_MASK, va;
	bool done;

	size = ROUND_UP(size + offset, PAGE_SIZE);
	spin_lock(&map_lock);
	va = window_next;
	done = size <= WINDOWS_END - va && map_range(va, start - offset, size, flags, 0);
	if (done)
		window_next += size;
	spin_unlock(&map_lock);
	return done ? (void *)(va + offset) : NULL;
}

void *hv_map_device(paddr_t start, u64 size)
{
	return window_map(start, size, DEVICE_FLAGS);
}

void *hv_map(paddr_t start, u64 size)
{
	return window_map(start, size, DATA_FLAGS);
}

/* Address room comes back if it was the last given; there are 256 GiB of it. */
void hv_unmap(void *va, u64 size)
{
	u64 start = ROUND_DOWN((u64)va, PAGE_SIZE), end = ROUND_UP((u64)va + size, PAGE_SIZE);

	spin_lock(&map_lock);
	hostmap_unmap(start, end - start);
	if (window_next == end)
		window_next = start;
	spin_unlock(&map_lock);
}

/* Machine to physical ------------------------------------------------------------------------- */

void m2p_set(mfn_t mfn, pfn_t pfn)
{
	M2P[mfn.v] = pfn.v;
}
