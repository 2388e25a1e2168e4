/* SPDX-License-Identifier: MIT */
/*
 * The MMU calls against a hostile guest: one domain that does anything to its tables, one control domain
 * that does foreign operations on it, and the invariants checked after every step (mmu_check.h).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <pv/hypercall.h>
#include <pv/mmu.h>
#include <pv/validate.h>

#include "fake_machine.h"
#include "mmu_check.h"

long hc_mmu_update(gaddr_t requests, u64 count, gaddr_t done_out, u64 domains);
long hc_mmuext_op(gaddr_t ops, u64 count, gaddr_t done_out, u64 domid);
long hc_update_va_mapping(u64 va, u64 val, u64 flags);
long hc_memory_op_decrease_reservation(gaddr_t arg, u64 start);
long hc_memory_op_populate_physmap(gaddr_t arg, u64 start);
long hc_memory_op_exchange(gaddr_t arg, u64 extra);
int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn);

#define RAM 512 /* frames of the machine */
#define OWN 48	/* of the guest */

static struct domain *guest, *control;
static struct vcpu *vcpu;
static mfn_t own[OWN], theirs[4];

int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn)
{
	(void)d;
	(void)n;
	(void)mfn;
	return -ENOSYS;
}

int segment_validate_page(struct domain *d, struct frame *f)
{
	(void)d;
	(void)f;
	return 0;
}

int segment_set_ldt(struct vcpu *v, u64 base, u32 entries)
{
	(void)v;
	(void)base;
	(void)entries;
	return 0;
}

void segment_drop_gdt(struct vcpu *v)
{
	(void)v;
}

void segment_drop_ldt(struct vcpu *v)
{
	(void)v;
}

static void setup(void)
{
	machine_start(RAM);
	guest = machine_domain(1, OWN + 16);
	control = machine_domain(2, 64);
	control->control = true;
	vcpu = guest->vcpus[0];
	for (unsigned int i = 0; i < OWN; i++)
		own[i] = domain_frame_alloc(guest, 0, FRAME_BELOW_ANY);
	for (unsigned int i = 0; i < ARRAY_SIZE(theirs); i++)
		theirs[i] = domain_frame_alloc(control, 0, FRAME_BELOW_ANY);
	machine_run(vcpu);
}

static u64 *table(unsigned int i)
{
	return mfn_va(own[i]);
}

static u64 entry(unsigned int i, u64 flags)
{
	return mfn_to_paddr(own[i]) | flags;
}

static u64 entry_address(unsigned int i, unsigned int index)
{
	return mfn_to_paddr(own[i]) + index * sizeof(u64);
}

/* A call as the guest's CPU makes it: again and again until it is through. */
static long mmu_update(const struct mmu_update *r, u32 count, u32 *done, u32 domains)
{
	long rc = hc_mmu_update(GADDR((u64)r), count, GADDR((u64)done), domains);

	while (rc == -ERESTART)
		rc = hc_mmu_update(GADDR(machine.restart[0]), machine.restart[1], GADDR(machine.restart[2]),
				   machine.restart[3]);
	return rc;
}

static long update_one(u64 ptr, u64 val)
{
	struct mmu_update r = { .ptr = ptr, .val = val };
	u32 done = 0;
	long rc = mmu_update(&r, 1, &done, DOMID_SELF);

	ck_assert_uint_eq(done, rc == 0);
	return rc;
}

static long mmuext_for(unsigned int cmd, mfn_t mfn, u32 domid)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn.v };
	long rc = hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), domid);

	while (rc == -ERESTART)
		rc = hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1], GADDR(machine.restart[2]),
				  machine.restart[3]);
	return rc;
}

static long mmuext(unsigned int cmd, mfn_t mfn)
{
	return mmuext_for(cmd, mfn, DOMID_SELF);
}

#define L4 0
#define L3 1
#define L2 2
#define L1 3
#define DATA 4
#define KERNEL_RO (PTE_P | PTE_A)
#define KERNEL_RW (PTE_P | PTE_RW | PTE_A)
#define VA(l4, l3, l2, l1) ((u64)(l4) << 39 | (u64)(l3) << 30 | (u64)(l2) << 21 | (u64)(l1) << 12)

