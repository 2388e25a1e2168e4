/* SPDX-License-Identifier: MIT */
/* method.c - finds the handler of a request and sends its answer (see method.h). */
#include <string.h>

#include "method.h"

static const struct method *find_in(const struct method *table, const char *name)
{
	for (; table->name; table++) {
		if (!strcmp(table->name, name))
			return table;
	}
	return NULL;
}

static const struct method *find(const char *name)
{
	const struct method *method = find_in(domain_methods, name);

	if (!method)
		method = find_in(life_methods, name);
	if (!method)
		method = find_in(host_methods, name);
	return method;
}

struct domain *method_domain(struct call *call)
{
	const char *text;

	if (rpc_param_string(call->params, "domain", &text, &call->err))
		return NULL;
	return domain_find(call->pvd, text, &call->err);
}

static void unknown_method(struct call *call, const char *name)
{
	call->err.rpc_code = RPC_NO_METHOD;
	error_set(&call->err, ERROR_NOT_SUPPORTED, "rpc", "no method '%s' in this version", name);
	client_refuse(call->client, call->id, &call->err);
}

void method_call(struct client *client, const struct rpc_request *request)
{
	const struct method *method = find(request->method);
	struct call call = {
		.pvd = client_pvd(client),
		.client = client,
		.id = request->id,
		.params = request->params,
		.err = ERROR_INIT,
	};
	int ret;

	if (!method) {
		unknown_method(&call, request->method);
		return;
	}
	ret = method->handle(&call);
	if (ret < 0)
		client_refuse(client, call.id, &call.err);
	else if (ret != METHOD_LATER)
		client_answer(client, call.id, call.result);
}
