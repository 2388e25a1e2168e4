/* SPDX-License-Identifier: MIT */
/*
 * Time from the structures that the hypervisor keeps current.
 *
 * Each has a version that is odd while it is being written: read until the version was even and the
 * same before and after.
 */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/time.h>

static uint64_t ticks_to_ns(uint64_t ticks, uint32_t multiplier, int8_t shift)
{
	if (shift >= 0)
		ticks <<= shift;
	else
		ticks >>= -shift;
	return (uint64_t)((unsigned __int128)ticks * multiplier >> 32);
}

uint64_t pv_time_now(const struct vcpu_time_info *info)
{
	uint32_t version;
	uint64_t ns;

	do {
		version = PV_READ_ONCE(info->version);
		pv_rmb();
		ns = PV_READ_ONCE(info->system_time) +
		     ticks_to_ns(pv_rdtsc() - PV_READ_ONCE(info->tsc_timestamp),
				 PV_READ_ONCE(info->tsc_to_system_mul),
				 PV_READ_ONCE(info->tsc_shift));
		pv_rmb();
	} while ((version & 1) || version != PV_READ_ONCE(info->version));
	return ns;
}

uint64_t pv_time_wall_base(const struct shared_info *shared)
{
	uint32_t version;
	uint64_t ns;

	do {
		uint64_t seconds;

		version = PV_READ_ONCE(shared->wc_version);
		pv_rmb();
		seconds = (uint64_t)PV_READ_ONCE(shared->wc_sec_hi) << 32 |
			  PV_READ_ONCE(shared->wc_sec);
		ns = seconds * PV_SECOND + PV_READ_ONCE(shared->wc_nsec);
		pv_rmb();
	} while ((version & 1) || version != PV_READ_ONCE(shared->wc_version));
	return ns;
}

int pv_timer_set(uint64_t deadline)
{
	return (int)hypercall_set_timer_op((int64_t)deadline);
}

/* Days of the Gregorian calendar, counted in years that begin in March, so that leap days come
 * last. */
struct pv_date pv_date_from_ns(uint64_t ns)
{
	uint64_t seconds = ns / PV_SECOND, days = seconds / 86400 + 719468;
	uint64_t era = days / 146097, day = days % 146097;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t yday = day - (365 * year + year / 4 - year / 100);
	uint64_t march = (5 * yday + 2) / 153;
	struct pv_date date = {
		.month = (unsigned int)(march < 10 ? march + 3 : march - 9),
		.day = (unsigned int)(yday - (153 * march + 2) / 5 + 1),
		.hour = (unsigned int)(seconds / 3600 % 24),
		.minute = (unsigned int)(seconds / 60 % 60),
		.second = (unsigned int)(seconds % 60),
	};

	date.year = (unsigned int)(year + era * 400 + (date.month <= 2));
	return date;
}
