/* SPDX-License-Identifier: MIT */
/*
 * The longest calls that there are, each at its limits: that they do what they say is checked here;
 * tests/bounded/run boots this kernel under a counter of instructions and looks how long the
 * hypervisor kept interrupts off in each (docs/bounded.md). memory=MiB: of the big domain, 64 if
 * nothing is said.
 *
 * @limit: 120
 */
#include "test.h"

#define FRAMES       512 /* of the largest extent that a guest may exchange */
#define SPARE        4608
#define BIG_VCPUS    128
#define BIG_GRANTS   256
#define BIG_MAPTRACK 4096
#define BIG_EXTENTS  32 /* of 2 MiB, in one call */

static unsigned long spare; /* the first of SPARE pfns that nothing maps */

/* ---- Memory --------------------------------------------------------------------------------- */

/* In a batch, single frames to one extent and back, again and again: each entry takes what the one
 * before it gave. */
static void exchanges(void)
{
	static xen_pfn_t list[16][FRAMES];
	static struct xen_memory_exchange x[15];
	static struct multicall_entry call[15];

	for (unsigned int i = 0; i < FRAMES; i++)
		list[0][i] = pv_pfn_to_mfn(spare + i);
	for (unsigned int n = 0; n < 15; n++) {
		bool join = n % 2 == 0;

		x[n].in = (struct xen_memory_reservation){ .nr_extents = join ? FRAMES : 1,
							   .extent_order = join ? 0 : 9,
							   .domid = DOMID_SELF };
		x[n].out = (struct xen_memory_reservation){ .nr_extents = join ? 1 : FRAMES,
							    .extent_order = join ? 9 : 0,
							    .domid = DOMID_SELF };
		set_xen_guest_handle(x[n].in.extent_start, list[n]);
		set_xen_guest_handle(x[n].out.extent_start, list[n + 1]);
		for (unsigned int i = 0; i < FRAMES; i++)
			list[n + 1][i] = spare + i;
		call[n] = (struct multicall_entry){ .op = __HYPERVISOR_memory_op,
						    .args = { XENMEM_exchange, (uint64_t)&x[n] } };
	}
	expect_rc("exchanges in a batch", hypercall_multicall(call, 15), 0);
	for (unsigned int n = 0; n < 15; n++)
		expect_rc("exchange", (long)call[n].result, 0);
	for (unsigned int i = 0; i < FRAMES; i++)
		pv_p2m.mfn[spare + i] = list[15][0] + i;
}

static long reservation(unsigned int cmd, xen_pfn_t *list, unsigned long n, unsigned int order,
			domid_t domid)
{
	struct xen_memory_reservation r = { .nr_extents = n,
					    .extent_order = order,
					    .domid = domid };

	set_xen_guest_handle(r.extent_start, list);
	return hypercall_memory_op(cmd, &r);
}

/* One extent of 16 MiB, which a control domain may have. */
static void large_extent(void)
{
	static xen_pfn_t list[4096];

	for (unsigned int i = 0; i < 4096; i++)
		list[i] = pv_pfn_to_mfn(spare + i);
	expect_rc("4096 frames given back",
		  reservation(XENMEM_decrease_reservation, list, 4096, 0, DOMID_SELF), 4096);
	list[0] = spare;
	if (expect_rc("one extent taken",
		      reservation(XENMEM_populate_physmap, list, 1, 12, DOMID_SELF), 1))
		expect_rc("and given back",
			  reservation(XENMEM_decrease_reservation, list, 1, 12, DOMID_SELF), 1);
	for (unsigned int i = 0; i < 4096; i++)
		list[i] = spare + i;
	expect_rc("4096 frames taken",
		  reservation(XENMEM_populate_physmap, list, 4096, 0, DOMID_SELF), 4096);
	for (unsigned int i = 0; i < 4096; i++)
		pv_p2m.mfn[spare + i] = list[i];
}

/* ---- Tables --------------------------------------------------------------------------------- */

