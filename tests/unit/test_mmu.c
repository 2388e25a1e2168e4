/* SPDX-License-Identifier: MIT */
/* The MMU calls, good input and bad, with the invariants checked after each (mmu_check.h). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "mmu_guest.h"

START_TEST(tree_is_validated_and_dropped)
{
	build_tree();
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, own[L4]), 0);
	mmu_check("pinned");
	ck_assert(frame_is_valid(mfn_to_frame(own[L4]), FT_L4));
	ck_assert(frame_is_valid(mfn_to_frame(own[L1]), FT_L1));
	/* Entries read back with U, as kernels expect. */
	ck_assert_uint_eq(table(L1)[0], entry(DATA, KERNEL_RW | PTE_U));
	ck_assert_uint_eq(table(L4)[0], entry(L3, KERNEL_RW | PTE_U));
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L4_TABLE, own[L4]), -EINVAL);
	mmu_check("pinned twice");
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, own[L4]), 0);
	mmu_check("unpinned");
	ck_assert_int_eq(frame_type(mfn_to_frame(own[L1])), FT_NONE);
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, own[L4]), -EINVAL);
	mmu_check("unpinned twice");
}
END_TEST

START_TEST(writable_maps_of_tables_are_refused)
{
	load_tree();
	for (unsigned int i = L4; i <= L1; i++) {
		ck_assert_int_eq(update_one(entry_address(L1, 20), entry(i, KERNEL_RW)), -EINVAL);
		ck_assert_int_eq(hc_update_va_mapping(VA(0, 0, 0, 1 + i), entry(i, KERNEL_RW), 0),
				 -EINVAL);
		ck_assert_uint_eq(table(L1)[1 + i], entry(i, KERNEL_RO | PTE_U));
		mmu_check("refused");
	}
	/* And what is writable becomes no table. */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[DATA]), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L2, 5), entry(DATA, KERNEL_RW)), -EINVAL);
	mmu_check("end");
}
END_TEST

/* XSA-148, 182: no bit that matters changes on the short way. */
START_TEST(bits_that_are_always_refused)
{
	load_tree();
	ck_assert_int_eq(update_one(entry_address(L2, 0), table(L2)[0] | PTE_PSE), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L3, 0), table(L3)[0] | PTE_PSE), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L4, 0), table(L4)[0] | PTE_PSE), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L1, 0), table(L1)[0] | 1UL << 50), -EINVAL);
	/* A self map only in an L4, only read-only, and it stays so. */
	ck_assert_int_eq(update_one(entry_address(L4, 9), entry(L4, KERNEL_RW)), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L4, 9), entry(L4, KERNEL_RO)), 0);
	mmu_check("self map");
	ck_assert_int_eq(update_one(entry_address(L4, 9), entry(L4, KERNEL_RW)), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L3, 9), entry(L3, KERNEL_RO)), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L2, 9), entry(L2, KERNEL_RO)), -EINVAL);
	/* Under it the "L1" of an address is another level: no entry is written by va there. */
	ck_assert_int_eq(hc_update_va_mapping(VA(9, 0, 0, 0), entry(DATA, KERNEL_RW), 0), -EINVAL);
	/* The hypervisor's slots. */
	ck_assert_int_eq(update_one(entry_address(L4, 256), 0), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L4, 271), entry(L3, KERNEL_RW)), -EINVAL);
	mmu_check("end");
	ck_assert_int_eq(update_one(entry_address(L4, 9), 0), 0);
	mmu_check("self map gone");
}
END_TEST

START_TEST(harmless_bits_are_the_guests)
{
	u64 soft = PTE_AVL | PTE_AVL_HIGH | PTE_NX | PTE_D;

	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 0), entry(DATA, KERNEL_RW | soft | PTE_G)),
			 0);
	ck_assert_uint_eq(table(L1)[0], entry(DATA, KERNEL_RW | soft | PTE_U));
	ck_assert_int_eq(update_one(entry_address(L1, 0), entry(DATA, PTE_P | PTE_RW)), 0);
	ck_assert_uint_eq(table(L1)[0], entry(DATA, PTE_P | PTE_RW | PTE_U));
	/* Not present: bit for bit. */
	ck_assert_int_eq(update_one(entry_address(L1, 30), 0xfedcba9876543210UL & ~PTE_P), 0);
	ck_assert_uint_eq(table(L1)[30], 0xfedcba9876543210UL & ~PTE_P);
	mmu_check("end");
}
END_TEST

