/* SPDX-License-Identifier: MIT */
/* method_life.c - methods that change domains: create, suspend, resume, shutdown, reboot, destroy.
 */
#include <errno.h>
#include <string.h>

#include "create.h"
#include "lifecycle.h"
#include "method.h"

static int handle_create(struct call *call)
{
	struct create_request request;
	int ret;

	if (rpc_param_string(call->params, "xml", &request.xml, &call->err) ||
	    rpc_param_string_or(call->params, "file", "domain", &request.file, &call->err) ||
	    rpc_param_string_or(call->params, "base_dir", NULL, &request.base_dir, &call->err) ||
	    rpc_param_string_or(call->params, "uuid", NULL, &request.uuid, &call->err) ||
	    rpc_param_bool_or(call->params, "paused", false, &request.paused, &call->err) ||
	    rpc_param_bool_or(call->params, "dry_run", false, &request.dry_run, &call->err))
		return -EINVAL;
	request.xml_length = json_string_length(json_object_get(call->params, "xml"));
	ret = create_start(call->client, call->id, &request, &call->err);
	return ret ? ret : METHOD_LATER;
}

/* Errors about a domain name it. */
static int with_domain(struct call *call, int (*act)(struct domain *domain, struct error *err))
{
	struct domain *domain = method_domain(call);
	int ret;

	if (!domain)
		return -ESRCH;
	ret = act(domain, &call->err);
	if (ret)
		error_domain(&call->err, domain->config.name);
	return ret;
}

static int ask_poweroff(struct domain *domain, struct error *err)
{
	return lifecycle_ask(domain, "poweroff", err);
}

static int ask_reboot(struct domain *domain, struct error *err)
{
	return lifecycle_ask(domain, "reboot", err);
}

static int handle_suspend(struct call *call)
{
	return with_domain(call, lifecycle_suspend);
}

static int handle_resume(struct call *call)
{
	return with_domain(call, lifecycle_unsuspend);
}

static int handle_shutdown(struct call *call)
{
	return with_domain(call, ask_poweroff);
}

static int handle_reboot(struct call *call)
{
	return with_domain(call, ask_reboot);
}

static int handle_destroy(struct call *call)
{
	struct domain *domain = method_domain(call);
	int ret;

	if (!domain)
		return -ESRCH;
	ret = lifecycle_destroy(domain, call->client, call->id, &call->err);
	if (ret)
		error_domain(&call->err, domain->config.name);
	return ret ? ret : METHOD_LATER;
}

const struct method life_methods[] = {
	{ "domain.create", handle_create },
	{ "domain.suspend", handle_suspend },
	{ "domain.resume", handle_resume },
	{ "domain.shutdown", handle_shutdown },
	{ "domain.reboot", handle_reboot },
	{ "domain.destroy", handle_destroy },
	{ NULL, NULL },
};
