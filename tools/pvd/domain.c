/* SPDX-License-Identifier: MIT */
/* domain.c - the table of domains (see domain.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "notify.h"
#include "state.h"

static const char *const state_names[STATE_COUNT] = {
	[STATE_RUNNING] = "running",         [STATE_PAUSED] = "paused",
	[STATE_IN_SHUTDOWN] = "in shutdown", [STATE_SHUT_OFF] = "shut off",
	[STATE_CRASHED] = "crashed",
};

struct domain *domain_by_id(struct pvd *pvd, int id)
{
	struct domain *domain;

	TAILQ_FOREACH(domain, &pvd->domains, entry) {
		if (domain->id == id && domain_exists(domain))
			return domain;
	}
	return NULL;
}

struct domain *domain_by_name(struct pvd *pvd, const char *name)
{
	struct domain *domain, *ended = NULL;

	TAILQ_FOREACH(domain, &pvd->domains, entry) {
		if (strcmp(domain->config.name, name))
			continue;
		if (domain_exists(domain))
			return domain;
		ended = domain;
	}
	return ended;
}

struct domain *domain_by_uuid(struct pvd *pvd, const uint8_t uuid[UUID_BYTES])
{
	struct domain *domain, *ended = NULL;

	TAILQ_FOREACH(domain, &pvd->domains, entry) {
		if (memcmp(domain->uuid, uuid, UUID_BYTES))
			continue;
		if (domain_exists(domain))
			return domain;
		ended = domain;
	}
	return ended;
}

static bool parse_id(const char *text, int *id)
{
	char *end;
	long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || value >= DOMID_FIRST_RESERVED)
		return false;
	*id = (int)value;
	return true;
}

/* As virsh does: an id first, then a UUID, then a name. */
struct domain *domain_find(struct pvd *pvd, const char *text, struct error *err)
{
	struct domain *domain = NULL;
	uint8_t uuid[UUID_BYTES];
	int id;

	if (parse_id(text, &id))
		domain = domain_by_id(pvd, id);
	if (!domain && !uuid_parse(text, uuid))
		domain = domain_by_uuid(pvd, uuid);
	if (!domain)
		domain = domain_by_name(pvd, text);
	if (!domain)
		error_set(err, ERROR_NO_DOMAIN, "run", "failed to get domain '%s'", text);
	return domain;
}

static struct domain *new_record(struct pvd *pvd)
{
	struct domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return NULL;
	domain->pvd = pvd;
	domain->id = DOMAIN_NO_ID;
	domain->since = time_now();
	return domain;
}

struct domain *domain_add(struct pvd *pvd, struct domain_config *config)
{
	struct domain *domain = new_record(pvd);

	if (!domain) {
		domain_config_free(config);
		return NULL;
	}
	domain->config = *config;
	*config = (struct domain_config){ 0 };
	uuid_parse(domain->config.uuid, domain->uuid);
	domain->console = console_new(pvd->consoles, domain->config.name);
	if (!domain->console) {
		domain_config_free(&domain->config);
		free(domain);
		return NULL;
	}
	domain_set_reason(domain, "starting up");
	TAILQ_INSERT_TAIL(&pvd->domains, domain, entry);
	return domain;
}

struct domain *domain_add_foreign(struct pvd *pvd, int id, const uint8_t uuid[UUID_BYTES],
				  const char *name)
{
	struct domain *domain = new_record(pvd);

	if (!domain)
		return NULL;
	domain->config.name = strdup(name);
	if (!domain->config.name) {
		free(domain);
		return NULL;
	}
	memcpy(domain->uuid, uuid, UUID_BYTES);
	uuid_format(uuid, domain->config.uuid);
	domain->id = id;
	domain->foreign = true;
	domain->phase = PHASE_LIVE;
	domain_set_reason(domain, "unknown");
	TAILQ_INSERT_TAIL(&pvd->domains, domain, entry);
	return domain;
}

static void free_record(struct domain *domain)
{
	console_free(domain->console);
	if (domain->restart_timer)
		event_free(domain->restart_timer);
	domain_config_free(&domain->config);
	free(domain);
}

void domain_remove(struct domain *domain)
{
	struct pvd *pvd = domain->pvd;

	if (domain->phase == PHASE_ENDED)
		pvd->ended_count--;
	TAILQ_REMOVE(&pvd->domains, domain, entry);
	notify_removed(domain);
	if (!domain->foreign)
		state_forget(domain);
	free_record(domain);
}

void domains_free(struct pvd *pvd)
{
	struct domain *domain;

	while ((domain = TAILQ_FIRST(&pvd->domains))) {
		TAILQ_REMOVE(&pvd->domains, domain, entry);
		free_record(domain);
	}
}

/* A log belongs to a name. */
static bool has_namesake(const struct domain *domain)
{
	const struct domain *other;

	TAILQ_FOREACH(other, &domain->pvd->domains, entry) {
		if (other != domain && !other->foreign &&
		    !strcmp(other->config.name, domain->config.name))
			return true;
	}
	return false;
}

static void forget_oldest(struct pvd *pvd)
{
	struct domain *domain, *oldest = NULL;

	TAILQ_FOREACH(domain, &pvd->domains, entry) {
		if (!domain_exists(domain) && (!oldest || domain->since < oldest->since))
			oldest = domain;
	}
	if (!oldest)
		return;
	if (oldest->console && !has_namesake(oldest))
		console_drop_file(oldest->console);
	domain_remove(oldest);
}

void domain_end(struct domain *domain, bool crashed, const char *reason, const char *detail)
{
	struct pvd *pvd = domain->pvd;

	if (domain->phase != PHASE_ENDED)
		pvd->ended_count++;
	domain->phase = PHASE_ENDED;
	domain->id = DOMAIN_NO_ID;
	domain->crashed = crashed;
	domain->stopped = false;
	domain->paused = false;
	snprintf(domain->detail, sizeof(domain->detail), "%s", detail);
	domain_set_reason(domain, reason);
	domain->since = time_now();
	if (domain->console)
		console_hang_up(domain->console);
	if (pvd->ended_count > ENDED_MAX)
		forget_oldest(pvd);
}

enum domain_state domain_state(const struct domain *domain)
{
	switch (domain->phase) {
	case PHASE_BUILDING: return STATE_PAUSED;
	case PHASE_ENDING: return STATE_IN_SHUTDOWN;
	case PHASE_ENDED: return domain->crashed ? STATE_CRASHED : STATE_SHUT_OFF;
	case PHASE_LIVE: break;
	}
	if (domain->stopped)
		return domain->crashed ? STATE_CRASHED : STATE_IN_SHUTDOWN;
	return domain->paused ? STATE_PAUSED : STATE_RUNNING;
}

const char *domain_state_name(enum domain_state state)
{
	return state_names[state];
}

bool domain_state_parse(const char *name, enum domain_state *state)
{
	unsigned int i;

	for (i = 0; i < STATE_COUNT; i++) {
		if (!strcmp(state_names[i], name)) {
			*state = (enum domain_state)i;
			return true;
		}
	}
	return false;
}

void domain_set_reason(struct domain *domain, const char *reason)
{
	snprintf(domain->reason, sizeof(domain->reason), "%s", reason);
}

void domain_changed(struct domain *domain, const char *event, const char *event_detail)
{
	domain->since = time_now();
	if (!domain->foreign)
		state_save(domain);
	notify_changed(domain, event, event_detail);
}
