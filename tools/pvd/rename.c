/* SPDX-License-Identifier: MIT */
/* rename.c - the stopped half of rename-restart (see rename.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "rename.h"

#define SUFFIX_MAX 1000

/* A copy by way of the XML, which keeps everything that a configuration has. */
static int copy_config(const struct domain_config *from, struct domain_config *to)
{
	char *xml = domain_config_write(from, NULL);
	struct xml_source source = { .text = xml, .length = xml ? strlen(xml) : 0, .file = "copy" };
	struct error err = ERROR_INIT;
	int ret = -ENOMEM;

	if (xml)
		ret = domain_config_read(to, &source, NULL, &err);
	free(xml);
	return ret;
}

/* The first of NAME-1, NAME-2, ... that no record has. To be freed; NULL if there is none. */
static char *free_name(struct pvd *pvd, const char *name)
{
	char *candidate;
	int i;

	for (i = 1; i < SUFFIX_MAX; i++) {
		if (asprintf(&candidate, "%s-%d", name, i) < 0)
			return NULL;
		if (strlen(candidate) <= DOMAIN_NAME_MAX && !domain_by_name(pvd, candidate))
			return candidate;
		free(candidate);
	}
	return NULL;
}

static int new_identity(struct pvd *pvd, struct domain_config *config)
{
	uint8_t uuid[UUID_BYTES];
	char *name = free_name(pvd, config->name);

	if (!name)
		return -ENOMEM;
	free(config->name);
	config->name = name;
	if (uuid_generate(uuid))
		return -EIO;
	uuid_format(uuid, config->uuid);
	return 0;
}

static struct domain *make_record(struct domain *domain)
{
	struct domain_config config = { 0 };
	struct domain *kept;
	int ret = copy_config(&domain->config, &config);

	if (!ret)
		ret = new_identity(domain->pvd, &config);
	if (ret) {
		domain_config_free(&config);
		return NULL;
	}
	kept = domain_add(domain->pvd, &config);
	return kept;
}

int rename_stopped(struct domain *domain)
{
	struct pvd *pvd = domain->pvd;
	struct domain *kept = make_record(domain);
	int ret;

	if (!kept)
		return -ENOMEM;
	ret = xen_domain_set_uuid(pvd->xen, (uint32_t)domain->id, kept->uuid);
	if (ret) {
		domain_remove(kept);
		return ret;
	}
	console_disconnect(domain->console);
	if (store_rename_domain(pvd->store, (uint32_t)domain->id, domain->config.uuid,
				kept->config.uuid, kept->config.name))
		log_warning("domain %s: the store does not know its new name", kept->config.name);
	kept->id = domain->id;
	kept->rings = domain->rings;
	kept->phase = PHASE_LIVE;
	kept->stopped = true;
	kept->seen = true; /* a sweep may be under way */
	kept->crashed = domain->crashed;
	memcpy(kept->reason, domain->reason, sizeof(kept->reason));
	memcpy(kept->detail, domain->detail, sizeof(kept->detail));
	domain->id = DOMAIN_NO_ID;
	domain->restarting = true;
	log_info("domain %s: id %d is kept as %s", domain->config.name, kept->id,
		 kept->config.name);
	domain_changed(kept, kept->crashed ? "Crashed" : "Shutdown",
		       kept->crashed ? "Panicked" : "Finished");
	return 0;
}
