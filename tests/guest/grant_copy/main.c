/* SPDX-License-Identifier: MIT */
/*
 * GNTTABOP_copy: between frames and grants of our own, any part of a page, in batches; what crosses
 * a page's end, is not granted, not ours or a page table is refused with its own status and copies
 * nothing.
 */
#include "test.h"

static struct pv_grants grants;
static uint16_t next[PV_GRANTS_PER_FRAME];
static uint8_t *from, *to;
static domid_t self;

static struct gnttab_copy copy_make(uint16_t offset, uint16_t len)
{
	struct gnttab_copy op = { .len = len, .status = 0x5555 };

	op.source.u.gmfn = pv_va_to_mfn(from);
	op.source.domid = DOMID_SELF;
	op.source.offset = offset;
	op.dest.u.gmfn = pv_va_to_mfn(to);
	op.dest.domid = DOMID_SELF;
	op.dest.offset = offset;
	return op;
}

static int16_t copy(struct gnttab_copy op)
{
	expect_rc("copy", hypercall_grant_table_op(GNTTABOP_copy, &op, 1), 0);
	expect(op.status != 0x5555, "copy left its status unset");
	return op.status;
}

static void prepare(void)
{
	for (unsigned int i = 0; i < PV_PAGE_SIZE; i++)
		from[i] = (uint8_t)(i * 7 + 1);
	memset(to, 0, PV_PAGE_SIZE);
}

static void good(void)
{
	struct gnttab_copy op;
	long source, dest;

	prepare();
	expect(copy(copy_make(0, 4096)) == GNTST_okay, "a whole page");
	expect(!memcmp(from, to, PV_PAGE_SIZE), "the page differs");
	prepare();
	expect(copy(copy_make(100, 55)) == GNTST_okay, "a part");
	expect(!memcmp(from + 100, to + 100, 55) && !to[99] && !to[155], "the part differs");
	prepare();
	source = pv_grant_give(&grants, self, pv_va_to_mfn(from), true);
	dest = pv_grant_give(&grants, self, pv_va_to_mfn(to), false);
	must(source > 0 && dest > 0);
	op = copy_make(8, 16);
	op.source.u.ref = (grant_ref_t)source;
	op.dest.u.ref = (grant_ref_t)dest;
	op.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	expect(copy(op) == GNTST_okay, "from a grant to a grant");
	expect(!memcmp(from + 8, to + 8, 16), "the part differs");
	op.dest.u.ref = (grant_ref_t)source;
	expect_rc("to a read-only grant", copy(op), GNTST_general_error);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)source), 0);
	expect_rc("from a grant that is over", copy(op), GNTST_general_error);
	expect_rc("end", pv_grant_end(&grants, (grant_ref_t)dest), 0);
}

static void refusals(void)
{
	struct gnttab_copy op;

	prepare();
	expect(copy(copy_make(1, 4096)) == GNTST_bad_copy_arg, "across the end");
	expect(copy(copy_make(4095, 2)) == GNTST_bad_copy_arg, "across the end by one");
	expect_rc("offset and length 65535", copy(copy_make(65535, 65535)), GNTST_bad_copy_arg);
	op = copy_make(0, 16);
	op.source.offset = PV_PAGE_SIZE - 8;
	expect(copy(op) == GNTST_bad_copy_arg, "across the end of the source alone");
	op = copy_make(0, 16);
	op.dest.offset = PV_PAGE_SIZE - 8;
	expect(copy(op) == GNTST_bad_copy_arg, "across the end of the destination alone");
	op = copy_make(0, 16);
	op.source.u.gmfn = 0x200;
	expect_rc("from the hypervisor's frame", copy(op), GNTST_bad_page);
	op = copy_make(0, 16);
	op.dest.u.gmfn = 0x200;
	expect_rc("to the hypervisor's frame", copy(op), GNTST_bad_page);
	op.dest.u.gmfn = ~0UL;
	expect_rc("to frame ~0", copy(op), GNTST_bad_page);
	op.dest.u.gmfn = pv_va_to_mfn(root_table());
	expect_rc("to a page table", copy(op), UNLIKE_XEN(GNTST_bad_page, GNTST_general_error));
	op = copy_make(0, 16);
	op.source.domid = 999;
	expect_rc("from a domain that is not there", copy(op),
		  UNLIKE_XEN(GNTST_permission_denied, GNTST_bad_domain));
	op = copy_make(0, 16);
	op.flags = GNTCOPY_source_gref;
	op.source.u.ref = 200;
	expect_rc("from a reference that was not given", copy(op), GNTST_general_error);
	op.source.u.ref = ~0U;
	expect_rc("from reference ~0", copy(op), GNTST_bad_gntref);
	for (unsigned int i = 0; i < PV_PAGE_SIZE; i++)
		expect(!to[i], "byte %u was copied", i);
}

static void batch(void)
{
	static struct gnttab_copy ops[20];

	prepare();
	for (unsigned int i = 0; i < 20; i++)
		ops[i] = copy_make((uint16_t)(i * 64), 64);
	ops[7].dest.u.gmfn = 0x200;
	expect_rc("a batch with a bad one", hypercall_grant_table_op(GNTTABOP_copy, ops, 20), 0);
	for (unsigned int i = 0; i < 20; i++)
		expect((ops[i].status == GNTST_okay) == (i != 7), "copy %u has status %d", i,
		       ops[i].status);
	expect(!memcmp(from + 19 * 64, to + 19 * 64, 64), "the last one differs");
	expect(!to[7 * 64], "the bad one was done");
}

void test_main(void)
{
	self = (domid_t)pv_domain_id();
	from = page_take();
	to = page_take();
	must(!pv_grants_init(&grants, window(8), 1, next));
	good();
	refusals();
	batch();
}