/* A tree in frames 0..3 that maps DATA writable at VA 0 and its four tables read-only behind that. */
static void build_tree(void)
{
	table(L4)[0] = entry(L3, KERNEL_RW);
	table(L3)[0] = entry(L2, KERNEL_RW);
	table(L2)[0] = entry(L1, KERNEL_RW);
	table(L1)[0] = entry(DATA, KERNEL_RW);
	for (unsigned int i = L4; i <= L1; i++)
		table(L1)[1 + i] = entry(i, KERNEL_RO);
}

static void load_tree(void)
{
	build_tree();
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, own[L4]), 0);
	mmu_check("tree loaded");
}

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
		ck_assert_int_eq(hc_update_va_mapping(VA(0, 0, 0, 1 + i), entry(i, KERNEL_RW), 0), -EINVAL);
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
	ck_assert_int_eq(update_one(entry_address(L1, 0), entry(DATA, KERNEL_RW | soft | PTE_G)), 0);
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
	ck_assert_int_eq(update_one(entry_address(L1, 0) | MMU_PT_UPDATE_PRESERVE_AD, entry(DATA, PTE_P)), 0);
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

/* XSA-401: what a CPU may still write becomes no table, what it may still walk is not written, and what
 * it may still reach goes to nobody else; but nothing is flushed twice. */
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

static bool always(void)
{
	return true;
}

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
		rc = hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1], GADDR(0), machine.restart[3]);
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
	machine.preempt_fn = NULL;
	machine.preempt = always();
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
	load_tree();
	ck_assert_int_eq(update_one(entry_address(L1, 60), entry(7, KERNEL_RO)), 0);
	ck_assert_int_eq(arch_frame_release(guest, own[7]), 0);
	mmu_check("mapped but released");
	ck_assert_int_eq(mmuext(MMUEXT_PIN_L1_TABLE, own[7]), -EINVAL);
	ck_assert_int_eq(update_one(entry_address(L2, 60), entry(7, KERNEL_RW)), -EINVAL);
	mmu_check("refused");
	ck_assert_int_eq(update_one(entry_address(L1, 60), 0), 0);
	ck_assert(mfn_to_frame(own[7])->refs & FRAME_FREE);
	mmu_check("end");
}
END_TEST

/* Stores to tables ----------------------------------------------------------------------------------- */

static struct cpu_regs regs;

/* Runs one instruction whose memory operand is (%rdi). */
static int store(const char *bytes, unsigned int n, u64 addr)
{
	static unsigned char code[32];
	int rc;

	memcpy(code, bytes, n);
	regs.rip = (u64)code;
	regs.rdi = addr;
	rc = ptstore_fault(&regs, addr);
	if (rc == 1)
		ck_assert_uint_eq(regs.rip, (u64)code + n);
	return rc;
}

#define STORE(bytes, addr) store(bytes, sizeof(bytes) - 1, addr)
/* Where build_tree maps its L1, and entry n of it there. */
#define L1_VA(n) (VA(0, 0, 0, 1 + L1) + (n)*8)

