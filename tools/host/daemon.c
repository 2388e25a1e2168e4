/* SPDX-License-Identifier: MIT */
/* daemon.c - restarting pvd (see daemon.h). The supervisor is asked by a signal and answers in
 * state.json, where it counts the starts. */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "explain.h"
#include "start.h"
#include "state.h"

#define STAGE   "host"
#define STEP_MS 50

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Finds out whom to ask: a supervisor that does not count starts does not know the signal. */
static int read_running(const struct host_paths *paths, struct host_state *state, struct error *err)
{
	if (!host_is_alive(paths))
		return host_explain(paths, err);
	if (host_state_read(paths, state) || state->pid <= 1 || !state->ready) {
		error_set(err, ERROR_WRONG_STATE, STAGE,
			  "the hosted machine '%s' is only being started", paths->name);
		return error_hint(err, "try again in a moment");
	}
	if (state->daemon != HOST_DAEMON_UNKNOWN)
		return 0;
	error_set(err, ERROR_NOT_SUPPORTED, STAGE,
		  "the hosted machine '%s' was started by an older version", paths->name);
	return error_hint(err, "stop and start it: %s", host_stop_command(paths));
}

static int ask(const struct host_state *state, struct error *err)
{
	if (!kill(state->pid, SIGUSR1))
		return 0;
	return error_set(err, error_from_errno(errno), STAGE, "cannot ask process %d: %s",
			 state->pid, strerror(errno));
}

/* 0: another one answers. -EAGAIN without `err`: not yet. */
static int look(const struct host_paths *paths, unsigned int starts, struct error *err)
{
	struct error why = ERROR_INIT;
	struct host_state state;

	if (!host_is_alive(paths))
		return host_explain(paths, err);
	if (host_state_read(paths, &state) || state.daemon_starts == starts)
		return -EAGAIN;
	if (state.daemon == HOST_DAEMON_GIVEN_UP)
		return host_explain(paths, err);
	return host_ping(paths, 1, &why) ? -EAGAIN : 0;
}

int host_restart_daemon(const struct host_paths *paths, unsigned int timeout, struct error *err)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	int64_t deadline = now_ms() + timeout * INT64_C(1000);
	struct host_state state;
	int rc = read_running(paths, &state, err);

	if (!rc)
		rc = ask(&state, err);
	if (rc)
		return rc;
	while ((rc = look(paths, state.daemon_starts, err)) == -EAGAIN && now_ms() < deadline)
		nanosleep(&step, NULL);
	if (rc != -EAGAIN)
		return rc;
	error_set(err, ERROR_TIMEOUT, STAGE,
		  "pvd of the hosted machine '%s' did not answer within %u s", paths->name,
		  timeout);
	return error_hint(err, "log: %s/pvd.log", paths->state);
}
