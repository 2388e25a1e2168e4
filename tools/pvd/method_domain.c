/* SPDX-License-Identifier: MIT */
/* method_domain.c - methods that read: list, info, xml, wait, console. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "method.h"
#include "notify.h"
#include "sweep.h"

#define REPLAY_MAX 100000

static int handle_list(struct call *call)
{
	struct domain *domain;
	json_t *list;
	bool all;

	if (rpc_param_bool_or(call->params, "all", false, &all, &call->err))
		return -EINVAL;
	sweep(call->pvd);
	list = json_array();
	TAILQ_FOREACH(domain, &call->pvd->domains, entry) {
		if (all || domain_exists(domain))
			json_array_append_new(list, describe_domain(domain));
	}
	call->result = json_pack("{s:o}", "domains", list);
	return 0;
}

static int handle_info(struct call *call)
{
	struct domain *domain;

	sweep(call->pvd);
	domain = method_domain(call);
	if (!domain)
		return -ESRCH;
	call->result = describe_domain_fully(domain);
	return 0;
}

static int handle_xml(struct call *call)
{
	struct domain *domain = method_domain(call);
	struct domain_live live = { .tty = NULL };
	char *xml;

	if (!domain)
		return -ESRCH;
	if (domain->foreign)
		return error_set(&call->err, ERROR_NOT_SUPPORTED, "run",
				 "this daemon did not create the domain and has no XML of it");
	live.id = domain->id;
	xml = domain_config_write(&domain->config, domain->id < 0 ? NULL : &live);
	if (!xml)
		return error_set(&call->err, ERROR_FAILED, "run", "out of memory");
	call->result = json_pack("{s:s}", "xml", xml);
	free(xml);
	return 0;
}

/* Words of virsh's states into bits. */
static int read_states(struct call *call, unsigned int *states)
{
	json_t *words = json_object_get(call->params, "states"), *word;
	enum domain_state state;
	size_t i;

	*states = 0;
	json_array_foreach(words, i, word) {
		if (!json_is_string(word) || !domain_state_parse(json_string_value(word), &state)) {
			call->err.rpc_code = RPC_BAD_PARAMS;
			return error_set(&call->err, ERROR_USAGE, "rpc",
					 "parameter states: entry %zu is no state of a domain", i);
		}
		*states |= 1u << state;
	}
	return 0;
}

static int handle_wait(struct call *call)
{
	json_int_t timeout, domain_id;
	struct domain *domain = method_domain(call);
	struct wait_for what;
	int ret;

	if (!domain)
		return -ESRCH;
	if (read_states(call, &what.states) ||
	    rpc_param_bool_or(call->params, "gone", false, &what.gone, &call->err) ||
	    rpc_param_bool_or(call->params, "settled", false, &what.settled, &call->err) ||
	    rpc_param_int_or(call->params, "id", DOMAIN_NO_ID, &domain_id, &call->err) ||
	    rpc_param_int_or(call->params, "timeout_ns", 0, &timeout, &call->err))
		return -EINVAL;
	if (!what.states && !what.gone && !what.settled) {
		call->err.rpc_code = RPC_BAD_PARAMS;
		return error_set(&call->err, ERROR_USAGE, "rpc",
				 "parameter states, gone or settled: one of them is needed");
	}
	what.domain_id = (int)domain_id;
	what.timeout_ns = timeout;
	ret = notify_wait(call->client, call->id, domain, &what);
	if (ret)
		return error_set(&call->err, ERROR_FAILED, "run", "out of memory");
	return METHOD_LATER;
}

static int handle_console(struct call *call)
{
	struct domain *domain = method_domain(call);
	json_int_t lines;

	if (!domain)
		return -ESRCH;
	if (rpc_param_int_or(call->params, "replay", 0, &lines, &call->err))
		return -EINVAL;
	if (!domain->console)
		return error_set(&call->err, ERROR_NOT_SUPPORTED, "run",
				 "this daemon did not create the domain and has no console of it");
	if (!domain_exists(domain) && lines <= 0)
		return error_set(&call->err, ERROR_WRONG_STATE, "run", "domain is not running");
	if (lines < 0 || lines > REPLAY_MAX)
		lines = lines < 0 ? 0 : REPLAY_MAX;
	client_become_console(call->client, call->id, domain, (unsigned int)lines);
	return METHOD_LATER;
}

const struct method domain_methods[] = {
	{ "domain.list", handle_list },       { "domain.info", handle_info },
	{ "domain.xml", handle_xml },         { "domain.wait", handle_wait },
	{ "domain.console", handle_console }, { NULL, NULL },
};