START_TEST(stores_to_tables)
{
	load_tree();
	regs = (struct cpu_regs){ .rax = 0 };
	/* mov %rax, (%rdi) */
	regs.rax = entry(10, KERNEL_RW);
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, KERNEL_RW | PTE_U));
	mmu_check("mov");
	/* lock andb $0xfd, (%rdi): clears RW. */
	ck_assert_int_eq(STORE("\xf0\x80\x27\xfd", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, KERNEL_RO | PTE_U));
	mmu_check("and");
	/* lock btr $5, (%rdi): A was set. */
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xba\x37\x05", L1_VA(40)), 1);
	ck_assert(regs.rflags & RFLAGS_CF);
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xba\x37\x05", L1_VA(40)), 1);
	ck_assert(!(regs.rflags & RFLAGS_CF));
	/* lock btr %rsi, (%rdi) reaches beyond the operand: bit 64 * 3 + 2. */
	table(L1)[43] |= 0;
	regs.rsi = 64 * 3 + 2;
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb3\x37", L1_VA(40)), 0);
	regs.rsi = 2;
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb3\x37", L1_VA(40)), 1);
	ck_assert_uint_eq(table(L1)[40], entry(10, PTE_P | PTE_U)); /* U is forced again */
	/* xchg %rax, (%rdi) */
	regs.rax = 0;
	ck_assert_int_eq(STORE("\x48\x87\x07", L1_VA(40)), 1);
	ck_assert_uint_eq(regs.rax, entry(10, PTE_P | PTE_U));
	ck_assert_uint_eq(table(L1)[40], 0);
	mmu_check("xchg");
	/* lock cmpxchg %rsi, (%rdi): hit, then miss. */
	regs.rax = 0;
	regs.rsi = entry(11, KERNEL_RW);
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb1\x37", L1_VA(40)), 1);
	ck_assert(regs.rflags & 0x40);
	ck_assert_uint_eq(table(L1)[40], entry(11, KERNEL_RW | PTE_U));
	ck_assert_int_eq(STORE("\xf0\x48\x0f\xb1\x37", L1_VA(40)), 1);
	ck_assert(!(regs.rflags & 0x40));
	ck_assert_uint_eq(regs.rax, entry(11, KERNEL_RW | PTE_U));
	mmu_check("cmpxchg");
	/* movl $imm, 4(%rdi): half an entry. */
	ck_assert_int_eq(store("\xc7\x07\x00\x00\x00\x80", 6, L1_VA(40) + 4), 1);
	ck_assert_uint_eq(table(L1)[40] >> 32, 0x80000000);
	mmu_check("half");
}
END_TEST

START_TEST(stores_that_are_refused_or_not_ours)
{
	load_tree();
	regs = (struct cpu_regs){ .rax = entry(L2, KERNEL_RW) };
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(40)), -EINVAL);
	ck_assert_uint_eq(table(L1)[40], 0);
	ck_assert_int_eq(STORE("\x48\x89\x07", L1_VA(0) + 3), 0);   /* across two entries */
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 0)), 0); /* a writable page */
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 5, 0)), 0); /* not mapped */
	ck_assert_int_eq(STORE("\x48\x89\x07", HV_VIRT_START), 0);
	ck_assert_int_eq(STORE("\x48\x89\xc7", L1_VA(40)), 0); /* no memory operand */
	ck_assert_int_eq(STORE("\x90", L1_VA(40)), 0);
	ck_assert_int_eq(STORE("\x48\x11\x07", L1_VA(40)), 0); /* adc */
	mmu_check("end");
	/* Through the read-only maps of the upper levels too. */
	regs.rax = 0;
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 1 + L2) + 8), 1);
	regs.rax = entry(12, KERNEL_RW);
	ck_assert_int_eq(STORE("\x48\x89\x07", VA(0, 0, 0, 1 + L2) + 8), 1);
	ck_assert(frame_is_valid(mfn_to_frame(own[12]), FT_L1));
	mmu_check("upper");
}
END_TEST

/* The flags of every operation that sets some, against the CPU's own. */
START_TEST(store_flags_are_the_cpus)
{
	static const u64 values[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0x7fffffffffffffff,
				      0x8000000000000000, ~0UL, 0x0f, 0x10 };
	const u64 mask = 0x8d5, af = 0x10;

	load_tree();
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(values); j++) {
			u64 a = values[i] & ~PTE_P, b = values[j] & ~PTE_P, want, r;

#define TRY(bytes, insn, defined)                                                                        \
	r = a;                                                                                             \
	__asm__ volatile(insn " %2, %0; pushfq; popq %1" : "+r"(r), "=r"(want) : "r"(b) : "cc");            \
	if (!(r & PTE_P)) {                                                                                \
		table(L1)[40] = a;                                                                         \
		regs = (struct cpu_regs){ .rax = b };                                                      \
		ck_assert_int_eq(STORE(bytes, L1_VA(40)), 1);                                              \
		ck_assert_uint_eq(table(L1)[40], r);                                                       \
		ck_assert_uint_eq(regs.rflags & (defined), want & (defined));                              \
	}
			TRY("\x48\x01\x07", "add", mask)
			TRY("\x48\x29\x07", "sub", mask)
			TRY("\x48\x21\x07", "and", mask & ~af)
			TRY("\x48\x09\x07", "or", mask & ~af)
			TRY("\x48\x31\x07", "xor", mask & ~af)
#undef TRY
		}
	}
	table(L1)[40] = 0;
}
END_TEST

