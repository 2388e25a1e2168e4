/* SPDX-License-Identifier: MIT */
/*
 * TSC ticks to nanoseconds in pvclock's form (xen/interface/xen.h, struct vcpu_time_info):
 * ns = (ticks << shift) * mul >> 32, a negative shift to the right.
 *
 * Nothing here fails, and no lock is needed.
 */
#ifndef PV_TSC_SCALE_H
#define PV_TSC_SCALE_H

#include <core/types.h>

struct tsc_scale {
	u32 mul; /* at least 2^31, so that 31 bits count */
	int8_t shift;
};

/* hz: 1 to 2^62. The rate is first brought between 1 and 2 GHz, where mul fits. */
static inline struct tsc_scale tsc_scale_of(u64 hz)
{
	struct tsc_scale s = { 0, 0 };

	while (hz > 2 * NS_PER_S) {
		hz >>= 1;
		s.shift--;
	}
	while (hz <= NS_PER_S) {
		hz <<= 1;
		s.shift++;
	}
	s.mul = (u32)((NS_PER_S << 32) / hz);
	return s;
}

static inline u64 tsc_scale_ns(struct tsc_scale s, u64 ticks)
{
	ticks = s.shift < 0 ? ticks >> -s.shift : ticks << s.shift;
	return (u64)((unsigned __int128)ticks * s.mul >> 32);
}

#endif
