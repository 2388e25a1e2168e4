/* SPDX-License-Identifier: MIT */
/* lifecycle.c - how domains end (see lifecycle.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "create.h"
#include "crash.h"
#include "job.h"
#include "lifecycle.h"
#include "log.h"
#include "notify.h"
#include "rename.h"
#include "state.h"

#define NS 1000000000LL
/* A domain that restarts within a second of its start this often in a row is left stopped. */
#define QUICK_RESTARTS_MAX 5

struct teardown {
	struct job job;
	struct pvd *pvd;
	struct domain *domain;
	uint32_t domid;
	bool exists;
	int ret;
};

/* On the job's thread. */
static void run_teardown(struct job *job)
{
	struct teardown *teardown = (struct teardown *)job;

	if (teardown->exists)
		teardown->ret = xen_domain_destroy(teardown->pvd->xen, teardown->domid);
}

static void restart_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	create_again(arg);
}

/* Restarts at once, or a second after the last start if that was less ago. */
static void restart(struct domain *domain)
{
	static const struct timeval second = { .tv_sec = 1 };
	bool quick = time_monotonic() - domain->born < NS;

	domain->id = DOMAIN_NO_ID;
	domain->phase = PHASE_BUILDING;
	domain->quick_restarts = quick ? domain->quick_restarts + 1 : 0;
	if (domain->quick_restarts > QUICK_RESTARTS_MAX) {
		domain->restarting = false;
		domain->quick_restarts = 0;
		domain_end(domain, domain->crashed, "failed",
			   "it stopped within a second of its start, six times in a row");
		domain_changed(domain, "Stopped", "Failed");
		return;
	}
	if (quick && !domain->restart_timer)
		domain->restart_timer = evtimer_new(domain->pvd->base, restart_time, domain);
	domain_changed(domain, NULL, NULL);
	if (!quick || !domain->restart_timer || evtimer_add(domain->restart_timer, &second))
		create_again(domain);
}

/* What is to be said about the end was put into reason, crashed and detail when it began. */
static void ended(struct domain *domain)
{
	char reason[sizeof(domain->reason)], detail[sizeof(domain->detail)];
	bool crashed = domain->crashed;

	memcpy(reason, domain->reason, sizeof(reason));
	memcpy(detail, domain->detail, sizeof(detail));
	domain_end(domain, crashed, reason, detail);
	domain_changed(domain, "Stopped",
		       crashed                       ? "Crashed"
		       : strcmp(reason, "destroyed") ? "Shutdown"
						     : "Destroyed");
}

/* On the event base's thread. */
static void teardown_done(struct job *job)
{
	struct teardown *teardown = (struct teardown *)job;
	struct domain *domain = teardown->domain;

	if (teardown->ret && teardown->ret != -ESRCH)
		log_warning("domain %s: the hypervisor does not destroy id %u: %s",
			    domain->config.name, teardown->domid, strerror(-teardown->ret));
	else
		log_info("domain %s: id %u is gone", domain->config.name, teardown->domid);
	if (domain->foreign)
		domain_remove(domain);
	else if (domain->restarting)
		restart(domain);
	else
		ended(domain);
	free(teardown);
}

/* What has the id now: our domain, perhaps dying; nothing; or, after ids have wrapped, another one.
 */
enum id_owner { OWNER_US, OWNER_NOBODY, OWNER_OTHER };

static enum id_owner id_owner(const struct domain *domain)
{
	struct xen_domctl_getdomaininfo info;

	if (xen_domain_info(domain->pvd->xen, (uint32_t)domain->id, &info))
		return OWNER_NOBODY;
	return memcmp(info.handle, domain->uuid, UUID_BYTES) ? OWNER_OTHER : OWNER_US;
}

/* Stops the domain and lets go of everything that would keep its memory. True if it exists. */
static bool let_go(struct domain *domain)
{
	enum id_owner owner = id_owner(domain);
	struct pvd *pvd = domain->pvd;

	/* Stopped first, so that the ring's last bytes are the last. */
	if (owner == OWNER_US)
		xen_domain_pause(pvd->xen, (uint32_t)domain->id);
	if (domain->console)
		console_disconnect(domain->console);
	if (owner != OWNER_OTHER)
		store_drop_domain(pvd->store, (uint32_t)domain->id, domain->config.uuid);
	return owner == OWNER_US;
}

static void tear_down(struct domain *domain)
{
	struct teardown *teardown = calloc(1, sizeof(*teardown)), on_stack;
	struct pvd *pvd = domain->pvd;

	domain->phase = PHASE_ENDING;
	if (!domain->foreign)
		state_save(domain);
	on_stack = (struct teardown){
		.job = { .run = run_teardown, .done = teardown_done },
		.pvd = pvd,
		.domain = domain,
		.domid = (uint32_t)domain->id,
		.exists = let_go(domain),
	};
	if (!teardown) {
		run_teardown(&on_stack.job);
		ended(domain);
		return;
	}
	*teardown = on_stack;
	job_submit(pvd->jobs, &teardown->job);
}

/* A restart that is waiting for its second, or being built, is called off. */
static void cancel_building(struct domain *domain)
{
	if (domain->build) {
		create_cancel(domain);
		return;
	}
	if (domain->restart_timer)
		evtimer_del(domain->restart_timer);
	domain->restarting = false;
	domain_end(domain, false, "destroyed", "");
	domain_changed(domain, "Stopped", "Destroyed");
}

