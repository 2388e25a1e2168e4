/* SPDX-License-Identifier: MIT */
/*
 * Pinning: tables of each level can be pinned when they are valid and read-only, once; a pinned
 * table keeps its type and its pages' types until it is unpinned, and then everything is an
 * ordinary page again; what is no valid table is refused without a trace.
 */
#include "test.h"

static const unsigned int pin_command[5] = { 0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
					     MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE };

static long pin(const void *table, unsigned int level)
{
	return mmuext_one(pin_command[level], pv_va_to_mfn(table), 0);
}

static long unpin(const void *table)
{
	return mmuext_one(MMUEXT_UNPIN_TABLE, pv_va_to_mfn(table), 0);
}

/* Four tables, each with one entry to the one below; the L1 maps a data page. */
static void chain_make(uint64_t *table[5])
{
	table[0] = page_take();
	for (unsigned int level = 1; level <= 4; level++) {
		table[level] = page_take();
		/* Slot 40: in an L4, one of the guest's. */
		table[level][40] = pte_make(table[level - 1], PV_PTE_TABLE);
		page_readonly(table[level]);
	}
}

static void each_level(void)
{
	uint64_t *table[5];

	chain_make(table);
	for (unsigned int level = 1; level <= 4; level++) {
		expect_rc("pin", pin(table[level], level), 0);
		expect_rc("pin again", pin(table[level], level), -XEN_EINVAL);
		expect_rc("pin at another level", pin(table[level], level % 4 + 1), -XEN_EINVAL);
		expect_rc("make the pinned one writable",
			  pv_page_protect(table[level], PV_PTE_DATA),
			  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
		if (level > 1)
			expect_rc("make the one below writable",
				  pv_page_protect(table[level - 1], PV_PTE_DATA),
				  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
		expect_rc("unpin", unpin(table[level]), 0);
		expect_rc("unpin again", unpin(table[level]), -XEN_EINVAL);
		expect_rc("writable again", pv_page_protect(table[level], PV_PTE_DATA), 0);
		page_readonly(table[level]);
	}
}

/* A pinned L1 outlives the L2 that used it. */
static void pin_keeps(void)
{
	uint64_t *table[5];

	chain_make(table);
	must(!pin(table[2], 2));
	expect_rc("pin L1 while its L2 uses it", pin(table[1], 1), 0);
	expect_rc("unpin L2", unpin(table[2]), 0);
	expect_rc("L1 is still a table", pv_page_protect(table[1], PV_PTE_DATA),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("unpin L1", unpin(table[1]), 0);
	expect_rc("L1 is free", pv_page_protect(table[1], PV_PTE_DATA), 0);
}

static void bad_tables(void)
{
	uint64_t *writable = page_take(), *wild = page_take(), *upper = page_take();
	uint64_t *late = page_take();

	expect_rc("pin a writable page", pin(writable, 1), -XEN_EINVAL);
	wild[3] = 0x200000 | PV_PTE_DATA;
	page_readonly(wild);
	expect_rc("pin an L1 with the hypervisor's frame", pin(wild, 1),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("it is no table now", pv_page_protect(wild, PV_PTE_DATA), 0);
	upper[1] = pte_make(writable, PV_PTE_TABLE);
	page_readonly(upper);
	for (unsigned int level = 2; level <= 4; level++)
		expect_rc("pin a table over a writable page", pin(upper, level), -XEN_EINVAL);
	expect_rc("it is no table now", pv_page_protect(upper, PV_PTE_DATA), 0);
	/* The last entry is the bad one: what was taken for the others is given back. */
	for (unsigned int i = 0; i < 511; i++)
		late[i] = pte_make(writable, PV_PTE_DATA);
	late[511] = pv_va_to_maddr(root_table()) | PV_PTE_DATA;
	page_readonly(late);
	expect_rc("pin an L1 whose last entry is bad", pin(late, 1),
		  UNLIKE_XEN(-XEN_EINVAL, -XEN_EBUSY));
	expect_rc("it is no table now", pv_page_protect(late, PV_PTE_DATA), 0);
	page_readonly(writable);
	expect_rc("its pages are free", pin(writable, 1), 0);
	expect_rc("unpin", unpin(writable), 0);
}

static void bad_frames(void)
{
	static const struct {
		const char *what;
		unsigned long mfn;
	} rows[] = {
		{ "the hypervisor's frame", 0x200 },
		{ "a frame beyond the machine", 1UL << 38 },
		{ "frame ~0", ~0UL },
		{ "frame 2^52", 1UL << 52 },
	};
	uint64_t *plain = page_take();

	for (unsigned int i = 0; i < PV_ARRAY_SIZE(rows); i++) {
		for (unsigned int level = 1; level <= 4; level++)
			expect_rc(rows[i].what, mmuext_one(pin_command[level], rows[i].mfn, 0),
				  -XEN_EINVAL);
		expect_rc(rows[i].what, mmuext_one(MMUEXT_UNPIN_TABLE, rows[i].mfn, 0),
			  -XEN_EINVAL);
	}
	expect_rc("unpin an ordinary page", unpin(plain), -XEN_EINVAL);
	expect_rc("pin the running root at level 3", pin(root_table(), 3), -XEN_EINVAL);
}

void test_main(void)
{
	each_level();
	pin_keeps();
	bad_tables();
	bad_frames();
	each_level();
}