START_TEST(preserve_ad_keeps_what_the_cpu_set)
{
	load_tree();
	table(L1)[0] |= PTE_D | PTE_A;
	ck_assert_int_eq(update_one(entry_address(L1, 0) | MMU_PT_UPDATE_PRESERVE_AD,
				    entry(DATA, PTE_P)),
			 0);
	ck_assert_uint_eq(table(L1)[0], entry(DATA, PTE_P | PTE_U | PTE_A | PTE_D));
	mmu_check("end");
}
END_TEST

START_TEST(absent_entry_into_ram_ends_the_domain_with_l1tf)
{
	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 7), entry(DATA, 0)), 0);
	cpu_has_l1tf = true;
	ck_assert_int_eq(update_one(entry_address(L1, 7), (u64)RAM << PAGE_SHIFT), 0);
	ck_assert_uint_eq(machine.crashes, 0);
	ck_assert_int_eq(update_one(entry_address(L1, 7), entry(DATA, 0)), -EINVAL);
	ck_assert_uint_eq(machine.crashes, 1);
	ck_assert_ptr_nonnull(strstr(guest->crash_reason, "L1TF"));
	ck_assert_int_eq(update_one(entry_address(L2, 7), entry(DATA, PTE_PSE)), -EINVAL);
	ck_assert_uint_eq(machine.crashes, 2);
	mmu_check("end");
}
END_TEST

/* XSA-109, 113, 167. */
START_TEST(requests_for_what_is_not_ones_own)
{
	load_tree();
	ck_assert_int_lt(update_one(mfn_to_paddr(theirs[0]), 0), 0);
	ck_assert_int_lt(update_one(0, 0), 0);
	ck_assert_int_lt(update_one(~7UL, 0), 0);
	ck_assert_int_lt(update_one(entry_address(L1, 0) | 4, 0), 0);
	ck_assert_int_lt(update_one(entry_address(L1, 8), mfn_to_paddr(theirs[0]) | KERNEL_RO), 0);
	ck_assert_int_lt(update_one(entry_address(L1, 8), 0x3000 | KERNEL_RO), 0);
	ck_assert_int_lt(update_one(entry_address(L1, 8), (u64)RAM << 12 | KERNEL_RO), 0);
	ck_assert_int_lt(update_one(mfn_to_paddr(theirs[0]) | MMU_MACHPHYS_UPDATE, 5), 0);
	ck_assert_int_eq(update_one(entry_address(DATA, 0) | MMU_MACHPHYS_UPDATE, 5), 0);
	ck_assert_uint_eq(machine.m2p[own[DATA].v], 5);
	ck_assert_int_lt(mmuext(MMUEXT_PIN_L1_TABLE, theirs[0]), 0);
	ck_assert_int_lt(mmuext(MMUEXT_PIN_L1_TABLE, MFN(1UL << 45)), 0);
	ck_assert_int_lt(mmuext(MMUEXT_NEW_BASEPTR, own[DATA]), 0);
	ck_assert_int_lt(mmuext(MMUEXT_NEW_BASEPTR, MFN(0)), 0);
	ck_assert_int_lt(mmuext_for(MMUEXT_PIN_L1_TABLE, theirs[0], 2), 0);
	ck_assert_int_eq(mmuext(MMUEXT_MARK_SUPER, own[0]), -EOPNOTSUPP);
	ck_assert_int_eq(mmuext(99, own[0]), -ENOSYS);
	ck_assert_uint_eq(vcpu->arch.kernel_l4, mfn_to_paddr(own[L4]));
	mmu_check("end");
	/* A plain frame of its own it may write this way, as it could without. */
	ck_assert_int_eq(update_one(entry_address(10, 3), 0x1234), 0);
	ck_assert_uint_eq(table(10)[3], 0x1234);
	mmu_check("plain");
}
END_TEST

