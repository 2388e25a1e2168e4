/* SPDX-License-Identifier: MIT */
/* Named parameters of a JSON-RPC request. */
#include "rpc.h"

#include <errno.h>

static int bad_param(struct error *err, const char *name, const char *expected)
{
	error_set(err, ERROR_USAGE, "rpc", "parameter '%s': expected %s", name, expected);
	err->rpc_code = RPC_BAD_PARAMS;
	return -EINVAL;
}

/* The parameter, or NULL when it is absent or null. */
static const json_t *param(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);

	return json_is_null(value) ? NULL : value;
}

int rpc_param_string_or(const json_t *params, const char *name, const char *fallback,
			const char **value, struct error *err)
{
	const json_t *found = param(params, name);

	*value = fallback;
	if (!found)
		return 0;
	*value = json_string_value(found);
	return *value ? 0 : bad_param(err, name, "a string");
}

int rpc_param_string(const json_t *params, const char *name, const char **value, struct error *err)
{
	if (!param(params, name))
		return bad_param(err, name, "a string, found nothing");
	return rpc_param_string_or(params, name, NULL, value, err);
}

int rpc_param_bool_or(const json_t *params, const char *name, bool fallback, bool *value,
		      struct error *err)
{
	const json_t *found = param(params, name);

	*value = fallback;
	if (!found)
		return 0;
	*value = json_is_true(found);
	return json_is_boolean(found) ? 0 : bad_param(err, name, "true or false");
}

int rpc_param_int_or(const json_t *params, const char *name, json_int_t fallback, json_int_t *value,
		     struct error *err)
{
	const json_t *found = param(params, name);

	*value = fallback;
	if (!found)
		return 0;
	*value = json_integer_value(found);
	return json_is_integer(found) ? 0 : bad_param(err, name, "an integer");
}
