/* SPDX-License-Identifier: MIT */
/*
 * Long calls under a timer that never rests: each is interrupted many times, its upcalls are taken
 * in the middle, and it ends with the same result as an undisturbed one: batches of mmu_update and
 * mmuext_op, pinning of a whole tree, loading of a root, a long multicall, memory given back and
 * taken.
 */
#include "test.h"

#define PERIOD (20 * 1000UL) /* 20 us */

static unsigned int ticks;

static void tick(evtchn_port_t port, void *data)
{
	(void)port;
	(void)data;
	ticks++;
	must(!pv_timer_set(now() + PERIOD));
}

static void timer_start(void)
{
	long port = pv_event_bind_virq(VIRQ_TIMER, 0);

	must(port > 0);
	must(!pv_event_handle((evtchn_port_t)port, tick, NULL));
	pv_event_unmask((evtchn_port_t)port);
	pv_events_enable();
	must(!pv_timer_set(now() + PERIOD));
}

static void updates(void)
{
	static struct mmu_update list[512];
	const uint64_t *entry = entry_of(window(0), 1);
	void *page = page_take();
	unsigned int done = 0;

	for (unsigned int i = 0; i < 512; i++)
		list[i] = (struct mmu_update){ pv_va_to_maddr(entry + i),
					       pte_make(page, PV_PTE_DATA) };
	for (unsigned int round = 0; round < 20; round++) {
		done = 0;
		expect_rc("512 updates", hypercall_mmu_update(list, 512, &done, DOMID_SELF), 0);
		expect_eq("done", done, 512);
	}
	for (unsigned int i = 0; i < 512; i++)
		expect_eq("entry", pv_pte_mfn(entry[i] & 0xffffffffffff), pv_va_to_mfn(page));
}

static void operations(void)
{
	static struct mmuext_op list[512];
	unsigned int done = 0;

	for (unsigned int i = 0; i < 512; i++)
		list[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
	for (unsigned int round = 0; round < 10; round++) {
		done = 0;
		expect_rc("512 flushes", hypercall_mmuext_op(list, 512, &done, DOMID_SELF), 0);
		expect_eq("done", done, 512);
	}
}

#define NR_TABLES 60

/* An L4 over L3s over L2s over full L1s. Returns the L4. */
static uint64_t *tree_make(uint64_t *table[NR_TABLES])
{
	void *page = page_take();

	for (unsigned int i = 0; i < NR_TABLES; i++)
		table[i] = page_take();
	for (unsigned int i = 3; i < NR_TABLES; i++) {
		for (unsigned int j = 0; j < 512; j++)
			table[i][j] = pte_make(page, PV_PTE_DATA);
		table[2][i * 8] = pte_make(table[i], PV_PTE_TABLE);
	}
	table[1][5] = pte_make(table[2], PV_PTE_TABLE);
	table[0][7] = pte_make(table[1], PV_PTE_TABLE);
	for (unsigned int i = 0; i < NR_TABLES; i++)
		page_readonly(table[i]);
	return table[0];
}

static void pins(void)
{
	static uint64_t *table[NR_TABLES];
	uint64_t *root = tree_make(table);

	for (unsigned int round = 0; round < 5; round++) {
		expect_rc("pin", pv_mmuext(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root)), 0);
		expect_rc("unpin", pv_mmuext(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(root)), 0);
	}
	for (unsigned int i = 0; i < NR_TABLES; i++)
		expect_rc("a table afterwards", pv_page_protect(table[i], PV_PTE_DATA), 0);
	/* The last of many entries is bad: all that was taken is given back, however often it
	 * paused. */
	((uint64_t *)table[NR_TABLES - 1])[511] = pv_va_to_maddr(root_table()) | PV_PTE_DATA;
	for (unsigned int i = 0; i < NR_TABLES; i++)
		page_readonly(table[i]);
	expect_rc("pin of a tree with a bad end",
		  pv_mmuext(MMUEXT_PIN_L4_TABLE, pv_va_to_mfn(root)),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	for (unsigned int i = 0; i < NR_TABLES; i++)
		expect_rc("a table after the refusal", pv_page_protect(table[i], PV_PTE_DATA), 0);
}

/* By the instruction, which is executed again until it is through; no pin holds the tree. */
static void root_loads(void)
{
	static uint64_t *table[NR_TABLES];
	uint64_t *root = tree_make(table), old = pv_va_to_maddr(root_table()), now;

	page_writable(root);
	for (unsigned int i = 0; i < 512; i++)
		if (i != 7)
			root[i] = root_table()[i];
	page_readonly(root);
	for (unsigned int round = 0; round < 5; round++) {
		__asm__ volatile("movq %0, %%cr3" : : "r"(pv_va_to_maddr(root)) : "memory");
		__asm__ volatile("movq %%cr3, %0" : "=r"(now));
		expect_eq("CR3", now, pv_va_to_maddr(root));
		__asm__ volatile("movq %0, %%cr3" : : "r"(old) : "memory");
	}
	for (unsigned int i = 0; i < NR_TABLES; i++)
		expect_rc("a table afterwards", pv_page_protect(table[i], PV_PTE_DATA), 0);
}

static void multicalls(void)
{
	static struct multicall_entry list[1000];

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(list); i++)
		list[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
						    .args = { XENVER_pagesize } };
	expect_rc("multicall", hypercall_multicall(list, PV_ARRAY_SIZE(list)), 0);
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(list); i++)
		expect_rc("entry", (long)list[i].result, 4096);
}

/* Memory that is not mapped: from the end of the linear map on. */
static void memory(void)
{
	static xen_pfn_t list[512];
	unsigned long first = test_start.info->nr_pages - 600;
	struct xen_memory_reservation r = { .nr_extents = 512, .domid = DOMID_SELF };

	if (first < test_start.mapped_end)
		return;
	set_xen_guest_handle(r.extent_start, list);
	for (unsigned int i = 0; i < 512; i++)
		list[i] = pv_pfn_to_mfn(first + i);
	expect_rc("512 frames given back", hypercall_memory_op(XENMEM_decrease_reservation, &r),
		  512);
	for (unsigned int i = 0; i < 512; i++)
		list[i] = first + i;
	expect_rc("512 frames taken", hypercall_memory_op(XENMEM_populate_physmap, &r), 512);
	for (unsigned int i = 0; i < 512; i++) {
		expect_eq("m2p", pv_p2m.pfn[list[i]], first + i);
		pv_p2m.mfn[first + i] = list[i];
	}
}

void test_main(void)
{
	timer_start();
	updates();
	operations();
	pins();
	root_loads();
	multicalls();
	memory();
	pv_events_disable();
	expect(ticks > 10, "only %u ticks", ticks);
}