START_TEST(foreign_frames_for_a_control_domain)
{
	struct mmu_update r;
	u32 done = 0;

	machine_run(control->vcpus[0]);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, theirs[0]), 0);
	r = (struct mmu_update){ mfn_to_paddr(theirs[0]), mfn_to_paddr(own[DATA]) | KERNEL_RW };
	ck_assert_int_eq(mmu_update(&r, 1, &done, DOMID_SELF), -EINVAL);
	ck_assert_int_eq(mmu_update(&r, 1, &done, 1), 0);
	ck_assert_uint_eq(done, 1);
	mmu_check("foreign map");
	/* A frame that another can write becomes no table of its owner's. */
	ck_assert_int_eq(mmuext_for(MMUEXT_PIN_L1_TABLE, own[DATA], 1), -EINVAL);
	ck_assert_int_eq(mmuext_for(MMUEXT_NEW_BASEPTR, own[DATA], 1), -EPERM);
	r.val = 0;
	ck_assert_int_eq(mmu_update(&r, 1, &done, DOMID_SELF), 0);
	ck_assert_int_eq(mmuext_for(MMUEXT_PIN_L1_TABLE, own[DATA], 1), 0);
	mmu_check("foreign pin");
	ck_assert_int_eq(mmuext_for(MMUEXT_UNPIN_TABLE, own[DATA], 1), 0);
	/* Only devices, with no right to any. */
	r.val = mfn_to_paddr(own[DATA]) | KERNEL_RO;
	ck_assert_int_eq(mmu_update(&r, 1, &done, DOMID_IO), -EINVAL);
	r.val = (u64)RAM << PAGE_SHIFT | KERNEL_RO;
	ck_assert_int_eq(mmu_update(&r, 1, &done, DOMID_IO), -EPERM);
	ck_assert_int_eq(guest->refs, 2); /* the table's, and its own while it owns memory */
	mmu_check("end");
	machine_run(vcpu);
	ck_assert_int_eq(mmu_update(&r, 1, &done, 2), -EPERM);
}
END_TEST

START_TEST(devices_are_for_the_hardware_domain)
{
	u64 dev = (u64)(RAM + 5) << PAGE_SHIFT | KERNEL_RW | PTE_PCD;

	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 9), dev), -EPERM);
	guest->hardware = true;
	ck_assert_int_eq(update_one(entry_address(L1, 9), dev), 0);
	ck_assert_uint_eq(table(L1)[9], dev | PTE_U);
	ck_assert_uint_eq(guest->arch.mmio_mappings, 1);
	mmu_check("mapped");
	ck_assert_int_eq(update_one(entry_address(L1, 9), 0), 0);
	ck_assert_uint_eq(guest->arch.mmio_mappings, 0);
	mmu_check("end");
}
END_TEST

/* XSA-154: one cacheability a frame. */
START_TEST(cacheability_is_one_a_frame)
{
	u64 uc = PTE_PCD | PTE_PWT;

	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 9), entry(10, KERNEL_RW | uc)), 0);
	ck_assert_uint_eq(table(L1)[9], entry(10, KERNEL_RW | PTE_U));
	guest->hardware = true;
	ck_assert_int_eq(update_one(entry_address(L1, 9), entry(10, KERNEL_RW | uc)), 0);
	ck_assert_uint_eq(table(L1)[9], entry(10, KERNEL_RW | PTE_U | uc));
	/* A second mapping gets what the frame has; and the frame keeps it while there are two. */
	ck_assert_int_eq(update_one(entry_address(L1, 10), entry(10, KERNEL_RW)), 0);
	ck_assert_uint_eq(table(L1)[10], entry(10, KERNEL_RW | PTE_U | uc));
	ck_assert_int_eq(update_one(entry_address(L1, 9), entry(10, KERNEL_RW)), 0);
	ck_assert_uint_eq(table(L1)[9], entry(10, KERNEL_RW | PTE_U | uc));
	ck_assert_int_eq(update_one(entry_address(L1, 9), 0), 0);
	ck_assert_int_eq(update_one(entry_address(L1, 10), entry(10, KERNEL_RW)), 0);
	ck_assert_uint_eq(table(L1)[10], entry(10, KERNEL_RW | PTE_U));
	mmu_check("end");
}
END_TEST

