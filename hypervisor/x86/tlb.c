/* SPDX-License-Identifier: MIT */
/*
 * Dropping translations. Guests' entries are never global, so a CR3 load drops all of them; the
 * hypervisor's own are, and go one by one. A domain's translations are in a CPU's TLB only while
 * that CPU runs it: every switch loads CR3.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <x86/context.h>
#include <x86/tlb.h>
#include <x86/x86.h>
#include <x86/xpti.h>

/* Counts CR3 loads; one for the machine, since it has one CPU that runs guests. */
static u64 flush_clock = 1;

static void invlpg(u64 va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

void tlb_load_root(paddr_t root)
{
	struct cpu *c = this_cpu();

	c->loaded_l4 = root;
	if (unlikely(xpti_on))
		root = xpti_follow(c, root);
	write_cr3(root);
	flush_clock++;
	COUNT(c, cr3_loads);
}

void tlb_flush_local(void)
{
	tlb_load_root(this_cpu()->loaded_l4);
}

void tlb_flush_page_local(u64 va)
{
	invlpg(va);
	COUNT(this_cpu(), invlpg);
}

void tlb_flush_domain(struct domain *d)
{
	if (this_cpu()->curr->domain == d)
		tlb_flush_local();
}

void tlb_flush_page_domain(struct domain *d, u64 va)
{
	if (this_cpu()->curr->domain == d)
		tlb_flush_page_local(va);
}

u64 tlb_clock(void)
{
	return flush_clock;
}