/* Grants --------------------------------------------------------------------------------------------- */

static int grant_map(u64 where, u32 flags, mfn_t mfn)
{
	int rc;

	if (flags & GNTMAP_readonly)
		ck_assert_int_eq(frame_get(mfn, control), 0);
	else
		ck_assert_int_eq(frame_get_type(control, mfn, FT_WRITABLE), 0);
	rc = arch_grant_map(guest, where, flags, mfn);
	if (rc)
		ck_assert_int_eq(flags & GNTMAP_readonly ? (frame_put(mfn_to_frame(mfn)), 0) :
							   frame_put_type(control, mfn_to_frame(mfn)),
				 0);
	return rc;
}

static int grant_unmap(u64 where, u32 flags, mfn_t mfn, u64 new_addr)
{
	int rc = arch_grant_unmap(guest, where, flags, mfn, new_addr);

	if (rc)
		return rc;
	if (flags & GNTMAP_readonly)
		frame_put(mfn_to_frame(mfn));
	else
		ck_assert_int_eq(frame_put_type(control, mfn_to_frame(mfn)), 0);
	return 0;
}

/* XSA-224, 227, 234. */
START_TEST(grant_entries)
{
	u32 rw = GNTMAP_host_map, ro = GNTMAP_host_map | GNTMAP_readonly, pte = rw | GNTMAP_contains_pte;
	u64 va = VA(0, 0, 0, 70);

	load_tree();
	ck_assert_int_eq(grant_map(va, rw | 1U << 16, theirs[1]), 0);
	ck_assert_uint_eq(table(L1)[70], mfn_to_paddr(theirs[1]) | PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D | 0x200);
	mmu_check("by va");
	ck_assert_int_ne(grant_unmap(va, ro, theirs[1], 0), 0);
	ck_assert_int_ne(grant_unmap(va, rw, theirs[2], 0), 0);
	ck_assert_int_ne(grant_unmap(va + PAGE_SIZE, rw, theirs[1], 0), 0);
	mmu_check("wrong unmaps");
	ck_assert_int_eq(grant_unmap(va, rw, theirs[1], 0), 0);
	ck_assert_uint_eq(table(L1)[70], 0);
	mmu_check("unmapped");
	ck_assert_int_eq(grant_map(entry_address(L1, 71), pte, theirs[1]), 0);
	mmu_check("by entry");
	ck_assert_int_ne(grant_map(entry_address(L1, 71) + 4, pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(entry_address(L2, 71), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(entry_address(DATA, 71), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(mfn_to_paddr(theirs[0]), pte, theirs[1]), 0);
	ck_assert_int_ne(grant_map(VA(5, 0, 0, 0), rw, theirs[1]), 0);
	ck_assert_int_ne(grant_map(HV_VIRT_START, rw, theirs[1]), 0);
	mmu_check("refused");
	/* Overwritten by other means: the references went with the entry, and no unmap finds it. */
	ck_assert_int_eq(update_one(entry_address(L1, 71), 0), 0);
	mmu_check("overwritten");
	ck_assert_int_ne(grant_unmap(entry_address(L1, 71), pte, theirs[1], 0), 0);
	mmu_check("end");
}
END_TEST

START_TEST(grant_unmap_and_replace)
{
	u32 rw = GNTMAP_host_map;

	load_tree();
	ck_assert_int_eq(grant_map(VA(0, 0, 0, 70), rw, theirs[1]), 0);
	ck_assert_int_eq(grant_unmap(VA(0, 0, 0, 70), rw, theirs[1], VA(0, 0, 0, 1 + L1)), 0);
	ck_assert_uint_eq(table(L1)[70], entry(L1, KERNEL_RO | PTE_U));
	ck_assert_uint_eq(table(L1)[1 + L1], 0);
	mmu_check("moved");
	ck_assert_int_eq(grant_map(VA(0, 0, 0, 71), rw, theirs[1]), 0);
	ck_assert_int_ne(grant_unmap(VA(0, 0, 0, 71), rw, theirs[1], VA(0, 0, 0, 71)), 0);
	ck_assert_int_ne(grant_unmap(VA(0, 0, 0, 71), rw, theirs[1], VA(7, 0, 0, 0)), 0);
	mmu_check("end");
}
END_TEST

/* Random -------------------------------------------------------------------------------------------- */

static const unsigned int indexes[] = { 0, 1, 2, 3, 255, 256, 257, 271, 272, 511 };

static unsigned int random_index(void)
{
	return machine_random(4) ? machine_random(3) : indexes[machine_random(ARRAY_SIZE(indexes))];
}

/* Frames have a leaning, or valid trees would hardly ever arise: 0-3 L4, 4-9 L3, 10-17 L2, 18-29 L1. */
static const unsigned int first_of[] = { 30, 18, 10, 4, 0, 0 };
static const unsigned int count_of[] = { OWN - 30, 12, 8, 6, 4, OWN };

static unsigned int random_frame(unsigned int leaning)
{
	if (!machine_random(8))
		leaning = 5;
	return first_of[leaning] + machine_random(count_of[leaning]);
}

static unsigned int leaning_of(unsigned int i)
{
	unsigned int l = 0;

	while (l < 4 && (i < first_of[l] || i >= first_of[l] + count_of[l]))
		l++;
	return l;
}

static mfn_t random_target(unsigned int leaning)
{
	switch (machine_random(40)) {
	case 0:
		return theirs[machine_random(ARRAY_SIZE(theirs))];
	case 1:
		return MFN(machine_random(RAM + 8));
	default:
		return own[random_frame(leaning)];
	}
}

static u64 random_entry(unsigned int i)
{
	static const u64 rare[] = { PTE_PSE, PTE_G, PTE_U, PTE_PCD, PTE_PWT, PTE_D, PTE_AVL, PTE_NX, 1UL << 51, PTE_P };
	unsigned int l = leaning_of(i);
	u64 e = PTE_P | PTE_A;

	if (!machine_random(5))
		return machine_random(4) ? 0 : (u64)machine_random(~0U) << 1;
	if (l > 1 || machine_random(2))
		e |= PTE_RW;
	if (!machine_random(6))
		e ^= rare[machine_random(ARRAY_SIZE(rare))];
	if (!machine_random(12))
		e &= ~PTE_RW;
	return e | mfn_to_paddr(random_target(l ? l - 1 : machine_random(4) ? 0 : machine_random(5)));
}

static unsigned int coin(void)
{
	return !machine_random(3);
}

/* Follows restarts, but now and then walks away from one, as a guest may. */
static long follow(long rc, long (*again)(void))
{
	while (rc == -ERESTART) {
		mmu_check("between");
		if (!machine_random(6))
			return 0;
		rc = again();
	}
	return rc;
}

static long update_again(void)
{
	return hc_mmu_update(GADDR(machine.restart[0]), machine.restart[1], GADDR(machine.restart[2]), machine.restart[3]);
}

static long mmuext_again(void)
{
	return hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1], GADDR(machine.restart[2]), machine.restart[3]);
}

static void step_write_plain(void)
{
	for (unsigned int n = 1 + machine_random(6); n; n--) {
		unsigned int i = random_frame(5);
		struct frame *f = mfn_to_frame(own[i]);
		bool may = FRAME_OWNER(f->refs) == guest->id && !(f->refs & FRAME_FREE) &&
			   (frame_type(f) == FT_NONE || frame_type(f) == FT_WRITABLE);

		if (may)
			table(i)[random_index()] = random_entry(i);
	}
}

static void step_update(void)
{
	struct mmu_update r[20];
	u32 count = 1 + machine_random(ARRAY_SIZE(r)), done = 0;
	unsigned int i = random_frame(1 + machine_random(4));

	for (u32 k = 0; k < count; k++) {
		if (!machine_random(4))
			i = random_frame(1 + machine_random(4));
		r[k].ptr = entry_address(i, random_index()) | (machine_random(6) ? 0 : machine_random(8));
		r[k].val = random_entry(i);
	}
	follow(hc_mmu_update(GADDR((u64)r), count, GADDR((u64)&done), DOMID_SELF), update_again);
}

static void step_mmuext(void)
{
	static const unsigned int cmds[] = {
		MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,     MMUEXT_PIN_L3_TABLE,  MMUEXT_PIN_L4_TABLE,
		MMUEXT_UNPIN_TABLE,  MMUEXT_UNPIN_TABLE,      MMUEXT_UNPIN_TABLE,   MMUEXT_NEW_BASEPTR,
		MMUEXT_NEW_BASEPTR,  MMUEXT_NEW_USER_BASEPTR, MMUEXT_TLB_FLUSH_ALL, MMUEXT_CLEAR_PAGE,
	};
	struct mmuext_op op[3];

	for (unsigned int k = 0; k < ARRAY_SIZE(op); k++) {
		unsigned int cmd = cmds[machine_random(ARRAY_SIZE(cmds))];
		unsigned int l = cmd <= MMUEXT_PIN_L4_TABLE ? cmd + 1 : 4;

		op[k] = (struct mmuext_op){ .cmd = cmd, .arg1.mfn = own[random_frame(machine_random(6) ? l : 5)].v };
		if (cmd == MMUEXT_UNPIN_TABLE)
			op[k].arg1.mfn = own[machine_random(30)].v;
	}
	follow(hc_mmuext_op(GADDR((u64)op), 1 + machine_random(3), GADDR(0), DOMID_SELF), mmuext_again);
}

static u64 random_va(void)
{
	u64 va = VA(random_index(), random_index(), random_index(), random_index());

	return va & 1UL << 47 ? va | 0xffff000000000000UL : va;
}

static void step_update_va(void)
{
	(void)hc_update_va_mapping(random_va(), random_entry(18), machine_random(3));
}

static void step_store(void)
{
	static const char insns[][32] = { "\x48\x89\x07", "\x48\x87\x07", "\xf0\x80\x27\xfd", "\xf0\x48\x0f\xb1\x37" };
	unsigned int k = machine_random(ARRAY_SIZE(insns));
	u64 va = random_va() + 8 * random_index();

	regs = (struct cpu_regs){ .rax = random_entry(18), .rsi = random_entry(18), .rdi = va };
	regs.rip = (u64)insns[k];
	(void)ptstore_fault(&regs, va);
}

static void step_control(void)
{
	struct mmuext_op op = { .cmd = machine_random(5), .arg1.mfn = own[random_frame(5)].v };
	struct mmu_update r = { mfn_to_paddr(theirs[0]) + 8 * random_index(), 0 };
	u32 done;

	machine_run(control->vcpus[0]);
	if (machine_random(3))
		r.val = mfn_to_paddr(own[random_frame(5)]) | PTE_P | (coin() ? PTE_RW : 0);
	if (coin())
		follow(hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), guest->id), mmuext_again);
	else
		follow(hc_mmu_update(GADDR((u64)&r), 1, GADDR((u64)&done), guest->id), update_again);
	machine_run(vcpu);
}

