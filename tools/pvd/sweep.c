/* SPDX-License-Identifier: MIT */
/* sweep.c - brings the table in line with the hypervisor's list of domains (see sweep.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "lifecycle.h"
#include "log.h"
#include "sweep.h"

#define BATCH 256
/* Watch events within this time lead to one sweep. */
#define GATHER_USEC 5000
#define WATCH_TOKEN "pvd"

static unsigned int shutdown_code(const struct xen_domctl_getdomaininfo *info)
{
	return info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

/* A domain that somebody else made, as the store names it. */
static void add_foreign(struct pvd *pvd, const struct xen_domctl_getdomaininfo *info)
{
	char path[64], fallback[32], *name;
	struct domain *domain;

	snprintf(path, sizeof(path), "/local/domain/%u/name", info->domain);
	snprintf(fallback, sizeof(fallback), info->domain ? "(domain %u)" : "Domain-%u",
		 info->domain);
	name = store_read(pvd->store, path);
	domain = domain_add_foreign(pvd, info->domain, info->handle,
				    name && *name ? name : fallback);
	free(name);
	if (!domain)
		return;
	domain->info = *info;
	domain->paused = info->flags & XEN_DOMINF_paused;
	domain->stopped = info->flags & XEN_DOMINF_shutdown;
	domain->seen = true;
}

/* True if the domain is one that a job is building or tearing down. */
static bool is_in_work(struct pvd *pvd, const struct xen_domctl_getdomaininfo *info)
{
	struct domain *domain = domain_by_uuid(pvd, info->handle);

	return domain && (domain->phase == PHASE_BUILDING || domain->phase == PHASE_ENDING);
}

static void see_known(struct domain *domain, const struct xen_domctl_getdomaininfo *info)
{
	domain->info = *info;
	domain->seen = domain->phase != PHASE_LIVE || !(info->flags & XEN_DOMINF_dying);
	if (domain->phase != PHASE_LIVE || !domain->seen)
		return;
	if ((info->flags & XEN_DOMINF_shutdown) && !domain->stopped) {
		lifecycle_guest_stopped(domain, shutdown_code(info));
		return;
	}
	if (domain->stopped)
		return;
	/* Somebody else may have paused or resumed it. */
	domain->paused = info->flags & XEN_DOMINF_paused;
}

static void see(struct pvd *pvd, const struct xen_domctl_getdomaininfo *info)
{
	struct domain *domain = domain_by_id(pvd, info->domain);

	if (domain && (domain->foreign || domain->phase != PHASE_LIVE ||
		       !memcmp(domain->uuid, info->handle, UUID_BYTES)))
		see_known(domain, info);
	else if (!domain && !(info->flags & XEN_DOMINF_dying) && !is_in_work(pvd, info))
		add_foreign(pvd, info);
}

/* One batch from domain first on. Returns the next first, 0 at the end, or a negative errno. */
static int see_batch(struct pvd *pvd, uint32_t first, struct xen_domctl_getdomaininfo *list)
{
	int count = xen_domain_list(pvd->xen, first, BATCH, list), i;

	if (count < 0)
		return count;
	for (i = 0; i < count; i++)
		see(pvd, &list[i]);
	return count < BATCH ? 0 : list[count - 1].domain + 1;
}

static void drop_unseen(struct pvd *pvd)
{
	struct domain *domain, *next;

	for (domain = TAILQ_FIRST(&pvd->domains); domain; domain = next) {
		next = TAILQ_NEXT(domain, entry);
		if (domain->phase == PHASE_LIVE && !domain->seen)
			lifecycle_vanished(domain);
	}
}

int sweep(struct pvd *pvd)
{
	struct xen_domctl_getdomaininfo *list = calloc(BATCH, sizeof(*list));
	struct domain *domain;
	int next = 0;

	if (!list)
		return -ENOMEM;
	TAILQ_FOREACH(domain, &pvd->domains, entry)
		domain->seen = false;
	do {
		next = see_batch(pvd, (uint32_t)next, list);
	} while (next > 0);
	if (!next)
		drop_unseen(pvd);
	else
		log_warning("cannot list the hypervisor's domains: %s", strerror(-next));
	free(list);
	return next;
}

void sweep_soon(struct pvd *pvd)
{
	static const struct timeval gather = { .tv_usec = GATHER_USEC };

	evtimer_add(pvd->sweep_timer, &gather);
}

static void sweep_time(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval second = { .tv_sec = 1 };
	struct pvd *pvd = arg;

	(void)fd;
	(void)what;
	sweep(pvd);
	if (!store_alive(pvd->store))
		evtimer_add(pvd->sweep_timer, &second);
}

static void store_ready(evutil_socket_t fd, short what, void *arg)
{
	struct pvd *pvd = arg;
	bool any = false;
	char token[64];

	(void)fd;
	(void)what;
	while (store_next_event(pvd->store, token, sizeof(token)))
		any = true;
	if (any)
		sweep_soon(pvd);
}

static void event_queued(void *arg)
{
	struct pvd *pvd = arg;

	event_active(pvd->store_event, EV_READ, 0);
}

/* From now on the timer looks for deaths. */
static void store_dropped(void *arg)
{
	struct pvd *pvd = arg;

	log_warning("xenstored has gone: guests cannot be created or asked to shut down");
	event_del(pvd->store_event);
	sweep_soon(pvd);
}

int sweep_start(struct pvd *pvd)
{
	int ret = store_watch(pvd->store, "@releaseDomain", WATCH_TOKEN);

	if (!ret)
		ret = store_watch(pvd->store, "@introduceDomain", WATCH_TOKEN);
	if (ret)
		return ret;
	pvd->sweep_timer = evtimer_new(pvd->base, sweep_time, pvd);
	pvd->store_event =
		event_new(pvd->base, store_fd(pvd->store), EV_READ | EV_PERSIST, store_ready, pvd);
	if (!pvd->sweep_timer || !pvd->store_event || event_add(pvd->store_event, NULL))
		return -ENOMEM;
	store_set_queued(pvd->store, event_queued, pvd);
	store_set_dropped(pvd->store, store_dropped, pvd);
	return 0;
}

void sweep_stop(struct pvd *pvd)
{
	if (pvd->store) {
		store_set_queued(pvd->store, NULL, NULL);
		store_set_dropped(pvd->store, NULL, NULL);
	}
	if (pvd->sweep_timer)
		event_free(pvd->sweep_timer);
	if (pvd->store_event)
		event_free(pvd->store_event);
}