START_TEST(batch_counts_what_it_did)
{
	struct mmu_update r[40];
	u32 done = 0;

	load_tree();
	for (unsigned int i = 0; i < ARRAY_SIZE(r); i++)
		r[i] = (struct mmu_update){ entry_address(L1, 100 + i), entry(DATA, KERNEL_RW) };
	r[33].val = entry(L1, KERNEL_RW);
	ck_assert_int_eq(mmu_update(r, ARRAY_SIZE(r), &done, DOMID_SELF), -EINVAL);
	ck_assert_uint_eq(done, 33);
	mmu_check("33");
	r[33].val = 0;
	ck_assert_int_eq(mmu_update(r, ARRAY_SIZE(r), &done, DOMID_SELF), 0);
	ck_assert_uint_eq(done, ARRAY_SIZE(r));
	mmu_check("40");
	/* Not readable, not writable. */
	ck_assert_int_eq(hc_mmu_update(GADDR(8), 1, GADDR(0), DOMID_SELF), -EFAULT);
	ck_assert_int_eq(hc_mmu_update(GADDR(HV_VIRT_START), 1, GADDR(0), DOMID_SELF), -EFAULT);
	ck_assert_int_eq(hc_mmu_update(GADDR((u64)r), 1, GADDR(8), DOMID_SELF), -EFAULT);
	mmu_check("end");
}
END_TEST

/* XSA-401: what a CPU may still write becomes no table, what it may still walk is not written, and
 * what it may still reach goes to nobody else; but nothing is flushed twice. */
START_TEST(translations_go_before_a_new_use)
{
	u64 flushes;

	load_tree();
	ck_assert_int_eq(update_one(entry_address(L2, 1), entry(12, KERNEL_RW)), 0);
	mmu_touch(vcpu, VA(0, 0, 0, 0));
	mmu_touch(vcpu, VA(0, 0, 1, 0));
	ck_assert_int_eq(update_one(entry_address(L1, 0), 0), 0);
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[DATA]), 0);
	mmu_check("writable to table");
	mmu_touch(vcpu, VA(0, 0, 1, 0));
	ck_assert_int_eq(update_one(entry_address(L2, 1), 0), 0);
	ck_assert_int_eq(update_one(entry_address(L1, 20), entry(12, KERNEL_RW)), 0);
	mmu_check("table to writable");
	flushes = machine.flushes;
	ck_assert_int_eq(update_one(entry_address(L1, 20), 0), 0);
	tlb_flush_local();
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[12]), 0);
	ck_assert_uint_eq(machine.flushes, flushes + 1);
	mmu_touch(vcpu, VA(0, 0, 0, 1));
	ck_assert_int_eq(update_one(entry_address(L1, 1), 0), 0);
	ck_assert_int_eq(update_one(entry_address(L1, 21), entry(13, KERNEL_RO)), 0);
	mmu_touch(vcpu, VA(0, 0, 0, 21));
	ck_assert_int_eq(update_one(entry_address(L1, 21), 0), 0);
	ck_assert_int_eq(arch_frame_release(guest, own[13]), 0);
	while (!(mfn_to_frame(own[13])->refs & FRAME_ALLOCATED))
		ck_assert(!mfn_eq(domain_frame_alloc(control, 0, FRAME_BELOW_ANY), MFN_NONE));
	mmu_check("to another owner");
}
END_TEST

/* A batch that unmakes the table that its next request names. */
START_TEST(table_goes_in_the_middle_of_a_batch)
{
	struct mmu_update r[3];
	u32 done = 0;

	load_tree();
	r[0] = (struct mmu_update){ entry_address(L1, 50), entry(10, KERNEL_RW) };
	r[1] = (struct mmu_update){ entry_address(L2, 0), 0 };
	r[2] = (struct mmu_update){ entry_address(L1, 51), entry(L4, KERNEL_RW) };
	ck_assert_int_eq(mmu_update(r, 3, &done, DOMID_SELF), 0);
	ck_assert_uint_eq(done, 3);
	ck_assert_int_eq(frame_type(mfn_to_frame(own[L1])), FT_NONE);
	mmu_check("the third was a plain write to a plain frame");
	/* And it is not taken for a table again. */
	ck_assert_int_eq(update_one(entry_address(L2, 0), entry(L1, KERNEL_RW)), -EINVAL);
	mmu_check("end");
}
END_TEST