/* A frame leaves, and as soon as it is free another comes in its place. */
static void step_memory(void)
{
	unsigned int i = random_frame(5);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 list[1] = { own[i].v };

	r.extent_start.p = list;
	if (hc_memory_op_decrease_reservation(GADDR((u64)&r), 0) != 1)
		return;
	mmu_check("decrease");
	list[0] = 100 + i;
	if (hc_memory_op_populate_physmap(GADDR((u64)&r), 0) == 1)
		own[i] = MFN(list[0]);
}

static void step_exchange(void)
{
	u64 in[4], out[1] = { 77 };
	struct xen_memory_exchange x = { .in = { .nr_extents = 4, .domid = DOMID_SELF },
					 .out = { .nr_extents = 1, .extent_order = 2, .domid = DOMID_SELF } };
	unsigned int at = machine_random(OWN - 4);

	for (unsigned int i = 0; i < 4; i++)
		in[i] = own[at + i].v;
	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	if (hc_memory_op_exchange(GADDR((u64)&x), 0))
		return;
	ck_assert_uint_eq(x.nr_exchanged, 4);
	for (unsigned int i = 0; i < 4; i++) {
		own[at + i] = MFN(out[0] + i);
		ck_assert_uint_eq(machine.m2p[out[0] + i], 77 + i);
	}
}

