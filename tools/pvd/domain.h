/* SPDX-License-Identifier: MIT */
/*
 * domain.h - the table of domains: those that live and the last 32 that ended.
 *
 * A struct domain is a name with a configuration and a console; it stays the same across reboots,
 * while the hypervisor's domain behind it (id) changes. Domains that somebody else made, dom0
 * included, are in the table as foreign: they can be seen, paused and destroyed, and have no
 * console.
 *
 *   building -> live -> ending -> ended (or building again, for a restart)
 *
 * Everything here belongs to the event base's thread.
 */
#ifndef TOOLS_PVD_DOMAIN_H
#define TOOLS_PVD_DOMAIN_H

#include "console.h"
#include "pvd.h"
#include "xml.h"

#define ENDED_MAX    32
#define DOMAIN_NO_ID (-1)

enum domain_phase {
	PHASE_BUILDING,
	PHASE_LIVE,
	PHASE_ENDING, /* being torn down */
	PHASE_ENDED,
};

/* What virsh calls the state of a domain. */
enum domain_state {
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_IN_SHUTDOWN,
	STATE_SHUT_OFF,
	STATE_CRASHED,
	STATE_COUNT,
};

/* The frames and ports that were given to the guest at its start. */
struct domain_rings {
	uint64_t store_frame, console_frame;
	uint32_t store_port, console_port;
};

struct domain {
	TAILQ_ENTRY(domain) entry;
	struct pvd *pvd;
	struct domain_config config;
	uint8_t uuid[UUID_BYTES];
	int id; /* the hypervisor's, or DOMAIN_NO_ID */
	enum domain_phase phase;
	bool foreign;
	bool paused;                          /* by a user */
	bool stopped;                         /* the guest has shut down or crashed and is kept */
	bool crashed;                         /* with stopped or ended: by a crash */
	bool seen;                            /* scratch of the sweep */
	struct xen_domctl_getdomaininfo info; /* as the last sweep saw it */
	char reason[32];                      /* virsh's word for why it is in its state */
	char detail[256];                     /* more about a crash, or "" */
	struct domain_rings rings;
	int64_t born;                /* monotonic ns of the last start */
	int64_t since;               /* ns since 1970 of the last change of state */
	unsigned int quick_restarts; /* in a row, each within a second of its start */
	bool restarting;             /* building or ending: for a restart of this record */
	struct event *restart_timer;
	struct build *build;     /* while building */
	struct console *console; /* NULL: foreign */
};

/* The domain of a live or ended record for id, name or UUID as text. NULL with err filled. */
struct domain *domain_find(struct pvd *pvd, const char *text, struct error *err);

/* Lookups that find nothing quietly. By name: living ones are preferred. */
struct domain *domain_by_id(struct pvd *pvd, int id);
struct domain *domain_by_name(struct pvd *pvd, const char *name);
struct domain *domain_by_uuid(struct pvd *pvd, const uint8_t uuid[UUID_BYTES]);

/* Adds a record in phase building. config is taken, also on failure (NULL). */
struct domain *domain_add(struct pvd *pvd, struct domain_config *config);

/* Adds a domain that somebody else made. */
struct domain *domain_add_foreign(struct pvd *pvd, int id, const uint8_t uuid[UUID_BYTES],
				  const char *name);

/* Takes a record out and frees it, its state file too. */
void domain_remove(struct domain *domain);

/* Makes the record an ended one with a reason; the oldest beyond ENDED_MAX goes. */
void domain_end(struct domain *domain, bool crashed, const char *reason, const char *detail);

/* Frees everything at exit; state files stay. */
void domains_free(struct pvd *pvd);

enum domain_state domain_state(const struct domain *domain);
const char *domain_state_name(enum domain_state state);
bool domain_state_parse(const char *name, enum domain_state *state);

void domain_set_reason(struct domain *domain, const char *reason);

/* Call after every change of state: stores it, tells subscribers ("Started", "Booted") and waiters.
 */
void domain_changed(struct domain *domain, const char *event, const char *event_detail);

static inline bool domain_exists(const struct domain *domain)
{
	return domain->phase != PHASE_ENDED;
}

#endif
