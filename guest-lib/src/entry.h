/* SPDX-License-Identifier: MIT */
/* Labels of the entry code, for the C files that register them. */
#ifndef PV_ENTRY_H
#define PV_ENTRY_H

extern const char pv_trap_entries[];
extern const char pv_failsafe_entry[];
extern const char pv_syscall_entry[];
extern const char pv_syscall32_entry[];
extern const char pv_sysenter_entry[];
extern const char pv_event_entry[];

#endif
