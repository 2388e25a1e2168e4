/* SPDX-License-Identifier: MIT */
/*
 * Page tables and memory, attacked by an ordinary domain where other hypervisors once broke:
 * whoever can run a kernel at all can make these calls. The numbers are those of the advisories
 * (docs/security.md). Every answer is the right one, what was attacked is as before, and each
 * attacker can be destroyed and leaves no page behind.
 */
#include "attacker.h"

#define SPARE_VA   CHILD_VA(CHILD_SPARE)
#define L4_OWN     40 /* a free slot of the root */
#define DESC_DATA  0x00cff3000000ffffUL
#define DESC_GATE  0x0000ee000010ffffUL
#define DOM0_FRAME pv_va_to_mfn(root_table())

/* ---- Calls that come up often --------------------------------------------------------------- */

static uint64_t address(unsigned int n, unsigned int slot)
{
	return ((uint64_t)attacker.mfn[n] << PV_PAGE_SHIFT) + slot * sizeof(uint64_t);
}

static uint64_t entry(unsigned int n, uint64_t flags)
{
	return pv_pte(attacker.mfn[n], flags);
}

static void update(const char *what, long wanted, uint64_t ptr, uint64_t value)
{
	struct mmu_update u = { ptr, value };

	ATTACK(what, wanted, mmu_update, attacker_va(KEEP(u)), 1, 0, DOMID_SELF);
}

static void extended(const char *what, long wanted, unsigned int cmd, uint64_t mfn)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = mfn;
	ATTACK(what, wanted, mmuext_op, attacker_va(KEEP(op)), 1, 0, DOMID_SELF);
}

static void spare_map(const char *what, long wanted, uint64_t flags)
{
	ATTACK(what, wanted, update_va_mapping, SPARE_VA, flags ? entry(CHILD_SPARE, flags) : 0,
	       UVMF_INVLPG);
}

static void reservation(const char *what, long wanted, unsigned long cmd, uint64_t frame,
			unsigned int order, unsigned int flags)
{
	uint64_t *list = KEEP(frame);
	struct xen_memory_reservation r = {
		.nr_extents = 1, .extent_order = order, .mem_flags = flags, .domid = DOMID_SELF
	};

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)attacker_va(list));
	ATTACK(what, wanted, memory_op, cmd, attacker_va(KEEP(r)));
}

/* ---- Page tables ---------------------------------------------------------------------------- */

/* 109, 113, 148, 167, 279. */
static void entries(void)
{
	const long foreign = UNLIKE_XEN(-XEN_EPERM, -XEN_EINVAL);
	const uint64_t large = PV_PTE_TABLE | PV_PTE_PSE;
	uint64_t own;

	attacker_make();
	own = address(CHILD_SPARE, 0) | MMU_MACHPHYS_UPDATE;
	update("109: an entry of dom0's root", foreign, pv_va_to_maddr(root_table()), 0);
	update("109: an entry in the hypervisor", foreign, 0x200000, 0);
	update("113: the m2p of a frame of its own", 0, own, 0x5555);
	update("113: once more", 0, own, 7);
	update("113: of dom0's frame", -XEN_EINVAL,
	       DOM0_FRAME << PV_PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 5);
	update("148: a live L2 entry becomes a large page", -XEN_EINVAL, address(2, 0),
	       entry(3, PV_PTE_TABLE) | PV_PTE_PSE);
	update("148: a large page in a free slot", -XEN_EINVAL, address(2, 9),
	       (entry(3, 0) & ~0x1fffffULL) | large);
	update("148: a huge page in a free slot", -XEN_EINVAL, address(1, 9),
	       (entry(3, 0) & ~0x3fffffffULL) | large);
	extended("167: a superpage far behind memory", -XEN_EOPNOTSUPP, MMUEXT_MARK_SUPER,
		 ~0UL >> 1);
	ATTACK("279: a wild address and its flush", -XEN_EINVAL, update_va_mapping, NONCANONICAL, 0,
	       UVMF_INVLPG | UVMF_ALL);
	ATTACK("279: the hypervisor's address and its flush", -XEN_EINVAL, update_va_mapping,
	       HYPERVISOR_POINTER, 0, UVMF_INVLPG | UVMF_ALL);
	extended("279: INVLPG of a wild address", 0, MMUEXT_INVLPG_ALL, NONCANONICAL);
	extended("a flush", 0, MMUEXT_TLB_FLUSH_LOCAL, 0);
	attacker_run();
	attacker_destroy("entries");
}

