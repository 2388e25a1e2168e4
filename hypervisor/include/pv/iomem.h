/* SPDX-License-Identifier: MIT */
/* Which machine frames that are not RAM a domain may map. Room dom0 (iomem.c); pv asks it. */
#ifndef PV_IOMEM_H
#define PV_IOMEM_H

#include <pv/domain.h>

/* May d map this frame, which has no struct frame or is FRAME_IO? Only the hardware domain may map
 * any, less the deny list: local APIC, I/O APICs, the HPET if it is our clock; MSI-X tables and
 * MMCONFIG may be read but not written. A pure question, callable under any lock. */
bool iomem_allowed(const struct domain *d, mfn_t mfn, bool write);

#endif /* PV_IOMEM_H */
