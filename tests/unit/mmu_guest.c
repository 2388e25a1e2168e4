/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <core/hypercall.h>
#include <pv/pagetable.h>
#include <pv/validate.h>

#include "mmu_guest.h"

/* Of rooms that these tests do without. */
int grant_shared_frame(struct domain *d, u32 n, mfn_t *mfn);

struct domain *guest, *control;
struct vcpu *vcpu;
mfn_t own[OWN], theirs[THEIRS];

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

void mmu_guest_setup(void)
{
	machine_start(RAM);
	guest = machine_domain(1, OWN + 16);
	control = machine_domain(2, 64);
	control->control = true;
	vcpu = guest->vcpus[0];
	for (unsigned int i = 0; i < OWN; i++)
		own[i] = domain_frame_alloc(guest, 0, FRAME_BELOW_ANY);
	for (unsigned int i = 0; i < THEIRS; i++)
		theirs[i] = domain_frame_alloc(control, 0, FRAME_BELOW_ANY);
	machine_run(vcpu);
}

u64 *table(unsigned int i)
{
	return mfn_va(own[i]);
}

u64 entry(unsigned int i, u64 flags)
{
	return mfn_to_paddr(own[i]) | flags;
}

u64 entry_address(unsigned int i, unsigned int index)
{
	return mfn_to_paddr(own[i]) + index * sizeof(u64);
}

/* A call as the guest's CPU makes it: again and again until it is through. */
long mmu_update(const struct mmu_update *r, u32 count, u32 *done, u32 domains)
{
	long rc = hc_mmu_update(GADDR((u64)r), count, GADDR((u64)done), domains);

	while (rc == -ERESTART)
		rc = hc_mmu_update(GADDR(machine.restart[0]), machine.restart[1],
				   GADDR(machine.restart[2]), machine.restart[3]);
	return rc;
}

long update_one(u64 ptr, u64 val)
{
	struct mmu_update r = { .ptr = ptr, .val = val };
	u32 done = 0;
	long rc = mmu_update(&r, 1, &done, DOMID_SELF);

	ck_assert_uint_eq(done, rc == 0);
	return rc;
}

long mmuext_for(unsigned int cmd, mfn_t mfn, u32 domid)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn.v };
	long rc = hc_mmuext_op(GADDR((u64)&op), 1, GADDR(0), domid);

	while (rc == -ERESTART)
		rc = hc_mmuext_op(GADDR(machine.restart[0]), machine.restart[1],
				  GADDR(machine.restart[2]), machine.restart[3]);
	return rc;
}

long mmuext(unsigned int cmd, mfn_t mfn)
{
	return mmuext_for(cmd, mfn, DOMID_SELF);
}

/* A tree in frames 0..3 that maps DATA writable at VA 0 and its four tables read-only behind that.
 */
void build_tree(void)
{
	table(L4)[0] = entry(L3, KERNEL_RW);
	table(L3)[0] = entry(L2, KERNEL_RW);
	table(L2)[0] = entry(L1, KERNEL_RW);
	table(L1)[0] = entry(DATA, KERNEL_RW);
	for (unsigned int i = L4; i <= L1; i++)
		table(L1)[1 + i] = entry(i, KERNEL_RO);
}

void load_tree(void)
{
	build_tree();
	ck_assert_int_eq(mmuext(MMUEXT_NEW_BASEPTR, own[L4]), 0);
	mmu_check("tree loaded");
}

int grant_map(u64 where, u32 flags, mfn_t mfn)
{
	int rc;

	if (flags & GNTMAP_readonly)
		ck_assert_int_eq(frame_get(mfn, control), 0);
	else
		ck_assert_int_eq(frame_get_type(control, mfn, FT_WRITABLE), 0);
	rc = arch_grant_map(guest, where, flags, mfn);
	if (rc)
		ck_assert_int_eq(flags & GNTMAP_readonly
					 ? (frame_put(mfn_to_frame(mfn)), 0)
					 : frame_put_type(control, mfn_to_frame(mfn)),
				 0);
	return rc;
}

int grant_unmap(u64 where, u32 flags, mfn_t mfn, u64 new_addr)
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
