/* SPDX-License-Identifier: MIT */
/*
 * What the guest kind asks of the room that has the devices (dom0/ioport.c, mmcfg.c, iomem.c): this
 * header stands here, since its callers do.
 */
#ifndef PV_DEVICES_H
#define PV_DEVICES_H

#include <core/domain.h>
#include <core/regs.h>

/* One access of size 1, 2 or 4 by d, permission of the vCPU checked by the caller; what d may not
 * have reads as all ones (the PIT's counters as 0) and swallows writes. */
u32 ioport_read(struct domain *d, u16 port, unsigned int size);
void ioport_write(struct domain *d, u16 port, unsigned int size, u32 value);
/* A store of the hardware domain to a page of MMCONFIG or of an MSI-X table, which it has
 * read-only: done with checks, or swallowed; rip moved on. False: another page, or no plain
 * store. */
bool mmcfg_write_fault(struct cpu_regs *regs, u64 addr);
/* May d map this frame, which has no struct frame or is FRAME_IO? Only the hardware domain may map
 * any, less the deny list: local APIC, I/O APICs, the HPET if it is our clock; MSI-X tables and
 * MMCONFIG may be read but not written. A pure question, callable under any lock. */
bool iomem_allowed(const struct domain *d, mfn_t mfn, bool write);

#endif /* PV_DEVICES_H */
