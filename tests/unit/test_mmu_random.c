/* SPDX-License-Identifier: MIT */
/*
 * A hostile guest: one domain that does anything to its tables, one control domain that does
 * foreign operations on it, and the invariants checked after every step (mmu_check.h).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "mmu_guest.h"

static struct cpu_regs regs;

static const unsigned int indexes[] = { 0, 1, 2, 3, 255, 256, 257, 271, 272, 511 };

static unsigned int random_index(void)
{
	return machine_random(4) ? machine_random(3) : indexes[machine_random(ARRAY_SIZE(indexes))];
}

/* Frames have a leaning, or valid trees would hardly ever arise: 0-3 L4, 4-9 L3, 10-17 L2, 18-29
 * L1. */
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
	case 0: return theirs[machine_random(THEIRS)];
	case 1: return MFN(machine_random(RAM + 8));
	default: return own[random_frame(leaning)];
	}
}

static u64 random_entry(unsigned int i)
{
	static const u64 rare[] = { PTE_PSE, PTE_G,   PTE_U,  PTE_PCD,   PTE_PWT,
				    PTE_D,   PTE_AVL, PTE_NX, 1UL << 51, PTE_P };
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
	return e | mfn_to_paddr(random_target(l                   ? l - 1
					      : machine_random(4) ? 0
								  : machine_random(5)));
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
	return hc_mmu_update(GADDR(machine.restart[0]), machine.restart[1],
			     GADDR(machine.restart[2]), machine.restart[3]);
}

static long mmuext_again(void)
{
	return hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1],
			    GADDR(machine.restart[2]), machine.restart[3]);
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
		r[k].ptr = entry_address(i, random_index()) |
			   (machine_random(6) ? 0 : machine_random(8));
		r[k].val = random_entry(i);
	}
	follow(hc_mmu_update(GADDR((u64)r), count, GADDR((u64)&done), DOMID_SELF), update_again);
}

static void step_mmuext(void)
{
	static const unsigned int cmds[] = {
		MMUEXT_PIN_L1_TABLE,     MMUEXT_PIN_L2_TABLE,  MMUEXT_PIN_L3_TABLE,
		MMUEXT_PIN_L4_TABLE,     MMUEXT_UNPIN_TABLE,   MMUEXT_UNPIN_TABLE,
		MMUEXT_UNPIN_TABLE,      MMUEXT_NEW_BASEPTR,   MMUEXT_NEW_BASEPTR,
		MMUEXT_NEW_USER_BASEPTR, MMUEXT_TLB_FLUSH_ALL, MMUEXT_CLEAR_PAGE,
	};
	struct mmuext_op op[3];

	for (unsigned int k = 0; k < ARRAY_SIZE(op); k++) {
		unsigned int cmd = cmds[machine_random(ARRAY_SIZE(cmds))];
		unsigned int l = cmd <= MMUEXT_PIN_L4_TABLE ? cmd + 1 : 4;

		op[k] = (struct mmuext_op){
			.cmd = cmd, .arg1.mfn = own[random_frame(machine_random(6) ? l : 5)].v
		};
		if (cmd == MMUEXT_UNPIN_TABLE)
			op[k].arg1.mfn = own[machine_random(30)].v;
	}
	follow(hc_mmuext_op(GADDR((u64)op), 1 + machine_random(3), GADDR(0), DOMID_SELF),
	       mmuext_again);
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
	static const char insns[][32] = { "\x48\x89\x07", "\x48\x87\x07", "\xf0\x80\x27\xfd",
					  "\xf0\x48\x0f\xb1\x37" };
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
		follow(hc_mmu_update(GADDR((u64)&r), 1, GADDR((u64)&done), guest->id),
		       update_again);
	machine_run(vcpu);
}

/* A frame leaves, and as soon as it is free another comes in its place. */
static void step_memory(void)
{
	unsigned int i = random_frame(5);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 list[1] = { own[i].v };

	r.extent_start.p = list;
	if (hc_memory_op_decrease_reservation(guest, &r, GADDR((u64)&r), 0) != 1)
		return;
	mmu_check("decrease");
	list[0] = 100 + i;
	if (hc_memory_op_populate_physmap(guest, &r, GADDR((u64)&r), 0) == 1)
		own[i] = MFN(list[0]);
}

static void step_exchange(void)
{
	u64 in[4], out[1] = { 77 };
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 4, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = 2, .domid = DOMID_SELF }
	};
	unsigned int at = machine_random(OWN - 4);

	for (unsigned int i = 0; i < 4; i++)
		in[i] = own[at + i].v;
	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	if (hc_memory_op_exchange(guest, &x, GADDR((u64)&x), 0))
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
		(void)grant_unmap(maps[k].where, maps[k].flags, maps[k].mfn,
				  coin() ? random_va() : 0);
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
	{ step_update_va, "va" },      { step_store, "store" },       { step_control, "control" },
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
	u64 before = frame_free_count() + OWN + THEIRS;

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
	Suite *s = suite_create("mmu_random");
	TCase *t = tcase_create("guest");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, mmu_guest_setup, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, random_guest, 0, 12);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
