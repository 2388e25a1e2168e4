/* SPDX-License-Identifier: MIT */
/*
 * Which pvd to talk to:
 *
 *     pvd:///system[?socket=PATH]   the daemon of this dom0
 *     pvd:///session[/NAME]         this user's hosted instance
 *     (none)                        the former if it answers, else the latter
 */
#include "pvctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/explain.h"
#include "host/paths.h"

#define SYSTEM_SOCKET  "/run/paravane/pvd.sock"
#define SYSTEM_URI     "pvd:///system"
#define SESSION_URI    "pvd:///session"
#define GREET_MS       30000
#define CONNECT_FAILED "failed to connect to the hypervisor"

/*
 * Makes sure that what listens is pvd and alive, so that later requests need no limit of their own.
 * The limit here lets a hosted machine that is just starting come up: its supervisor keeps the
 * request until then.
 */
static int greet(struct rpc_client *client, const char *path, struct error *err)
{
	struct error why = ERROR_INIT;

	if (!rpc_client_call(client, "ping", NULL, GREET_MS, NULL, &why))
		return 0;
	rpc_client_close(client);
	if (why.code == ERROR_TIMEOUT)
		return error_set(
			err, ERROR_UNREACHABLE, "connect",
			"no answer at '%s' within %d s: pvd hangs, or something else listens there",
			path, GREET_MS / 1000);
	/* pvd itself says why not, e.g. that it has too many clients. */
	if (!strcmp(why.stage, "connect")) {
		*err = why;
		return error_errno(err->code);
	}
	return error_set(err, ERROR_UNREACHABLE, "connect", "no pvd answers at '%s': %s", path,
			 why.detail);
}

static int connect_to(struct rpc_client *client, const char *path, struct error *err)
{
	int ret = rpc_client_connect(client, path, err);

	return ret ? ret : greet(client, path, err);
}

static int open_system(struct rpc_client *client, const char *path, struct error *err)
{
	int ret = connect_to(client, path, err);

	if (ret && err->code == ERROR_UNREACHABLE)
		error_hint(err,
			   "pvd does not run here. Start it as root, or start a hosted machine: "
			   "pvctl host start");
	if (ret && err->code == ERROR_PERMISSION)
		error_hint(
			err,
			"Become root or a member of the socket's group, or start a hosted machine: "
			"pvctl host start");
	return ret;
}

/* The supervisor left word of why the machine ended: that explains more than connect's errno.
 * -ENOENT: there never was one. */
static int explain(const struct host_paths *paths, struct error *err)
{
	struct host_ended ended;
	int ret = host_explain(paths, err);

	if (!host_last_end(paths, &ended))
		return host_is_alive(paths) ? ret : -ENOENT;
	if (!globals.json)
		host_print_tail(&ended, stderr);
	return ret;
}

static int open_session(struct rpc_client *client, const char *name, struct error *err)
{
	struct host_paths paths;
	struct error why = ERROR_INIT;
	int ret;

	ret = host_paths(&paths, name, err);
	if (!ret)
		ret = connect_to(client, paths.socket, &why);
	if (why.code == ERROR_UNREACHABLE)
		return explain(&paths, err);
	if (error_is_set(&why))
		*err = why;
	return ret;
}

/* Nothing is at the system's socket, or nothing that this user may look at: root's machines alone
 * make the folder. */
static bool is_out_of_reach(int ret)
{
	return ret == -ENOENT || ret == -EACCES;
}

/* A daemon that is there and in trouble is told of; one that is not only means the other way. */
static int open_any(struct rpc_client *client, struct error *err)
{
	struct error system = ERROR_INIT;
	int ret = open_system(client, SYSTEM_SOCKET, &system), session;

	if (!ret)
		return 0;
	session = open_session(client, HOST_DEFAULT_NAME, err);
	if (session && (!is_out_of_reach(ret) || (ret == -EACCES && session == -ENOENT)))
		*err = system;
	return session;
}

static int open_uri(struct rpc_client *client, const char *uri, struct error *err)
{
	size_t session = strlen(SESSION_URI);

	if (!strcmp(uri, SYSTEM_URI))
		return open_system(client, SYSTEM_SOCKET, err);
	if (!strncmp(uri, SYSTEM_URI "?socket=", strlen(SYSTEM_URI "?socket=")))
		return open_system(client, uri + strlen(SYSTEM_URI "?socket="), err);
	if (!strcmp(uri, SESSION_URI) || !strcmp(uri, SESSION_URI "/"))
		return open_session(client, HOST_DEFAULT_NAME, err);
	if (!strncmp(uri, SESSION_URI "/", session + 1))
		return open_session(client, uri + session + 1, err);
	if (!strncmp(uri, "pvd+ssh:", 8))
		return error_set(err, ERROR_NOT_SUPPORTED, "connect",
				 "'%s': pvd+ssh: not in this version", uri);
	return error_set(err, ERROR_USAGE, "connect",
			 "found URI '%s', expected pvd:///system or pvd:///session[/NAME]", uri);
}

int session_open(struct rpc_client *client)
{
	struct error err = ERROR_INIT;
	int ret;

	client->fd = -1;
	ret = globals.uri ? open_uri(client, globals.uri, &err) : open_any(client, &err);
	return ret ? tell_error(&err, CONNECT_FAILED) : 0;
}

/* A guest's builder may take long under emulation; pvd answers everything else at once or says what
 * it waits for. */
int session_call(struct rpc_client *client, const char *method, json_t *params, json_t **result,
		 struct error *err)
{
	return rpc_client_call(client, method, params, RPC_WAIT_FOREVER, result, err)
		       ? (int)err->code
		       : 0;
}