/* A table of level 3 whose 512 tables are empty: a quarter of a million entries to look at. */
static void empty_tables(void)
{
	uint64_t *l3 = page_take();

	for (unsigned int i = 0; i < 512; i++)
		l3[i] = pv_pte(pv_pfn_to_mfn(spare + i), PV_PTE_TABLE);
	page_readonly(l3);
	expect_rc("pin of empty tables", pv_mmuext(MMUEXT_PIN_L3_TABLE, pv_va_to_mfn(l3)), 0);
	expect_rc("unpin", pv_mmuext(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(l3)), 0);
	expect_rc("a page again", pv_page_protect(l3, PV_PTE_DATA), 0);
}

#define FULL 64

static void full_tables(void)
{
	static uint64_t *table[FULL];
	uint64_t *l2 = page_take();
	void *page = page_take();

	for (unsigned int i = 0; i < FULL; i++) {
		table[i] = page_take();
		for (unsigned int j = 0; j < 512; j++)
			table[i][j] = pte_make(page, PV_PTE_DATA);
		l2[i] = pte_make(table[i], PV_PTE_TABLE);
		page_readonly(table[i]);
	}
	page_readonly(l2);
	expect_rc("pin of full tables", pv_mmuext(MMUEXT_PIN_L2_TABLE, pv_va_to_mfn(l2)), 0);
	expect_rc("unpin", pv_mmuext(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(l2)), 0);
}

static void updates(void)
{
	static struct mmu_update list[2048];
	static struct mmuext_op flush[2048];
	const uint64_t *entry = entry_of(window(0), 1);
	void *page = page_take();

	for (unsigned int i = 0; i < 2048; i++) {
		list[i] = (struct mmu_update){ pv_va_to_maddr(entry + i % 512),
					       pte_make(page, i / 512 % 2 ? 0 : PV_PTE_DATA) };
		flush[i].cmd = i % 2 ? MMUEXT_TLB_FLUSH_ALL : MMUEXT_TLB_FLUSH_LOCAL;
	}
	expect_rc("2048 updates", hypercall_mmu_update(list, 2048, NULL, DOMID_SELF), 0);
	expect_rc("2048 flushes", hypercall_mmuext_op(flush, 2048, NULL, DOMID_SELF), 0);
}

static void descriptors(void)
{
	unsigned long frames[14];
	static uint64_t *page[14];

	for (unsigned int i = 0; i < 14; i++) {
		page[i] = page_take();
		for (unsigned int j = 0; j < 512; j++)
			page[i][j] = 0x00cf93000000ffff;
		memcpy(page[i], (const void *)page[0], i ? 64 : 0);
		frames[i] = pv_va_to_mfn(page[i]);
		page_readonly(page[i]);
	}
	expect_rc("a GDT of fourteen pages", hypercall_set_gdt(frames, 14 * 512), 0);
	expect_rc("and none", hypercall_set_gdt(frames, 0), 0);
}

static void traps(void)
{
	static struct trap_info table[257];

	for (unsigned int i = 0; i < 256; i++)
		table[i] = (struct trap_info){ .vector = 255,
					       .cs = PV_CS64,
					       .address = (unsigned long)traps };
	expect_rc("256 traps", hypercall_set_trap_table(table), 0);
}

/* ---- Events and grants ---------------------------------------------------------------------- */

static void ports(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_reset reset = { .dom = DOMID_SELF };

	while (!hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &a))
		;
	expect(a.port > 4000, "ports end at %u", a.port);
	expect_rc("reset", hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
}

static void grants(void)
{
	static xen_pfn_t frame[64];
	static struct gnttab_copy copy[256];
	static struct gnttab_unmap_grant_ref unmap[1024];
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 64 };
	void *from = page_take(), *to = page_take();

	set_xen_guest_handle(setup.frame_list, frame);
	expect_rc("setup_table", hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
	expect_rc("its status", setup.status, 0);
	for (unsigned int i = 0; i < 256; i++) {
		copy[i].source.u.gmfn = pv_va_to_mfn(from);
		copy[i].dest.u.gmfn = pv_va_to_mfn(to);
		copy[i].source.domid = copy[i].dest.domid = DOMID_SELF;
		copy[i].len = PV_PAGE_SIZE;
	}
	expect_rc("256 copies", hypercall_grant_table_op(GNTTABOP_copy, copy, 256), 0);
	for (unsigned int i = 0; i < 256; i++)
		expect_rc("copy", copy[i].status, GNTST_okay);
	expect_rc("1024 unmaps of nothing",
		  hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, 1024), 0);
}

