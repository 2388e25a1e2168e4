/* SPDX-License-Identifier: MIT */
/* The clocks: what the rooms above need beside core/arch.h. */
#ifndef X86_TIME_H
#define X86_TIME_H

#include <core/types.h>

extern u64 tsc_khz;
/* Of all domains from now on: ns from the Unix epoch to system time 0. */
void time_set_wallclock(u64 epoch_ns_at_boot);

#endif /* X86_TIME_H */
