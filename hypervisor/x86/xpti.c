/* SPDX-License-Identifier: MIT */
/* Page-table isolation: roots and slots. (entry.S changes between the roots.) */
#include <core/frame.h>
#include <core/lib.h>
#include <core/printk.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <x86/pte.h>
#include <x86/x86.h>
#include <x86/xpti.h>

#define SLOT_M2P   0
#define SLOT_ENTRY 2
#define SLOTS_END  (HV_L4_SLOT_FIRST + HV_L4_SLOTS)

bool xpti_on;

static u64 guest_slots[HV_L4_SLOTS]; /* as hv_l4_entries */

void INIT_TEXT xpti_decide(void)
{
	xpti_on = options.xpti == XPTI_ON || (options.xpti == XPTI_DEFAULT && cpu_has_meltdown);
	if (xpti_on)
		cpu_cr4_features &= ~CR4_PGE;
}

/* A vCPU without an own root gets a table that shows as little as a guest's. */
void INIT_TEXT xpti_init_slots(void)
{
	u64 *empty;

	if (!xpti_on)
		return;
	guest_slots[SLOT_M2P] = hv_l4_entries[SLOT_M2P];
	guest_slots[SLOT_ENTRY] = hv_l4_entries[SLOT_ENTRY];
	hv_l4_entries = guest_slots;
	hv_l4_empty = hostmap_table();
	empty = paddr_va(hv_l4_empty);
	memcpy(empty + HV_L4_SLOT_FIRST, guest_slots, sizeof(guest_slots));
}

void xpti_init_cpu(struct cpu *c)
{
	paddr_t root;

	if (!xpti_on)
		return;
	root = hostmap_table();
	BUG_ON(!root);
	page_copy(paddr_va(root), paddr_va(hv_l4_root));
	c->entry->hv_cr3 = root;
}

paddr_t xpti_follow(struct cpu *c, paddr_t root)
{
	u64 *own = paddr_va(c->entry->hv_cr3);
	const u64 *guest = paddr_va(root);

	memcpy(own, guest, HV_L4_SLOT_FIRST * sizeof(*own));
	memcpy(own + SLOTS_END, guest + SLOTS_END, (PT_ENTRIES - SLOTS_END) * sizeof(*own));
	c->entry->guest_cr3 = root;
	return c->entry->hv_cr3;
}

void xpti_l4_written(const u64 *slot)
{
	struct cpu *c = this_cpu();
	u64 *own = paddr_va(c->entry->hv_cr3);
	const u64 *table = (const u64 *)ROUND_DOWN((u64)slot, PAGE_SIZE);

	if (paddr_va(c->loaded_l4) == table)
		own[slot - table] = *slot;
}