/* 16 L1 tables are more than one budget. */
static void build_wide_tree(void)
{
	build_tree();
	for (unsigned int i = 0; i < 16; i++) {
		table(L2)[1 + i] = entry(20 + i, KERNEL_RW);
		for (unsigned int j = 0; j < PT_ENTRIES; j++)
			table(20 + i)[j] = entry(DATA, KERNEL_RO);
	}
}

START_TEST(long_validation_is_preempted_and_finishes)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = own[L4].v };
	unsigned int restarts = 0;
	long rc;

	build_wide_tree();
	machine.preempt = true;
	rc = hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), DOMID_SELF);
	for (; rc == -ERESTART; restarts++) {
		mmu_check("preempted pin");
		rc = hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1], GADDR(0),
				  machine.restart[3]);
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_uint_ge(restarts, 2);
	mmu_check("pinned");
	op.cmd = MMUEXT_UNPIN_TABLE;
	rc = hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), DOMID_SELF);
	ck_assert_int_eq(rc, -ERESTART);
	ck_assert_ptr_nonnull(guest->arch.old_table);
	/* Whoever comes next goes on with it, before his own. */
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[12]), 0);
	ck_assert_ptr_null(guest->arch.old_table);
	ck_assert_int_eq(frame_type(mfn_to_frame(own[L4])), FT_NONE);
	mmu_check("end");
}
END_TEST

START_TEST(abandoned_validation_is_ended_with_the_domain)
{
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = own[L4].v };

	build_wide_tree();
	machine.preempt = true;
	ck_assert_int_eq(hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), DOMID_SELF), -ERESTART);
	mmu_check("half");
	ck_assert_int_eq(FT_STATE(mfn_to_frame(own[L2])->type), FS_PARTIAL);
	/* Nobody takes the frame away from under it. */
	ck_assert_int_eq(arch_frame_release(guest, own[L2]), -EBUSY);
	mmu_check("end");
}
END_TEST

/* XSA-252. */
START_TEST(pinned_frames_do_not_leave)
{
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[5]), 0);
	ck_assert_int_eq(arch_frame_release(guest, own[5]), -EBUSY);
	ck_assert(frame_is_valid(mfn_to_frame(own[5]), FT_L1));
	mmu_check("still there");
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, own[5]), 0);
	ck_assert_int_eq(arch_frame_release(guest, own[5]), 0);
	ck_assert(mfn_to_frame(own[5])->refs & FRAME_FREE);
	mmu_check("gone");
	ck_assert_int_eq(arch_frame_release(guest, own[5]), -EINVAL);
}
END_TEST

START_TEST(released_frames_become_no_tables)
{
	const struct mmu_update r = { entry_address(L2, 60), entry(7, KERNEL_RW) };

	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 60), entry(7, KERNEL_RO)), 0);
	ck_assert_int_eq(arch_frame_release(guest, own[7]), 0);
	mmu_check("mapped but released");
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[7]), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L2, 60), entry(7, KERNEL_RW)), -EINVAL);
	mmu_check("refused");
	/* Nor half of one, which nobody would find at the end, however little may be done now. */
	machine.preempt = true;
	this_cpu()->budget = -1;
	ck_assert_int_eq(hc_mmu_update(GADDR((u64)&r), 1, GADDR(0), DOMID_SELF), -EINVAL);
	ck_assert_int_eq(FT_STATE(mfn_to_frame(own[7])->type), FS_NONE);
	ck_assert_int_eq(update_one(entry_address(L1, 60), 0), 0);
	ck_assert(mfn_to_frame(own[7])->refs & FRAME_FREE);
	mmu_check("end");
}
END_TEST

static unsigned int asked;

static unsigned int count_question(void)
{
	asked++;
	return false;
}