static void step_grant(void)
{
	static struct {
		u64 where;
		u32 flags;
		mfn_t mfn;
	} maps[8];
	unsigned int k = machine_random(ARRAY_SIZE(maps));

	if (!maps[k].flags) {
		maps[k].mfn = theirs[1 + machine_random(3)];
		maps[k].flags = GNTMAP_host_map | (coin() ? GNTMAP_readonly : 0);
		maps[k].where = random_va();
		if (coin()) {
			maps[k].flags |= GNTMAP_contains_pte;
			maps[k].where = entry_address(random_frame(1), random_index());
		}
		if (grant_map(maps[k].where, maps[k].flags, maps[k].mfn))
			maps[k].flags = 0;
	} else {
		(void)grant_unmap(maps[k].where, maps[k].flags, maps[k].mfn, coin() ? random_va() : 0);
		maps[k].flags = 0; /* or the entry is no longer the grant's */
	}
}

static void step_touch(void)
{
	for (unsigned int i = 0; i < 8; i++)
		mmu_touch(vcpu, random_va());
}

static const struct {
	void (*fn)(void);
	const char *name;
} steps[] = {
	{ step_write_plain, "write" }, { step_write_plain, "write" }, { step_update, "mmu_update" },
	{ step_update, "mmu_update" }, { step_mmuext, "mmuext" },     { step_mmuext, "mmuext" },
	{ step_update_va, "va" },      { step_store, "store" },	      { step_control, "control" },
	{ step_memory, "memory" },     { step_exchange, "exchange" }, { step_grant, "grant" },
	{ step_touch, "touch" },       { step_touch, "touch" },
};