static void batch(void)
{
	static struct multicall_entry list[4000];

	for (unsigned int i = 0; i < 4000; i++)
		list[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
						    .args = { XENVER_pagesize } };
	expect_rc("a batch", hypercall_multicall(list, 4000), 0);
}

/* ---- Another domain ------------------------------------------------------------------------- */

static xen_domctl_t dom;

static long domctl(unsigned int cmd, domid_t domid)
{
	dom.cmd = cmd;
	dom.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	dom.domain = domid;
	return hypercall_domctl(&dom);
}

static void big_grants(domid_t id)
{
	static xen_pfn_t frame[BIG_GRANTS];
	struct gnttab_setup_table setup = { .dom = id, .nr_frames = BIG_GRANTS };

	set_xen_guest_handle(setup.frame_list, frame);
	expect_rc("256 grant frames", hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
	expect_rc("their status", setup.status, 0);
}

static void big_memory(domid_t id)
{
	static xen_pfn_t list[BIG_EXTENTS];
	uint64_t mib = 64;
	char text[16];

	if (pv_arg_value((const char *)test_start.info->cmd_line, "memory", text, sizeof(text)) > 0)
		must(!pv_parse_u64(text, &mib));
	dom.u.max_mem.max_memkb = mib << 10;
	must(!domctl(XEN_DOMCTL_max_mem, id));
	for (uint64_t done = 0; done < mib; done += 2 * BIG_EXTENTS) {
		for (unsigned int i = 0; i < BIG_EXTENTS; i++)
			list[i] = (done / 2 + i) * FRAMES;
		expect_rc("64 MiB", reservation(XENMEM_populate_physmap, list, BIG_EXTENTS, 9, id),
			  BIG_EXTENTS);
	}
}

/* Of all that a domain can have the most. */
static void big_domain(void)
{
	struct evtchn_alloc_unbound a = { .remote_dom = 0 };
	domid_t id;

	memset(&dom, 0, sizeof(dom));
	dom.u.createdomain.max_vcpus = BIG_VCPUS;
	dom.u.createdomain.max_evtchn_port = -1;
	dom.u.createdomain.max_grant_frames = BIG_GRANTS;
	dom.u.createdomain.max_maptrack_frames = BIG_MAPTRACK;
	dom.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	must(!domctl(XEN_DOMCTL_createdomain, 0));
	id = dom.domain;
	memset(&dom, 0, sizeof(dom));
	dom.u.max_vcpus.max = BIG_VCPUS;
	expect_rc("128 vCPUs", domctl(XEN_DOMCTL_max_vcpus, id), 0);
	big_memory(id);
	big_grants(id);
	a.dom = id;
	while (!hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &a))
		;
	memset(&dom, 0, sizeof(dom));
	expect_rc("its end", domctl(XEN_DOMCTL_destroydomain, id), 0);
}

/* ---- Talk ----------------------------------------------------------------------------------- */

static void console(void)
{
	static char text[16384];
	xen_sysctl_t s = { .cmd = XEN_SYSCTL_readconsole,
			   .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

	memset(text, '\r', sizeof(text));
	expect_rc("16 KiB written", hypercall_console_io(CONSOLEIO_write, sizeof(text), text), 0);
	set_xen_guest_handle(s.u.readconsole.buffer, text);
	s.u.readconsole.count = sizeof(text);
	expect_rc("the ring read", hypercall_sysctl(&s), 0);
}

void test_main(void)
{
	spare = test_start.info->nr_pages - SPARE;
	if (spare < test_start.mapped_end)
		test_error("no memory that is not mapped");
	exchanges();
	large_extent();
	empty_tables();
	full_tables();
	updates();
	descriptors();
	traps();
	grants();
	ports();
	batch();
	big_domain();
	console();
}
