/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of PCI functions: the functions that the hardware domain named, and
 * the messages that they send. Room x86 (msi.c, msi_function.c). LOCK_PIRQ of the hardware domain
 * is held by whoever changes something here.
 */
#ifndef PV_MSI_H
#define PV_MSI_H

#include <core/list.h>
#include <core/types.h>

/* Control words of the two capabilities, at offset 2 (PCI Local Bus specification 3.0, 6.8). */
#define PCI_CAP_MSI     0x05
#define PCI_CAP_MSIX    0x11
#define MSI_CONTROL     2U
#define MSI_ENABLE      0x0001U
#define MSI_64BIT       0x0080U
#define MSI_MASKABLE    0x0100U
#define MSIX_ENABLE     0x8000U
#define MSIX_MASK_ALL   0x4000U
#define MSIX_ENTRY_SIZE 16U

struct msi_function {
	struct list_head link;
	u32 sbdf;
	u16 msi, msix; /* offsets of the capabilities, 0: none */
	u16 msi_control;
	u16 entries;        /* of the MSI-X table */
	paddr_t table;      /* its address, 0: not known yet */
	volatile u32 *regs; /* mapped while messages are in it */
	u32 users;          /* sources that are set up: MSI one, MSI-X each entry */
};

struct msi_source {
	struct msi_function *fn;
	bool msix;
	bool masked;
	u16 entry;
	u8 vector;
};

/* Reads a function's capabilities; regs and users are 0. */
void msi_function_read(u32 sbdf, struct msi_function *fn);
/* The function, if it was added; NULL. */
struct msi_function *msi_function_find(u32 sbdf);
/* Adds, or reads again. -ENODEV: no such function; -ENOMEM. */
int msi_function_add(u32 sbdf);
/* -ENODEV; -EBUSY: sources are set up. */
int msi_function_remove(u32 sbdf);
/* Finds the MSI-X table anew; bar_hint is its BAR's address if that cannot be read (virtual
 * functions). -ENODEV: no MSI-X; -EINVAL: it would lie in RAM or beyond the CPU's addresses;
 * -EBUSY: in use. */
int msi_function_locate_table(struct msi_function *fn, paddr_t bar_hint);
/* Does [addr, addr + size) touch an MSI-X table that was located? */
bool msix_table_touched(paddr_t addr, u64 size);

/* Writes the message for s->vector, masked, as far as the function can mask. fn, msix and entry are
 * set. -ENODEV: it has no such capability; -EINVAL: no such entry; -EBUSY: MSI is in use already;
 * -ENOMEM. */
int msi_source_setup(struct msi_source *s);
void msi_source_teardown(struct msi_source *s);
/* Writes the message again, after the function was reset. */
void msi_source_restore(struct msi_source *s);
/* Where the function cannot mask, it is kept from sending messages at all. */
void msi_source_mask(struct msi_source *s);
void msi_source_unmask(struct msi_source *s);

#endif /* PV_MSI_H */
