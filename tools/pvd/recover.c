/* SPDX-License-Identifier: MIT */
/* recover.c - finds again the domains of the daemon before (see recover.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console_file.h"
#include "create.h"
#include "domain.h"
#include "lifecycle.h"
#include "log.h"
#include "recover.h"
#include "state.h"
#include "sweep.h"

#define BATCH 256

/* Destroys what has the UUID of a record that was being built when the daemon died. */
static void destroy_half_made(struct pvd *pvd, const struct xen_domctl_getdomaininfo *info)
{
	struct domain *domain = domain_by_uuid(pvd, info->handle);

	if (!domain || domain->phase != PHASE_BUILDING || (info->flags & XEN_DOMINF_dying))
		return;
	log_info("domain %s: id %u was half made and is destroyed", domain->config.name,
		 info->domain);
	store_drop_domain(pvd->store, info->domain, domain->config.uuid);
	xen_domain_destroy(pvd->xen, info->domain);
}

static int destroy_all_half_made(struct pvd *pvd)
{
	struct xen_domctl_getdomaininfo *list = calloc(BATCH, sizeof(*list));
	uint32_t first = 0;
	int count, i;

	if (!list)
		return -ENOMEM;
	do {
		count = xen_domain_list(pvd->xen, first, BATCH, list);
		for (i = 0; i < count; i++)
			destroy_half_made(pvd, &list[i]);
		if (count > 0)
			first = list[count - 1].domain + 1;
	} while (count == BATCH);
	free(list);
	return count < 0 ? count : 0;
}

/* The console, and the store's nodes where a new xenstored has none. */
static void reconnect(struct domain *domain)
{
	struct pvd *pvd = domain->pvd;
	struct error err = ERROR_INIT;
	int ret;

	if (!store_is_introduced(pvd->store, (uint32_t)domain->id) && store_alive(pvd->store) &&
	    create_join_store(domain, &err))
		log_warning("domain %s: %s", domain->config.name, err.detail);
	ret = console_connect(domain->console, (uint32_t)domain->id, domain->rings.console_frame,
			      domain->rings.console_port);
	if (ret)
		log_warning("domain %s: its console cannot be connected again: %s",
			    domain->config.name, strerror(-ret));
	domain->born = time_monotonic();
}

static bool is_alive(const struct domain *domain)
{
	struct xen_domctl_getdomaininfo info;

	return domain->id != DOMAIN_NO_ID &&
	       !xen_domain_info(domain->pvd->xen, (uint32_t)domain->id, &info) &&
	       !memcmp(info.handle, domain->uuid, UUID_BYTES) && !(info.flags & XEN_DOMINF_dying);
}

static void recover_one(struct domain *domain)
{
	switch (domain->phase) {
	case PHASE_LIVE:
		if (is_alive(domain)) {
			log_info("domain %s: found again with id %d", domain->config.name,
				 domain->id);
			reconnect(domain);
		}
		/* The sweep that follows deals with those that are gone. */
		return;
	case PHASE_BUILDING:
		domain->id = DOMAIN_NO_ID;
		if (domain->restarting)
			lifecycle_resume(domain);
		else
			domain_remove(domain);
		return;
	case PHASE_ENDING: lifecycle_resume(domain); return;
	case PHASE_ENDED: return;
	}
}

int recover(struct pvd *pvd)
{
	struct domain *domain, *next;
	int ret;

	state_load(pvd);
	console_files_prune(pvd);
	ret = destroy_all_half_made(pvd);
	if (ret)
		return ret;
	for (domain = TAILQ_FIRST(&pvd->domains); domain; domain = next) {
		next = TAILQ_NEXT(domain, entry);
		recover_one(domain);
	}
	return sweep(pvd);
}
