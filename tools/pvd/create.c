/* SPDX-License-Identifier: MIT */
/* create.c - creation of domains (see create.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "create.h"
#include "log.h"
#include "state.h"

int create_join_store(struct domain *domain, struct error *err)
{
	const struct domain_config *config = &domain->config;
	struct store_domain nodes = {
		.domid = (uint32_t)domain->id,
		.name = config->name,
		.uuid = config->uuid,
		.vcpus = config->vcpus,
		.online_vcpus = config->current_vcpus,
		.memory_kib = config->current_memory >> 10,
		.max_memory_kib = config->memory >> 10,
		.store_frame = domain->rings.store_frame,
		.console_frame = domain->rings.console_frame,
		.store_port = domain->rings.store_port,
		.console_port = domain->rings.console_port,
	};

	return store_add_domain(domain->pvd->store, &nodes, err);
}

/* Store, console, first run of a domain that is built and paused. */
static int start_domain(struct build *build, struct error *err)
{
	struct domain *domain = build->domain;
	int ret = create_join_store(domain, err);

	if (ret)
		return ret;
	ret = console_connect(domain->console, (uint32_t)domain->id, domain->rings.console_frame,
			      domain->rings.console_port);
	if (ret)
		return error_set(err, ERROR_FAILED, "start", "cannot connect the console: %s",
				 strerror(-ret));
	if (build->paused)
		return 0;
	ret = xen_domain_unpause(domain->pvd->xen, (uint32_t)domain->id);
	if (ret)
		return error_set(err, ERROR_FAILED, "start", "cannot start it: %s", strerror(-ret));
	return 0;
}

static void adopt_result(struct domain *domain, const struct builder_result *result)
{
	domain->id = (int)result->domid;
	domain->rings = (struct domain_rings){
		.store_frame = result->store_frame,
		.console_frame = result->console_frame,
		.store_port = result->store_port,
		.console_port = result->console_port,
	};
}

static void undo_start(struct domain *domain)
{
	struct pvd *pvd = domain->pvd;

	console_disconnect(domain->console);
	store_drop_domain(pvd->store, (uint32_t)domain->id, domain->config.uuid);
	xen_domain_destroy(pvd->xen, (uint32_t)domain->id);
	domain->id = DOMAIN_NO_ID;
}

static void answer_success(struct build *build)
{
	const struct domain *domain = build->domain;
	const struct domain_config *config = domain ? &domain->config : &build->config;
	json_t *result;

	if (!build->client)
		return;
	result = json_pack("{s:o, s:s, s:s, s:O}", "id",
			   domain ? json_integer(domain->id) : json_null(), "name", config->name,
			   "uuid", config->uuid, "warnings", build->warnings);
	client_answer(build->client, build->id, result);
}

static void succeed(struct build *build)
{
	struct domain *domain = build->domain;
	bool again = domain->restarting;

	domain->phase = PHASE_LIVE;
	domain->restarting = false;
	domain->stopped = false;
	domain->crashed = false;
	domain->detail[0] = '\0';
	domain->paused = build->paused;
	domain->born = time_monotonic();
	domain_set_reason(domain, build->paused ? "user" : "booted");
	log_info("domain %s: %s with id %d", domain->config.name, again ? "restarted" : "created",
		 domain->id);
	domain_changed(domain, "Started", again ? "Rebooted" : "Booted");
	answer_success(build);
}

static void fail(struct build *build)
{
	struct domain *domain = build->domain;
	struct error *err = &build->err;

	error_domain(err, domain ? domain->config.name : build->config.name);
	if (build->client)
		client_refuse(build->client, build->id, err);
	if (!domain)
		return;
	log_warning("domain %s: %s failed: %s", domain->config.name,
		    domain->restarting ? "restart" : "creation", err->detail);
	if (!domain->restarting) {
		domain_remove(domain);
		return;
	}
	domain->restarting = false;
	if (build->ret == -ECANCELED) {
		domain_end(domain, false, "destroyed", "");
		domain_changed(domain, "Stopped", "Destroyed");
	} else {
		domain_end(domain, false, "failed", err->detail);
		domain_changed(domain, "Stopped", "Failed");
	}
}

/* On the event base's thread. */
static void build_done(struct build *build)
{
	struct domain *domain = build->domain;

	if (!domain) {
		if (build->ret)
			fail(build);
		else
			answer_success(build);
		build_free(build);
		return;
	}
	domain->build = NULL;
	if (!build->ret) {
		adopt_result(domain, &build->builder.result);
		/* Its end may only be about to be told. */
		if (build->client && client_is_gone(build->client))
			builder_cancel(&build->builder);
		build->ret = builder_was_cancelled(&build->builder, &build->err);
		if (!build->ret)
			build->ret = start_domain(build, &build->err);
		if (build->ret)
			undo_start(domain);
	}
	if (build->ret)
		fail(build);
	else
		succeed(build);
	if (!build->ret)
		build_keep_kernel(build);
	build_free(build);
}