/* 182, 240: the spare page is a second root. */
static void linear(void)
{
	uint64_t self, other;

	attacker_make();
	self = address(0, L4_OWN);
	other = address(CHILD_SPARE, L4_OWN);
	update("182: the root maps itself", 0, self, entry(0, PV_PTE_RO));
	update("182: accessed", 0, self, entry(0, PV_PTE_RO | PV_PTE_ACCESSED));
	update("182: then writable", -XEN_EINVAL, self, entry(0, PV_PTE_TABLE));
	update("182: then a large page", -XEN_EINVAL, self, entry(0, PV_PTE_RO | PV_PTE_PSE));
	update("taken out", 0, self, 0);
	spare_map("read-only", 0, PV_PTE_RO);
	extended("pin", 0, MMUEXT_PIN_L4_TABLE, attacker.mfn[CHILD_SPARE]);
	update("240: the second root maps the first", UNLIKE_XEN(-XEN_EINVAL, 0), other,
	       entry(0, PV_PTE_RO));
	update("240: the first maps the second", -XEN_EINVAL, self, entry(CHILD_SPARE, PV_PTE_RO));
	update("240: an L3 maps itself", REFUSED, address(1, 7), entry(1, PV_PTE_TABLE));
	update("240: an L2 maps itself", REFUSED, address(2, 7), entry(2, PV_PTE_TABLE));
	extended("unpin", 0, MMUEXT_UNPIN_TABLE, attacker.mfn[CHILD_SPARE]);
	spare_map("writable", 0, PV_PTE_DATA);
	attacker_run();
	attacker_destroy("linear tables");
}

/* 58, 252: what fails leaves nothing behind; only an unpin unpins. */
static void pins(void)
{
	/* On Xen it leaves the reservation, and the pin holds the frame. */
	const long kept = on_paravane() ? 0 : WHATEVER;
	uint64_t mfn;

	attacker_make();
	mfn = attacker.mfn[CHILD_SPARE];
	update("58: the last entry is dom0's", 0, address(CHILD_SPARE, 511),
	       DOM0_FRAME << PV_PAGE_SHIFT | PV_PTE_DATA);
	update("58: the first is its own", 0, address(CHILD_SPARE, 0),
	       entry(CHILD_SPARE + 1, PV_PTE_DATA));
	spare_map("58: read-only", 0, PV_PTE_RO);
	extended("58: pin", UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY), MMUEXT_PIN_L1_TABLE, mfn);
	spare_map("58: an ordinary page", 0, PV_PTE_DATA);
	update("252: no entry", 0, address(CHILD_SPARE, 511), 0);
	spare_map("252: read-only", 0, PV_PTE_RO);
	extended("252: pin", 0, MMUEXT_PIN_L1_TABLE, mfn);
	reservation("252: given away while pinned and mapped", kept, XENMEM_decrease_reservation,
		    mfn, 0, 0);
	spare_map("252: writable", UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY), PV_PTE_DATA);
	spare_map("252: not mapped", 0, 0);
	reservation("252: given away while pinned", kept, XENMEM_decrease_reservation, mfn, 0, 0);
	extended("252: the pin is still there", 0, MMUEXT_UNPIN_TABLE, mfn);
	extended("252: once", -XEN_EINVAL, MMUEXT_UNPIN_TABLE, mfn);
	attacker_run();
	attacker_destroy("pins");
}

/* 154: a second mapping that asks for no cache gets the frame's. */
static void cacheability(void)
{
	const unsigned int slot = 100;
	uint64_t *table = window(0);
	struct mmu_update look = { pv_va_to_maddr(entry_of(table, 1)), 0 };

	attacker_make();
	ATTACK("154: uncached", 0, update_va_mapping, CHILD_VA(slot),
	       entry(CHILD_SPARE, PV_PTE_DATA | PV_PTE_PCD | PV_PTE_PWT), UVMF_INVLPG);
	attacker_run();
	look.val = entry(3, PV_PTE_RO);
	must(!hypercall_mmu_update(&look, 1, NULL, attacker.id));
	/* Xen changes how the frame is mapped everywhere instead. */
	if (on_paravane())
		expect_eq("154: the entry's flags", table[slot] & (PV_PTE_PCD | PV_PTE_PWT | 1), 1);
	must(!va_update(table, 0, UVMF_INVLPG));
	attacker_destroy("cacheability");
}

/* 214: no page keeps what it was allowed as a descriptor table. */
static void descriptors(void)
{
	uint64_t mfn, *list;

	attacker_make();
	mfn = attacker.mfn[CHILD_SPARE];
	list = KEEP(mfn);
	update("214: a descriptor", 0, address(CHILD_SPARE, 2), DESC_DATA);
	spare_map("214: read-only", 0, PV_PTE_RO);
	ATTACK("214: a GDT", 0, set_gdt, attacker_va(list), 512);
	ATTACK("214: a gate in it", -XEN_EINVAL, update_descriptor, address(CHILD_SPARE, 3),
	       DESC_GATE);
	spare_map("214: not mapped", 0, 0);
	reservation("214: given away", WHATEVER, XENMEM_decrease_reservation, mfn, 0, 0);
	ATTACK("214: no GDT", 0, set_gdt);
	extended("214: a page table", REFUSED, MMUEXT_PIN_L1_TABLE, mfn);
	attacker_run();
	attacker_destroy("descriptors");
}

