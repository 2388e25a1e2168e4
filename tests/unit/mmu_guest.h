/* SPDX-License-Identifier: MIT */
/* A guest and a control domain on the fake machine, and calls as their CPU makes them. */
#ifndef MMU_GUEST_H
#define MMU_GUEST_H

#include <core/hypercall.h>
#include <x86/pte.h>

#include "fake_machine.h"
#include "mmu_check.h"

#define RAM    512 /* frames of the machine */
#define OWN    48  /* of the guest */
#define THEIRS 4   /* of the control domain */

extern struct domain *guest, *control;
extern struct vcpu *vcpu; /* the guest's, current */
extern mfn_t own[OWN], theirs[THEIRS];

#define L4                 0
#define L3                 1
#define L2                 2
#define L1                 3
#define DATA               4
#define KERNEL_RO          (PTE_P | PTE_A)
#define KERNEL_RW          (PTE_P | PTE_RW | PTE_A)
#define VA(l4, l3, l2, l1) ((u64)(l4) << 39 | (u64)(l3) << 30 | (u64)(l2) << 21 | (u64)(l1) << 12)

void mmu_guest_setup(void);

/* Frame own[i]: as a table, as an entry for it, the machine address of one of its entries. */
u64 *table(unsigned int i);
u64 entry(unsigned int i, u64 flags);
u64 entry_address(unsigned int i, unsigned int index);
/* A tree in frames 0..3 that maps DATA writable at VA 0 and its four tables read-only behind that.
 */
void build_tree(void);
void load_tree(void);

/* Calls made again and again until they are through. */
long mmu_update(const struct mmu_update *r, u32 count, u32 *done, u32 domains);
long update_one(u64 ptr, u64 val);
long mmuext_for(unsigned int cmd, mfn_t mfn, u32 domid);
long mmuext(unsigned int cmd, mfn_t mfn);

/* What the grant table does: references of the control domain's frame, then the entry. */
int grant_map(u64 where, u32 flags, mfn_t mfn);
int grant_unmap(u64 where, u32 flags, mfn_t mfn, u64 new_addr);

#endif /* MMU_GUEST_H */