int lifecycle_destroy(struct domain *domain, struct client *client, json_t *id, struct error *err)
{
	static const struct wait_for gone = { .gone = true, .domain_id = DOMAIN_NO_ID };
	int ret = 0;

	if (domain->id == 0)
		return error_set(err, ERROR_PERMISSION, "run", "dom0 cannot be destroyed");
	if (!domain_exists(domain))
		return error_set(err, ERROR_WRONG_STATE, "run", "domain is not running");
	if (client)
		ret = notify_wait(client, id, domain, &gone);
	if (ret)
		return error_set(err, ERROR_FAILED, "run", "out of memory");
	domain->restarting = domain->restarting && domain->phase == PHASE_BUILDING;
	if (domain->phase == PHASE_BUILDING) {
		cancel_building(domain);
	} else if (domain->phase == PHASE_LIVE) {
		domain->crashed = false;
		domain->detail[0] = '\0';
		domain_set_reason(domain, "destroyed");
		tear_down(domain);
	}
	return 0;
}

static void keep(struct domain *domain)
{
	domain->stopped = true;
	domain_changed(domain, domain->crashed ? "Crashed" : "Shutdown",
		       domain->crashed ? "Panicked" : "Finished");
}

static void act(struct domain *domain, enum domain_action action)
{
	switch (action) {
	case ACTION_RENAME_RESTART:
		/* The record that stays in place is the one that restarts. */
		if (rename_stopped(domain)) {
			log_warning("domain %s: cannot be renamed, so it is kept",
				    domain->config.name);
			keep(domain);
			return;
		}
		restart(domain);
		return;
	case ACTION_PRESERVE: keep(domain); return;
	case ACTION_RESTART: domain->restarting = true; break;
	default: break;
	}
	domain->stopped = true;
	tear_down(domain);
}

void lifecycle_guest_stopped(struct domain *domain, unsigned int code)
{
	const struct domain_config *config = &domain->config;

	domain->paused = false;
	domain->crashed = code == SHUTDOWN_crash || code == SHUTDOWN_watchdog;
	domain->detail[0] = '\0';
	if (domain->crashed)
		crash_describe(domain, code);
	domain_set_reason(domain, domain->crashed ? "panicked" : "shutdown");
	log_info("domain %s: id %d stopped, code %u%s%s", config->name, domain->id, code,
		 *domain->detail ? ": " : "", domain->detail);
	if (domain->foreign)
		keep(domain);
	else if (domain->crashed)
		act(domain, config->on_crash);
	else if (code == SHUTDOWN_reboot)
		act(domain, config->on_reboot);
	else if (code == SHUTDOWN_poweroff)
		act(domain, config->on_poweroff);
	else
		keep(domain);
}

void lifecycle_vanished(struct domain *domain)
{
	log_info("domain %s: id %d was destroyed by somebody else", domain->config.name,
		 domain->id);
	if (domain->foreign) {
		domain_remove(domain);
		return;
	}
	domain->restarting = false;
	if (!domain->stopped) {
		domain_set_reason(domain, "destroyed");
		domain->crashed = false;
		domain->detail[0] = '\0';
	}
	tear_down(domain);
}

void lifecycle_resume(struct domain *domain)
{
	if (domain->phase == PHASE_ENDING && domain->id != DOMAIN_NO_ID)
		tear_down(domain);
	else if (domain->restarting)
		create_again(domain);
	else
		ended(domain);
}

static int check_running(const struct domain *domain, struct error *err)
{
	if (domain->phase == PHASE_LIVE && !domain->stopped)
		return 0;
	return error_set(err, ERROR_WRONG_STATE, "run", "domain is not running: it is %s (%s)",
			 domain_state_name(domain_state(domain)), domain->reason);
}

int lifecycle_ask(struct domain *domain, const char *what, struct error *err)
{
	int ret = check_running(domain, err);

	if (ret)
		return ret;
	if (domain->id == 0)
		return error_set(err, ERROR_NOT_SUPPORTED, "run",
				 "dom0 is not shut down from here: use its own commands");
	if (domain->paused) {
		error_set(err, ERROR_WRONG_STATE, "run", "domain is paused and cannot answer");
		return error_hint(err, "resume it first, or destroy it");
	}
	ret = store_ask_shutdown(domain->pvd->store, (uint32_t)domain->id, what);
	if (ret == -EAGAIN)
		return error_set(err, ERROR_WRONG_STATE, "run",
				 "the guest has not yet answered an earlier request");
	if (ret) {
		error_set(err, ERROR_FAILED, "run", "cannot ask the guest: xenstored: %s",
			  store_error_text(ret));
		return error_hint(err,
				  "destroy works without; restart pvd, which starts xenstored");
	}
	return 0;
}

int lifecycle_suspend(struct domain *domain, struct error *err)
{
	int ret = check_running(domain, err);

	if (ret)
		return ret;
	if (domain->id == 0)
		return error_set(err, ERROR_PERMISSION, "run", "dom0 cannot be paused");
	if (domain->paused)
		return error_set(err, ERROR_WRONG_STATE, "run", "domain is already paused");
	ret = xen_domain_pause(domain->pvd->xen, (uint32_t)domain->id);
	if (ret)
		return error_set(err, ERROR_FAILED, "run", "cannot pause it: %s", strerror(-ret));
	domain->paused = true;
	domain_set_reason(domain, "user");
	domain_changed(domain, "Suspended", "Paused");
	return 0;
}

int lifecycle_unsuspend(struct domain *domain, struct error *err)
{
	int ret = check_running(domain, err);

	if (ret)
		return ret;
	if (!domain->paused)
		return error_set(err, ERROR_WRONG_STATE, "run", "domain is already running");
	ret = xen_domain_unpause(domain->pvd->xen, (uint32_t)domain->id);
	if (ret)
		return error_set(err, ERROR_FAILED, "run", "cannot resume it: %s", strerror(-ret));
	domain->paused = false;
	domain_set_reason(domain, "unpaused");
	domain_changed(domain, "Resumed", "Unpaused");
	return 0;
}
