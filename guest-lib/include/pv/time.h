/* SPDX-License-Identifier: MIT */
/*
 * Time. All times are nanoseconds. No state: the structures read are the hypervisor's.
 */
#ifndef PV_TIME_H
#define PV_TIME_H

#include <pv/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_SECOND      1000000000UL
#define PV_MILLISECOND 1000000UL

/* System time since the machine's boot, from the running vCPU's time information. [upcall] */
uint64_t pv_time_now(const struct vcpu_time_info *info);

/* Wall-clock time at system time 0, since the Unix epoch: add pv_time_now(). [upcall] */
uint64_t pv_time_wall_base(const struct shared_info *shared);

/*
 * The running vCPU's timer: VIRQ_TIMER at that system time, at once if it has passed. 0 stops it.
 * [upcall] Errors: those of set_timer_op.
 */
int pv_timer_set(uint64_t deadline) PV_MUST_CHECK;

struct pv_date {
	unsigned int year, month, day, hour, minute, second; /* month and day count from 1 */
};

/* A time since the Unix epoch as a date in UTC. [upcall] */
struct pv_date pv_date_from_ns(uint64_t ns);

#ifdef __cplusplus
}
#endif

#endif
