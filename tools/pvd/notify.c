/* SPDX-License-Identifier: MIT */
/* notify.c - events and waiting requests (see notify.h). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "client.h"
#include "notify.h"

#define NS 1000000000LL

struct waiter {
	TAILQ_ENTRY(waiter) entry;
	struct client *client;
	json_t *id;
	struct domain *domain;
	struct wait_for what;
	struct event *timer;
};

static void free_waiter(struct pvd *pvd, struct waiter *waiter)
{
	TAILQ_REMOVE(&pvd->waiters, waiter, entry);
	if (waiter->timer)
		event_free(waiter->timer);
	json_decref(waiter->id);
	free(waiter);
}

static bool satisfied(const struct waiter *waiter)
{
	const struct domain *domain = waiter->domain;
	const struct wait_for *what = &waiter->what;

	if ((what->gone || what->settled) && domain->phase == PHASE_ENDED)
		return true;
	if (what->settled && domain->phase == PHASE_LIVE &&
	    (domain->stopped || what->domain_id != domain->id))
		return true;
	if (what->gone && what->domain_id != DOMAIN_NO_ID && what->domain_id != domain->id)
		return true;
	return what->states & (1u << domain_state(domain));
}

static void answer(struct pvd *pvd, struct waiter *waiter)
{
	const struct domain *domain = waiter->domain;
	json_t *detail = *domain->detail ? json_string(domain->detail) : json_null();
	json_t *result = json_pack("{s:s, s:s, s:o}", "state",
				   domain_state_name(domain_state(domain)), "reason",
				   domain->reason, "detail", detail);

	client_answer(waiter->client, waiter->id, result);
	free_waiter(pvd, waiter);
}

static void time_out(evutil_socket_t fd, short what, void *arg)
{
	struct waiter *waiter = arg;
	struct pvd *pvd = waiter->domain->pvd;
	struct error err = ERROR_INIT;

	(void)fd;
	(void)what;
	error_domain(&err, waiter->domain->config.name);
	error_set(&err, ERROR_TIMEOUT, "run", "domain '%s' is still %s",
		  waiter->domain->config.name, domain_state_name(domain_state(waiter->domain)));
	client_refuse(waiter->client, waiter->id, &err);
	free_waiter(pvd, waiter);
}

int notify_wait(struct client *client, json_t *id, struct domain *domain,
		const struct wait_for *what)
{
	struct pvd *pvd = domain->pvd;
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	struct timeval limit = {
		.tv_sec = what->timeout_ns / NS,
		.tv_usec = what->timeout_ns % NS / 1000,
	};

	if (!waiter)
		return -ENOMEM;
	*waiter = (struct waiter){
		.client = client,
		.id = json_incref(id),
		.domain = domain,
		.what = *what,
	};
	TAILQ_INSERT_TAIL(&pvd->waiters, waiter, entry);
	if (satisfied(waiter)) {
		answer(pvd, waiter);
		return 0;
	}
	if (what->timeout_ns <= 0)
		return 0;
	waiter->timer = evtimer_new(pvd->base, time_out, waiter);
	if (waiter->timer && !evtimer_add(waiter->timer, &limit))
		return 0;
	free_waiter(pvd, waiter);
	return -ENOMEM;
}

static void announce(struct domain *domain, const char *event, const char *detail)
{
	char now[TIME_TEXT];
	json_t *message;

	time_format(domain->since, now);
	message = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "event", "lifecycle",
			    "domain", domain->config.name, "id",
			    domain->id < 0 ? json_null() : json_integer(domain->id), "uuid",
			    domain->config.uuid, "change", event, "detail", detail, "state",
			    domain_state_name(domain_state(domain)), "reason", domain->reason,
			    "time", now);
	if (!message)
		return;
	client_broadcast(domain->pvd, message);
	json_decref(message);
}

void notify_changed(struct domain *domain, const char *event, const char *detail)
{
	struct pvd *pvd = domain->pvd;
	struct waiter *waiter, *next;

	if (event)
		announce(domain, event, detail);
	for (waiter = TAILQ_FIRST(&pvd->waiters); waiter; waiter = next) {
		next = TAILQ_NEXT(waiter, entry);
		if (waiter->domain == domain && satisfied(waiter))
			answer(pvd, waiter);
	}
}

void notify_removed(struct domain *domain)
{
	struct pvd *pvd = domain->pvd;
	struct waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&pvd->waiters); waiter; waiter = next) {
		next = TAILQ_NEXT(waiter, entry);
		if (waiter->domain == domain)
			answer(pvd, waiter);
	}
}

void notify_forget_client(struct client *client)
{
	struct pvd *pvd = client_pvd(client);
	struct waiter *waiter, *next;

	for (waiter = TAILQ_FIRST(&pvd->waiters); waiter; waiter = next) {
		next = TAILQ_NEXT(waiter, entry);
		if (waiter->client == client)
			free_waiter(pvd, waiter);
	}
}
