/* SPDX-License-Identifier: MIT */
/* Why an instance does not answer. */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include "print.h"

static const char *command(const struct host_paths *paths, const char *verb)
{
	static char text[HOST_NAME_MAX_LEN + 64];

	if (strcmp(paths->name, HOST_DEFAULT_NAME))
		snprintf(text, sizeof(text), "pvctl host %s --name %s", verb, paths->name);
	else
		snprintf(text, sizeof(text), "pvctl host %s", verb);
	return text;
}

const char *host_start_command(const struct host_paths *paths)
{
	return command(paths, "start");
}

const char *host_stop_command(const struct host_paths *paths)
{
	return command(paths, "stop");
}

const char *host_restart_command(const struct host_paths *paths)
{
	return command(paths, "restart-daemon");
}

bool host_last_end(const struct host_paths *paths, struct host_ended *ended)
{
	struct host_state state;

	if (!host_ended_read(paths, ended))
		return true;
	if (host_state_read(paths, &state))
		return false;
	memset(ended, 0, sizeof(*ended));
	ended->why = HOST_END_NONE;
	snprintf(ended->detail, sizeof(ended->detail),
		 "its supervisor, process %d, was killed or the computer restarted", state.pid);
	return true;
}

static int explain_alive(const struct host_paths *paths, struct error *err)
{
	struct host_state state;

	if (!host_state_read(paths, &state) && state.daemon == HOST_DAEMON_GIVEN_UP) {
		error_set(err, ERROR_UNREACHABLE, "connect",
			  "the hosted machine '%s' runs and so do its guests, but %s", paths->name,
			  state.daemon_end);
		return error_hint(err, "start another pvd: %s", host_restart_command(paths));
	}
	error_set(err, ERROR_UNREACHABLE, "connect",
		  "the hosted machine '%s' runs but does not answer", paths->name);
	return error_hint(err, "see its console: pvctl host console --name %s; end it: %s",
			  paths->name, host_stop_command(paths));
}

int host_explain(const struct host_paths *paths, struct error *err)
{
	struct host_ended ended;
	char when[HOST_TIME_TEXT];

	if (host_is_alive(paths))
		return explain_alive(paths, err);
	if (host_is_elsewhere(paths))
		return host_tell_elsewhere(paths, err);
	if (!host_last_end(paths, &ended)) {
		error_set(err, ERROR_UNREACHABLE, "connect", "no hosted machine '%s' runs",
			  paths->name);
	} else if (ended.when) {
		host_time_text(ended.when, when);
		error_set(err, ERROR_UNREACHABLE, "connect",
			  "the hosted machine '%s' ended at %s: %s", paths->name, when,
			  ended.detail);
	} else {
		error_set(err, ERROR_UNREACHABLE, "connect", "the hosted machine '%s' ended: %s",
			  paths->name, ended.detail);
	}
	return error_hint(err, "start it: %s", host_start_command(paths));
}

void host_print_tail(const struct host_ended *ended, FILE *out)
{
	if (ended->why == HOST_END_STOPPED || !ended->lines[0][0])
		return;
	print_line(out, "the last lines of its console:");
	for (int i = 0; i < HOST_TAIL_LINES && ended->lines[i][0]; i++)
		print_line(out, "    %s", ended->lines[i]);
}
