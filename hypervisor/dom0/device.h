/* SPDX-License-Identifier: MIT */
/* What the files of room dom0 that deal with devices tell each other. */
#ifndef PV_DOM0_DEVICE_H
#define PV_DOM0_DEVICE_H

#include <core/domain.h>

/* pciconf.c: a write of the hardware domain to configuration space. Of the MSI and MSI-X
 * capabilities only the enabling bits are its own, and of those not all; the rest of such a write
 * is dropped. */
void pciconf_write(u32 sbdf, u32 reg, unsigned int size, u32 value);

/* pirq.c; see there. */
struct pirq_query {
	bool level, bound;
};

/* Each -EINVAL: no such PIRQ, or a number beyond the table; -ENOMEM. */
int pirq_map_gsi(u32 gsi, int *pirq) MUST_CHECK;
int pirq_unmap(u32 pirq) MUST_CHECK;
int pirq_reserve(u32 *pirq) MUST_CHECK;
int pirq_status(u32 pirq, struct pirq_query *q) MUST_CHECK;
int pirq_eoi(u32 pirq) MUST_CHECK;
/* The page of bits that say which PIRQs want an EOI. -EBUSY: there is one already. */
int pirq_set_eoi_page(mfn_t mfn) MUST_CHECK;
/* Trigger and polarity of a GSI, also while it is bound. -EEXIST: the hypervisor's own. */
int pirq_setup_gsi(u32 gsi, bool level, bool active_low) MUST_CHECK;

/* pirq_msi.c: a message of a function that was added; table_base as PHYSDEVOP_map_pirq has it. */
int pirq_map_msi(u32 sbdf, u16 entry, u64 table_base, int *pirq) MUST_CHECK;
/* Writes the messages of a function again. -ENODEV. */
int pirq_restore_msi(u32 sbdf) MUST_CHECK;

#endif /* PV_DOM0_DEVICE_H */