static void end_domain(struct domain *d)
{
	d->state = DOMAIN_DYING;
	machine.preempt_fn = coin;
	while (arch_domain_relinquish(d) == -ERESTART)
		mmu_check("relinquish");
	mmu_check("relinquished");
}

START_TEST(random_guest)
{
	u64 before = frame_free_count() + OWN + ARRAY_SIZE(theirs);

	machine_seed(_i);
	for (unsigned int i = 0; i < 2500; i++) {
		unsigned int s = machine_random(ARRAY_SIZE(steps));

		machine.preempt_fn = coin;
		if (machine_random(3) == 0)
			guest->hardware = !guest->hardware;
		steps[s].fn();
		mmu_check(steps[s].name);
	}
	machine_run(control->vcpus[0]);
	if (coin()) { /* in either order */
		end_domain(guest);
		end_domain(control);
	} else {
		end_domain(control);
		end_domain(guest);
	}
	ck_assert_uint_eq(guest->pages, 0);
	ck_assert_uint_eq(control->pages, 0);
	ck_assert_int_eq(guest->refs, 1);
	ck_assert_uint_eq(guest->arch.mmio_mappings, 0);
	ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mmu");
	TCase *t = tcase_create("calls"), *random = tcase_create("random");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_checked_fixture(random, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_set_timeout(random, 120);
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
	tcase_add_test(t, stores_to_tables);
	tcase_add_test(t, stores_that_are_refused_or_not_ours);
	tcase_add_test(t, store_flags_are_the_cpus);
	tcase_add_test(t, grant_entries);
	tcase_add_test(t, grant_unmap_and_replace);
	tcase_add_loop_test(random, random_guest, 0, 12);
	suite_add_tcase(s, t);
	suite_add_tcase(s, random);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