/* ---- Memory --------------------------------------------------------------------------------- */

static void exchange(const char *what, long wanted, uint64_t in, unsigned long count,
		     unsigned int order, unsigned long done)
{
	struct xen_memory_exchange e = {
		.in = { .nr_extents = count, .extent_order = order, .domid = DOMID_SELF },
		.out = { .nr_extents = count, .extent_order = order, .domid = DOMID_SELF },
		.nr_exchanged = done,
	};

	set_xen_guest_handle(e.in.extent_start, (xen_pfn_t *)in);
	set_xen_guest_handle(e.out.extent_start, (xen_pfn_t *)CHILD_VA(CHILD_SPARE + 1));
	ATTACK(what, wanted, memory_op, XENMEM_exchange, attacker_va(KEEP(e)));
}

/* 29, 31, 212, 231, 296. */
static void memory(void)
{
	domid_t self = DOMID_SELF;
	uint64_t frame = 0, *list, *who;

	attacker_make();
	list = KEEP(frame);
	who = KEEP(self);
	exchange("29: frames listed in the hypervisor", REFUSED, HYPERVISOR_POINTER, 1, 0, 0);
	exchange("212: in it from the count done on", -XEN_EFAULT, HYPERVISOR_VIRT_START - 32, 8, 0,
		 4);
	exchange("31: order 40", REFUSED, attacker_va(list), 1, 40, 0);
	reservation("31: order 10, more than it may", 0, XENMEM_populate_physmap, 0, 10, 0);
	reservation("31: order 31", 0, XENMEM_increase_reservation, 0, 31, 0);
	reservation("31: order 2^32 - 1", 0, XENMEM_decrease_reservation, 0, ~0U, 0);
	reservation("231: node 200", 0, XENMEM_increase_reservation, 0, 0, XENMEMF_node(200));
	reservation("231: exactly node 254", 0, XENMEM_populate_physmap, 0, 0,
		    XENMEMF_exact_node(254));
	reservation("296: one done of one", WHATEVER, XENMEM_decrease_reservation | 1 << 6, 0, 0,
		    0);
	reservation("296: 2^57 done of one", WHATEVER, XENMEM_populate_physmap | 1UL << 63, 0, 0,
		    0);
	ATTACK("its pages", CHILD_PAGES, memory_op, XENMEM_current_reservation, attacker_va(who));
	attacker_run();
	attacker_destroy("memory");
}

/* 122: all that is copied out was filled; what stands behind a text is zero. */
static void leaks(void)
{
	static const struct {
		unsigned int cmd, size, part; /* consists of texts of `part` bytes */
	} texts[] = {
		{ XENVER_extraversion, sizeof(xen_extraversion_t), 16 },
		{ XENVER_capabilities, sizeof(xen_capabilities_info_t), 1024 },
		{ XENVER_changeset, sizeof(xen_changeset_info_t), 64 },
		{ XENVER_compile_info, 64, 64 },
	};
	uint8_t *text[PV_ARRAY_SIZE(texts)];
	static uint8_t full[1024];

	attacker_make();
	memset(full, 0xff, sizeof(full));
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(texts); i++) {
		size_t size = texts[i].cmd == XENVER_compile_info ? sizeof(struct xen_compile_info)
								  : texts[i].size;

		text[i] = attacker_keep(full, size);
		ATTACK("122: a text", 0, xen_version, texts[i].cmd, attacker_va(text[i]));
	}
	attacker_run();
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(texts); i++) {
		size_t n = strnlen((const char *)text[i], texts[i].part);

		for (; n < texts[i].part && !text[i][n]; n++)
			;
		expect(n == texts[i].part, "122: text %u has %#x at byte %lu", texts[i].cmd,
		       text[i][n], n);
	}
	attacker_destroy("leaks");
}

/* A number of a domain has 16 bits; what stands above them does not make it another's, and whoever
 * names itself so holds nothing afterwards. */
static void names(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	const void *kept;

	attacker_make();
	kept = KEEP(op);
	ATTACK("its own id with bits above", 0, mmuext_op, attacker_va(kept), 1, 0,
	       0x10000U | attacker.id);
	ATTACK("DOMID_SELF with bits above", 0, mmuext_op, attacker_va(kept), 1, 0,
	       0xabcd0000U | DOMID_SELF);
	attacker_run();
	attacker_destroy("names");
}

void test_main(void)
{
	if (!test_start.dom0)
		test_skip("needs the control domain");
	entries();
	linear();
	pins();
	cacheability();
	descriptors();
	memory();
	leaks();
	names();
	expect_rc("a call afterwards", hypercall_xen_version(XENVER_pagesize, NULL), 4096);
}
