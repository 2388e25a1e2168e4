/* SPDX-License-Identifier: MIT */
/*
 * Page-table isolation: roots and slots. (entry.S changes between the roots.)
 *
 * A CPU has a few roots of its own, each of which follows one guest L4: what it runs on and what it
 * ran on last, so that a change back copies nothing. A copy stays right while its L4 has the type:
 * every write of an entry comes here, and so does the validation of what becomes an L4.
 */
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
#define ROOTS      4 /* the kernel's and the user's of two vCPUs */

bool xpti_on;

static struct own_root {
	paddr_t root, of; /* of: the L4 that it follows, 0 none */
} own_roots[NR_CPUS][ROOTS];
static u8 oldest[NR_CPUS]; /* index of the next to follow another L4 */

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
	if (!xpti_on)
		return;
	for (unsigned int i = 0; i < ROOTS; i++) {
		paddr_t root = hostmap_table();

		BUG_ON(!root);
		page_copy(paddr_va(root), paddr_va(hv_l4_root));
		own_roots[c->id][i].root = root;
	}
	c->entry->hv_cr3 = own_roots[c->id][0].root;
}

static struct own_root *find(struct cpu *c, paddr_t of)
{
	for (unsigned int i = 0; i < ROOTS; i++)
		if (own_roots[c->id][i].of == of)
			return &own_roots[c->id][i];
	return NULL;
}

/* The root that runs now is the newest or was found, so it is spared: what entry code and CR3 hold
 * never changes under them. */
static struct own_root *copy(struct cpu *c, paddr_t of)
{
	struct own_root *r = &own_roots[c->id][oldest[c->id]];
	const u64 *guest = paddr_va(of);
	u64 *own;

	if (r->root == c->entry->hv_cr3)
		r = &own_roots[c->id][(oldest[c->id] + 1) % ROOTS];
	oldest[c->id] = (u8)((r - own_roots[c->id] + 1) % ROOTS);
	own = paddr_va(r->root);
	memcpy(own, guest, HV_L4_SLOT_FIRST * sizeof(*own));
	memcpy(own + SLOTS_END, guest + SLOTS_END, (PT_ENTRIES - SLOTS_END) * sizeof(*own));
	r->of = of;
	return r;
}

paddr_t xpti_follow(struct cpu *c, paddr_t root)
{
	struct own_root *r = find(c, root);

	if (!r)
		r = copy(c, root);
	c->entry->guest_cr3 = root;
	c->entry->hv_cr3 = r->root;
	return r->root;
}

void xpti_l4_written(const u64 *slot)
{
	const u64 *table = (const u64 *)ROUND_DOWN((u64)slot, PAGE_SIZE);
	struct own_root *r = find(this_cpu(), (u64)table - DIRECT_VIRT);

	if (r)
		((u64 *)paddr_va(r->root))[slot - table] = *slot;
}

void xpti_l4_made(paddr_t l4)
{
	struct own_root *r = find(this_cpu(), l4);

	if (r)
		r->of = 0;
}
