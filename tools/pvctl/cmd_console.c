/* SPDX-License-Identifier: MIT */
/* pvctl console: attach to a domain's console. */
#include "console.h"
#include "domain_info.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A domain has one console, whose alias in virsh's XML is this. */
static int check_device(const char *name)
{
	if (!name || !strcmp(name, "console0"))
		return 0;
	return tell_unsupported("option --devname: found '%s', a domain has 'console0' only", name);
}

/* The end of a console is the end of its domain, unless pvd ended or would not wait for us. */
static int check_gone(const char *domain)
{
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	json_t *info = NULL;
	int status = session_open(&client);

	if (status)
		return status;
	status = session_call(&client, "domain.info", domain_params(domain), &info, &err);
	rpc_client_close(&client);
	if (!status)
		status = domain_tell_cut_off(info);
	else if (status == ERROR_NO_DOMAIN)
		status = 0;
	else
		tell_error(&err, NULL);
	json_decref(info);
	return status;
}

int cmd_console(const struct args *args)
{
	const char *domain = args_text(args, "domain");
	long long linger = args_number(args, "timeout", CONSOLE_STAY);
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	enum console_end end;
	int status = check_device(args_text(args, "devname"));

	if (!status)
		status = session_open(&client);
	if (status)
		return status;
	if (console_attach(&client, domain, args_number(args, "replay", 0), &err)) {
		rpc_client_close(&client);
		return domain_tell_error(&err, domain, "Failed to open console");
	}
	console_greet("domain", domain);
	end = console_run(&client, linger, &err);
	rpc_client_close(&client);
	if (isatty(STDIN_FILENO) && !globals.quiet)
		fputc('\n', stderr);
	if (end == CONSOLE_TIMEOUT)
		error_set(&err, ERROR_TIMEOUT, "console", CONSOLE_TIMEOUT_TEXT, domain, linger);
	if (error_is_set(&err))
		return tell_error(&err, NULL);
	return end == CONSOLE_GONE ? check_gone(domain) : 0;
}