/* Looking at an entry is work, whether it is present or not. */
START_TEST(empty_entries_take_their_part_of_the_budget)
{
	for (unsigned int i = DATA; i < OWN; i++)
		table(L3)[i] = entry(i, KERNEL_RW); /* level 2, all empty */
	machine.preempt_fn = count_question;
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L3_TABLE, own[L3]), 0);
	ck_assert_uint_ge(asked, (OWN - DATA) * PT_ENTRIES * BUDGET_ENTRY / BUDGET);
	mmu_check("pinned");
	asked = 0;
	ck_assert_int_eq(mmuext(MMUEXT_UNPIN_TABLE, own[L3]), 0);
	ck_assert_uint_ge(asked, (OWN - DATA) * PT_ENTRIES * BUDGET_ENTRY / BUDGET);
	mmu_check("unpinned");
}
END_TEST

/* As many entries as a count can hold may name one frame. */
START_TEST(a_saturated_count_does_not_stop_teardown)
{
	struct frame *f = mfn_to_frame(own[DATA + 1]);

	load_tree();
	f->refs |= FRAME_COUNT_MASK;
	ck_assert_int_eq(frame_get(own[DATA + 1], guest), -EINVAL);
	guest->state = DOMAIN_DYING;
	ck_assert_int_eq(arch_domain_relinquish(guest), 0);
	ck_assert_uint_eq(guest->page_list, FRAME_END);
	ck_assert_uint_eq(guest->pages, 1); /* somebody still names it */
}
END_TEST

static long exchange_two(u64 first, u64 second)
{
	u64 in[2] = { first, second }, out[1] = { 77 };
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 2, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF }
	};

	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	return hc_memory_op_exchange(guest, &x, GADDR((u64)&x), 0);
}

START_TEST(a_refused_exchange_leaves_all_as_it_was)
{
	u64 free = frame_free_count(), pages = guest->pages;
	mfn_t m = own[DATA];

	m2p_set(m, PFN(4711));
	guest->max_pages = 1; /* a limit that was lowered takes nothing away */
	ck_assert_int_eq(exchange_two(m.v, theirs[0].v), -EINVAL);
	ck_assert_uint_eq(machine.m2p[m.v], 4711);
	ck_assert_uint_eq(guest->pages, pages);
	ck_assert_uint_eq(frame_free_count(), free);
	ck_assert(mfn_to_frame(m)->refs & FRAME_ALLOCATED);
	mmu_check("refused");
	ck_assert_int_eq(exchange_two(m.v, own[DATA + 1].v), 0);
	ck_assert_uint_eq(guest->pages, pages);
	ck_assert_uint_eq(frame_free_count(), free);
	ck_assert_uint_eq(machine.m2p[m.v], PFN_NONE.v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mmu");
	TCase *t = tcase_create("calls");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, mmu_guest_setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, tree_is_validated_and_dropped);
	tcase_add_test(t, writable_maps_of_tables_are_refused);
	tcase_add_test(t, bits_that_are_always_refused);
	tcase_add_test(t, harmless_bits_are_the_guests);
	tcase_add_test(t, preserve_ad_keeps_what_the_cpu_set);
	tcase_add_test(t, absent_entry_into_ram_ends_the_domain_with_l1tf);
	tcase_add_test(t, requests_for_what_is_not_ones_own);
	tcase_add_test(t, foreign_frames_for_a_control_domain);
	tcase_add_test(t, devices_are_for_the_hardware_domain);
	tcase_add_test(t, cacheability_is_one_a_frame);
	tcase_add_test(t, batch_counts_what_it_did);
	tcase_add_test(t, translations_go_before_a_new_use);
	tcase_add_test(t, table_goes_in_the_middle_of_a_batch);
	tcase_add_test(t, long_validation_is_preempted_and_finishes);
	tcase_add_test(t, abandoned_validation_is_ended_with_the_domain);
	tcase_add_test(t, pinned_frames_do_not_leave);
	tcase_add_test(t, released_frames_become_no_tables);
	tcase_add_test(t, empty_entries_take_their_part_of_the_budget);
	tcase_add_test(t, a_saturated_count_does_not_stop_teardown);
	tcase_add_test(t, a_refused_exchange_leaves_all_as_it_was);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
