/* SPDX-License-Identifier: MIT */
/*
 * A domain: who owns frames, event channels, grants and vCPUs.
 *
 * Life: being made (nobody finds it) -> alive (paused at first) -> dying (teardown stages, RESTART
 * between) -> dead (waits for the last reference) -> gone. Its parts live as long as its struct:
 * teardown ends their use, so whoever holds a reference finds nothing missing inside. Privilege is
 * two flags. A domain is found by id under LOCK_DOMAIN_TABLE and used while a reference is held.
 */
#ifndef PV_DOMAIN_H
#define PV_DOMAIN_H

#include <pv_abi.h>
#include <pv_limits.h>

#include <core/arch_state.h>
#include <core/list.h>
#include <core/lock.h>
#include <core/nospec.h>
#include <core/timer.h>
#include <core/types.h>

struct evtchn_table;
struct grant_table;
struct vcpu;

#define MAX_VCPUS               PV_MAX_VCPUS
#define WATCHDOGS               2 /* SCHEDOP_watchdog */
#define DOMID_FIRST_RESERVED_HV DOMID_FIRST_RESERVED

struct watchdog {
	struct timer timer;
	struct domain *domain; /* to be shut down when it fires */
};

enum domain_state { DOMAIN_MAKING, DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain {
	domid_t id;
	u64 serial;    /* no other domain ever had or has it; 0: the idle one */
	bool control;  /* may use domctl, sysctl, foreign mappings */
	bool hardware; /* has the machine's devices: ports, MMIO, PIRQs */
	bool debugging;
	enum domain_state state;
	u32 refs;
	u32 pause_count;       /* by control domains (domctl); a new domain starts with 1 */
	struct list_head link; /* all domains, by id */
	xen_domain_handle_t handle;
	u32 create_flags, ssidref;

	struct spinlock lock;    /* LOCK_DOMAIN */
	struct spinlock mm_lock; /* LOCK_MM: held for every change of its page tables */

	struct vcpu **vcpus; /* max_vcpus slots */
	unsigned int max_vcpus;
	u64 weight;          /* of the scheduler, 256 is normal; per vCPU */
	u64 cap;             /* percent of a CPU, 0 none */
	u64 vcpu_time_ended; /* ns, of vCPUs that were freed */

	/* LOCK_PAGES */
	struct spinlock page_lock;
	u32 page_list; /* first frame of the reservation, FRAME_END when empty */
	u64 pages, max_pages, claimed, shared_hv_pages;

	struct shared_info *shared_info; /* a hypervisor page shown to the domain; then dead_page */
	struct evtchn_table *events;
	struct grant_table *grants;
	u32 max_grant_frames, max_maptrack_frames, max_evtchn_port;

	bool shut_down;        /* by itself (SCHEDOP_shutdown) or by crash */
	u32 shutdown_code;     /* SHUTDOWN_* */
	char crash_reason[96]; /* why the hypervisor crashed it, else empty */
	bool shutdown_code_set;
	u32 watchdogs_used; /* bit n: watchdogs[n] */
	struct watchdog watchdogs[WATCHDOGS];

	u32 pollers; /* vCPUs that poll (SCHEDOP_poll) */
	u8 shutdown_claimed;
	u8 teardown_busy;         /* somebody is in domain_destroy now */
	struct domain *reap_next; /* no reference is left: waits to be freed */
	u32 teardown_stage;
	u64 vm_assist; /* bits VMASST_TYPE_* */

	struct arch_domain arch;
};

extern struct domain *dom0; /* the hardware domain */

/* What a domain that was torn down has in place of each page that it shared with its guest: those
 * who still hold the domain may write there, and nobody reads it. */
extern char dead_page[];

/* A new domain, paused, without vCPUs. id DOMID_INVALID: the next free one. On success *out carries
 * one reference, which domain_destroy takes over. -EEXIST, -ENOMEM, -EINVAL. */
int domain_create(domid_t id, const struct xen_domctl_createdomain *config,
		  struct domain **out) MUST_CHECK;
/* Finds by id and takes a reference; NULL if there is none. DOMID_SELF is current's. */
struct domain *domain_get(domid_t id);
/* The next domain with an id of at least id, referenced; NULL at the end. */
struct domain *domain_get_next(domid_t id);
void domain_hold(struct domain *d);
void domain_put(struct domain *d);
/* Resolves a foreign id of a TARGET-class call: DOMID_SELF or the caller's own id for anyone,
 * another for control domains. Referenced. NULL sets *err to -ESRCH or -EPERM. */
struct domain *domain_get_target(domid_t id, int *err);

/* Frees the domains whose last reference went. At places where no lock is held: schedule, idle. */
void domain_reap(void);
/* By id, without a reference: for one who knows that it cannot go (it owns a frame, holds a
 * channel). */
struct domain *domain_by_id(domid_t id);

/* NULL: it has no such vCPU. */
static inline struct vcpu *domain_vcpu(const struct domain *d, u32 id)
{
	return id < d->max_vcpus ? d->vcpus[nospec_index(id, d->max_vcpus)] : NULL;
}

/* Makes the vCPUs that are not there yet. -EINVAL: not the number it was created for, or the domain
 * is not alive; -ENOMEM; -ERESTART. */
int domain_set_max_vcpus(struct domain *d, unsigned int n) MUST_CHECK;
void domain_pause(struct domain *d);         /* counts; does not wait: see vcpu_at_rest */
void domain_unpause(struct domain *d);       /* counts down; wakes the vCPUs at zero */
bool domain_at_rest(const struct domain *d); /* no vCPU is on a CPU */
/* Stops all vCPUs for good or until resumed; the first code wins; raises VIRQ_DOM_EXC. */
void domain_shutdown(struct domain *d, u32 code);
/* The hypervisor ends a guest: the reason stands in crash_reason and the log. Current's, if d is
 * it, does not run on after the way out. */
void domain_crash(struct domain *d, const char *fmt, ...) PRINTF(2, 3);
int domain_resume(struct domain *d);
/* Teardown, in the caller; -ERESTART until all stages are done. Then id and memory are free as soon
 * as the last reference goes. */
int domain_destroy(struct domain *d) MUST_CHECK;
/* Gives up a domain that domain_create could not complete. */
void domain_abandon(struct domain *d);
void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *info);
u64 domain_cpu_time(const struct domain *d);

#endif /* PV_DOMAIN_H */