static void add_warning(void *context, const char *message)
{
	json_array_append_new(context, json_string(message));
}

/* Actions that the configuration knows and this version does not do. */
static int check_actions(const struct domain_config *config, struct error *err)
{
	if (config->on_crash != ACTION_COREDUMP_DESTROY &&
	    config->on_crash != ACTION_COREDUMP_RESTART)
		return 0;
	error_set(err, ERROR_NOT_SUPPORTED, "check", "on_crash '%s': not in this version",
		  domain_action_name(config->on_crash));
	return error_hint(err, "use destroy, restart, preserve or rename-restart");
}

static int check_unique(struct pvd *pvd, const struct domain_config *config, struct error *err)
{
	struct domain *domain = domain_by_name(pvd, config->name);
	uint8_t uuid[UUID_BYTES];

	if (domain && domain_exists(domain))
		return error_set(err, ERROR_WRONG_STATE, "check",
				 "domain '%s' already exists with uuid %s", config->name,
				 domain->config.uuid);
	uuid_parse(config->uuid, uuid);
	domain = domain_by_uuid(pvd, uuid);
	if (domain && domain_exists(domain))
		return error_set(err, ERROR_WRONG_STATE, "check",
				 "domain '%s' already exists with uuid %s", domain->config.name,
				 config->uuid);
	return 0;
}

/* A client that may want to take its creation back before it has an answer gives the UUID itself.
 */
static int choose_uuid(struct domain_config *config, const char *wanted, struct error *err)
{
	uint8_t uuid[UUID_BYTES];
	int ret;

	if (wanted && uuid_parse(wanted, uuid))
		return error_set(err, ERROR_USAGE, "rpc", "parameter uuid: not a UUID");
	ret = wanted ? 0 : uuid_generate(uuid);
	if (ret)
		return error_set(err, ERROR_FAILED, "check", "no random numbers: %s",
				 strerror(-ret));
	uuid_format(uuid, config->uuid);
	return 0;
}

static int read_config(struct build *build, const struct create_request *request, struct error *err)
{
	struct domain_config *config = &build->config;
	struct xml_source source = {
		.text = request->xml,
		.length = request->xml_length,
		.file = request->file,
		.base_dir = request->base_dir,
	};
	struct xml_listener listener = { .warning = add_warning, .context = build->warnings };
	int ret = domain_config_read(config, &source, &listener, err);

	if (ret)
		return ret;
	if (!config->uuid[0])
		ret = choose_uuid(config, request->uuid, err);
	if (!ret)
		ret = check_actions(config, err);
	if (!ret)
		ret = check_unique(build->pvd, config, err);
	return ret;
}

/* An ended domain of the same name or UUID makes room for the new one. */
static void replace_ended(struct pvd *pvd, const struct domain_config *config)
{
	struct domain *domain, *next;

	for (domain = TAILQ_FIRST(&pvd->domains); domain; domain = next) {
		next = TAILQ_NEXT(domain, entry);
		if (!domain_exists(domain) && (!strcmp(domain->config.name, config->name) ||
					       !strcmp(domain->config.uuid, config->uuid)))
			domain_remove(domain);
	}
}

/* Enters the domain into the table and onto disk. */
static int enter(struct build *build, struct error *err)
{
	replace_ended(build->pvd, &build->config);
	build->domain = domain_add(build->pvd, &build->config);
	if (!build->domain)
		return error_set(err, ERROR_FAILED, "check", "out of memory");
	build->domain->build = build;
	state_save(build->domain);
	return 0;
}

int create_start(struct client *client, json_t *id, const struct create_request *request,
		 struct error *err)
{
	struct build *build = build_new(client_pvd(client), build_done);
	int ret;

	if (!build)
		return error_set(err, ERROR_FAILED, "check", "out of memory");
	build->client = client;
	build->id = json_incref(id);
	build->paused = request->paused;
	ret = read_config(build, request, err);
	/* The builder keeps strings of the configuration, which enter() moves but does not copy. */
	if (!ret)
		ret = build_prepare(build, &build->config, err);
	if (!ret && !request->dry_run)
		ret = enter(build, err);
	if (!ret) {
		build_submit(build);
		return 0;
	}
	if (build->config.name)
		error_domain(err, build->config.name);
	build_free(build);
	return ret;
}

void create_again(struct domain *domain)
{
	struct build *build = build_new(domain->pvd, build_done);
	struct error err = ERROR_INIT;

	domain->phase = PHASE_BUILDING;
	domain->restarting = true;
	domain_set_reason(domain, "starting up");
	state_save(domain);
	if (!build) {
		domain_end(domain, false, "failed", "out of memory");
		domain_changed(domain, "Stopped", "Failed");
		return;
	}
	build->domain = domain;
	domain->build = build;
	if (!build_prepare(build, &domain->config, &err)) {
		build_submit(build);
		return;
	}
	build->err = err;
	domain->build = NULL;
	fail(build);
	build_free(build);
}

void create_cancel(struct domain *domain)
{
	if (domain->build)
		builder_cancel(&domain->build->builder);
}
