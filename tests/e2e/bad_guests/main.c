/* SPDX-License-Identifier: MIT */
/*
 * A guest that goes wrong in the way that its command line names, having said so:
 *
 *     crash    reports a crash itself
 *     trap     executes an undefined instruction without any handler
 *     stack    loses its stack, then executes one with a handler
 *     loop     never lets go of its CPU, events masked
 *     unmap    removes its own kernel from its page tables
 *     tables   writes over its page tables, first by plain stores, then by every call there is
 *     give     gives its memory back, page by page, its kernel last
 */
#include <pv/pv.h>

static struct pv_start start;
static struct pv_console console;
static struct pv_events events;
static struct pv_traps traps;

static void crash(void)
{
	pv_shutdown(SHUTDOWN_crash);
}

static void trap(void)
{
	asm volatile("ud2");
}

static void lose_stack(void)
{
	if (pv_trap_init(&traps))
		return;
	asm volatile("mov $0x1000, %%rsp; ud2" ::: "memory");
}

static void loop(void)
{
	pv_events_disable();
	for (;;)
		asm volatile("");
}

static uint64_t *root(void)
{
	return (uint64_t *)start.info->pt_base;
}

/* The next instruction is not there; neither is the handler of the fault. */
static void unmap(void)
{
	const uint64_t *entry = pv_pte_find(root(), (void *)unmap, 4);
	int rc = pv_pte_set(entry, 0);

	pv_tlb_flush();
	pv_printf("tables are still there: %d\n", rc);
}

/* Whatever the hypervisor lets through may only hurt this domain. */
static void tables(void)
{
	volatile uint64_t *table = root();

	for (unsigned int i = 0; i < start.info->nr_pt_frames * 512; i++) {
		const uint64_t *entry = (const uint64_t *)&table[i];
		int rc = pv_pte_set(entry, *entry ^ (uint64_t)i << PV_PAGE_SHIFT);

		if (rc)
			rc = pv_pte_set(entry, 0);
	}
	pv_tlb_flush();
	*table = 0;
}

static void give(void)
{
	unsigned long pfn = start.info->nr_pages - 1;
	struct xen_memory_reservation page = { .nr_extents = 1, .domid = DOMID_SELF };

	for (; pfn > 0; pfn--) {
		xen_pfn_t mfn = pv_pfn_to_mfn(pfn);

		set_xen_guest_handle(page.extent_start, &mfn);
		hypercall_memory_op(XENMEM_decrease_reservation, &page);
	}
	trap();
}

static const struct {
	const char *name;
	void (*go)(void);
} ways[] = {
	{ "crash", crash }, { "trap", trap },     { "stack", lose_stack }, { "loop", loop },
	{ "unmap", unmap }, { "tables", tables }, { "give", give },
};

void pv_main(const struct start_info *info)
{
	if (pv_start_read(&start, info))
		pv_shutdown(SHUTDOWN_crash);
	pv_console_init(&console, &start);
	pv_console_set(&console);
	events.shared = start.shared;
	if (pv_events_init(&events))
		pv_shutdown(SHUTDOWN_crash);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!pv_arg_present((const char *)info->cmd_line, ways[i].name))
			continue;
		pv_printf("now: %s\n", ways[i].name);
		pv_console_drain(&console);
		ways[i].go();
	}
	pv_printf("survived\n");
	pv_console_drain(&console);
	pv_shutdown(SHUTDOWN_poweroff);
}
