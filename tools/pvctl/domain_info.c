/* SPDX-License-Identifier: MIT */
/* One domain's answer to domain.info. */
#include "domain_info.h"

#include <stdio.h>
#include <string.h>

json_t *domain_params(const char *domain)
{
	return json_pack("{s:s}", "domain", domain);
}

int domain_tell_error(const struct error *err, const char *domain, const char *what)
{
	struct error shown = *err;

	if (err->code != ERROR_NO_DOMAIN || globals.json)
		return tell_error(err, what ? "%s" : NULL, what);
	snprintf(shown.detail, sizeof(shown.detail), "failed to get domain '%s'", domain);
	return tell_error(&shown, NULL);
}

json_t *domain_info_get(struct rpc_client *client, const char *domain, int *status)
{
	struct error err = ERROR_INIT;
	json_t *info = NULL;

	*status = session_call(client, "domain.info", domain_params(domain), &info, &err);
	if (*status)
		domain_tell_error(&err, domain, NULL);
	return info;
}

const char *domain_info_cause(const json_t *info)
{
	const json_t *crash = json_object_get(info, "crash");
	const char *cause = json_string_value(json_object_get(crash ? crash : info, "detail"));

	return cause && *cause ? cause : NULL;
}

int domain_tell_cut_off(const json_t *info)
{
	const char *state = field_text(info, "state"), *name = field_text(info, "name");
	struct error err = ERROR_INIT;

	if (strcmp(state, "running") && strcmp(state, "paused"))
		return 0;
	error_domain(&err, name);
	error_set(&err, ERROR_FAILED, "console",
		  "the console was cut off, but domain '%s' is there: it is %s", name, state);
	error_hint(&err, "what was missed, and the console again: pvctl console %s --replay 100",
		   name);
	return tell_error(&err, NULL);
}

json_t *domain_info_open(const char *domain, int *status)
{
	struct rpc_client client = RPC_CLIENT_INIT;
	json_t *info = NULL;

	*status = session_open(&client);
	if (!*status)
		info = domain_info_get(&client, domain, status);
	rpc_client_close(&client);
	return info;
}
