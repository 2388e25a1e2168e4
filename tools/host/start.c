/* SPDX-License-Identifier: MIT */
/*
 * Starting an instance: everything that can be refused is checked here, in the user's process and
 * with the user's messages; then the supervisor is forked off and its reports are awaited. Stopping
 * one.
 */
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../lib/rpc_client.h"
#include "explain.h"
#include "plan.h"
#include "spawn.h"

#define STAGE          "host"
#define PINGS_A_SECOND 10

int host_ping(const struct host_paths *paths, unsigned int timeout, struct error *err)
{
	struct rpc_client client = RPC_CLIENT_INIT;
	int rc = rpc_client_connect(&client, paths->socket, err);

	if (!rc)
		rc = rpc_client_call(&client, "ping", NULL, (int)timeout * 1000, NULL, err);
	rpc_client_close(&client);
	return rc;
}

static int differs(const struct host_paths *paths, const char *option, const char *is,
		   const char *wanted, struct error *err)
{
	if (!strcmp(is, wanted))
		return 0;
	error_set(err, ERROR_WRONG_STATE, STAGE,
		  "the hosted machine '%s' runs already, with --%s %s, not %s", paths->name, option,
		  is, wanted);
	return error_hint(err, "stop it first: %s; or start another with --name",
			  host_stop_command(paths));
}

static int compare(const struct host_paths *paths, const struct plan *plan,
		   const struct host_state *running, struct error *err)
{
	const struct host_state *wanted = &plan->state;
	char is[32], want[32];
	int rc = differs(paths, "hypervisor", running->hypervisor, wanted->hypervisor, err) ?:
		 differs(paths, "kernel", running->kernel, wanted->kernel, err) ?:
		 differs(paths, "root", running->root, wanted->root, err);

	if (!rc && plan->accel != HOST_ACCEL_AUTO)
		rc = differs(paths, "accel", running->accelerator, host_accel_name(plan->accel),
			     err);
	snprintf(is, sizeof(is), "%u", running->memory);
	snprintf(want, sizeof(want), "%u", wanted->memory);
	if (!rc)
		rc = differs(paths, "memory", is, want, err);
	snprintf(is, sizeof(is), "%u", running->dom0_memory);
	snprintf(want, sizeof(want), "%u", wanted->dom0_memory);
	return rc ? rc : differs(paths, "dom0-memory", is, want, err);
}

static bool is_given_up(const struct host_paths *paths, struct host_state *state)
{
	return !host_state_read(paths, state) && state->daemon == HOST_DAEMON_GIVEN_UP;
}

/* One that is just being started has its lock some time before it has its sockets. */
static int ping_starting(const struct host_paths *paths, unsigned int timeout, struct error *why)
{
	const struct timespec pause = { .tv_nsec = 1000000000 / PINGS_A_SECOND };
	struct host_state state;
	unsigned int left = timeout * PINGS_A_SECOND;
	int rc;

	while ((rc = host_ping(paths, timeout, why)) && why->code == ERROR_UNREACHABLE && left-- &&
	       host_is_alive(paths) && !is_given_up(paths, &state)) {
		error_clear(why);
		nanosleep(&pause, NULL);
	}
	return rc;
}

/* Somebody else started it, or is just doing so: then the answer comes when pvd is there. */
static int join_running(const struct host_paths *paths, const struct plan *plan,
			unsigned int timeout, struct start_result *result, struct error *err)
{
	struct error why = ERROR_INIT;

	if (ping_starting(paths, timeout, &why)) {
		if (!host_is_alive(paths) || is_given_up(paths, &result->state))
			return host_explain(paths, err);
		error_set(err, ERROR_WRONG_STATE, STAGE,
			  "the hosted machine '%s' runs already but does not answer: %s",
			  paths->name, why.detail);
		return error_hint(err, "stop it first: %s", host_stop_command(paths));
	}
	if (host_state_read(paths, &result->state))
		return error_set(err, ERROR_WRONG_STATE, STAGE,
				 "the hosted machine '%s' runs already, but %s/state.json is"
				 " missing",
				 paths->name, paths->state);
	result->already = true;
	return compare(paths, plan, &result->state, err);
}

/* The start is undone by closing our side of the supervisor's socket, which a handler may do. */
static volatile sig_atomic_t caught;
static int starter_fd = -1;

static void on_interrupt(int number)
{
	caught = number;
	shutdown(starter_fd, SHUT_WR);
}

static const int interrupts[] = { SIGINT, SIGTERM, SIGHUP };

static void catch_interrupts(struct sigaction old[3])
{
	struct sigaction action = { .sa_handler = on_interrupt };

	for (int i = 0; i < 3; i++)
		sigaction(interrupts[i], &action, &old[i]);
}

static void restore_interrupts(const struct sigaction old[3])
{
	for (int i = 0; i < 3; i++)
		sigaction(interrupts[i], &old[i], NULL);
}

struct report {
	bool ready;
	int code; /* of "failed", 0: not said */
};

static void take_line(struct report *report, char *line, void (*stage)(const char *text))
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "stage ", 6)) {
		if (stage)
			stage(line + 6);
	} else if (!strncmp(line, "ready", 5)) {
		report->ready = true;
	} else if (!strncmp(line, "failed ", 7)) {
		report->code = atoi(line + 7);
	}
}

/* Reads until the supervisor has closed its side: it is ready, or it is gone. */
static void read_reports(struct report *report, void (*stage)(const char *text))
{
	struct rpc_buffer in = { 0 };
	ssize_t count;
	char *line;

	do {
		count = rpc_buffer_read(&in, starter_fd);
		while ((line = rpc_buffer_line(&in, NULL)))
			take_line(report, line, stage);
	} while (count > 0);
	rpc_buffer_free(&in);
}

/* It releases its lock by ending, right after its last report. */
static int await_end(const struct host_paths *paths, unsigned int timeout, struct error *err);

static int explain_failure(const struct host_paths *paths, const struct report *report,
			   struct start_result *result, struct error *err)
{
	struct host_ended ended = { .detail = "the supervisor died" };

	host_ended_read(paths, &ended);
	result->tried = true;
	result->signal = caught;
	if (caught)
		return error_set(err, ERROR_FAILED, STAGE, "interrupted; what was begun is undone");
	error_set(err, report->code == ERROR_TIMEOUT ? ERROR_TIMEOUT : ERROR_FAILED, STAGE,
		  "the hosted machine '%s' did not start: %s", paths->name, ended.detail);
	return error_hint(err, "logs: %s/{console,pvd,qemu}.log", paths->state);
}

static int follow(const struct host_paths *paths, int starter, void (*stage)(const char *text),
		  struct start_result *result, struct error *err)
{
	struct sigaction old[3];
	struct report report = { .code = 0 };
	struct error ignored = ERROR_INIT;

	caught = 0;
	starter_fd = starter;
	catch_interrupts(old);
	read_reports(&report, stage);
	restore_interrupts(old);
	close(starter);
	if (report.ready)
		return host_state_read(paths, &result->state);
	await_end(paths, 10, &ignored);
	return explain_failure(paths, &report, result, err);
}

/* With the locks held. The descriptors are the supervisor's in the end, so the locks live as long
 * as that does. */
static int start_locked(const struct host_paths *paths, struct plan *plan,
			const int locks[HOST_LOCKS], void (*stage)(const char *text),
			struct start_result *result, struct error *err)
{
	int rc = plan_prepare(plan, paths, stage, err), starter;

	if (!rc)
		rc = spawn_supervisor(plan, paths, locks, &starter, err);
	for (int i = 0; i < HOST_LOCKS; i++)
		close(locks[i]);
	return rc ? rc : follow(paths, starter, stage, result, err);
}

/* Callers may come without standard descriptors; then our own must not take their numbers. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int host_start(const struct host_paths *paths, const struct host_options *options,
	       void (*stage)(const char *text), struct start_result *result, struct error *err)
{
	static struct plan plan;
	int locks[HOST_LOCKS], rc;

	memset(result, 0, sizeof(*result));
	fill_standard_fds();
	rc = host_options_check(options, err);
	if (!rc)
		rc = host_paths_make(paths, err);
	if (!rc)
		rc = plan_make(&plan, paths, options, err);
	if (rc)
		return rc;
	rc = host_lock(paths, locks, err);
	if (rc == -EWOULDBLOCK)
		return join_running(paths, &plan, options->timeout, result, err);
	return rc ? rc : start_locked(paths, &plan, locks, stage, result, err);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Waits for the lock rather than for a socket or a process: it is what says that the instance is
 * gone. */
static int await_end(const struct host_paths *paths, unsigned int timeout, struct error *err)
{
	struct sigaction action = { .sa_handler = on_alarm }, old;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX + 8];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/lock", paths->runtime);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0;
	sigaction(SIGALRM, &action, &old);
	alarm(timeout);
	rc = fcntl(fd, F_OFD_SETLKW, &lock);
	alarm(0);
	sigaction(SIGALRM, &old, NULL);
	close(fd);
	if (!rc)
		return 0;
	error_set(err, ERROR_TIMEOUT, STAGE, "the hosted machine '%s' still runs after %u s",
		  paths->name, timeout);
	return error_hint(err, "a second stop ends it at once");
}

int host_stop(const struct host_paths *paths, unsigned int timeout, struct error *err)
{
	struct host_state state;

	if (!host_is_alive(paths))
		return host_explain(paths, err);
	if (host_state_read(paths, &state) || state.pid <= 1) {
		error_set(err, ERROR_WRONG_STATE, STAGE,
			  "the hosted machine '%s' is only being prepared", paths->name);
		return error_hint(err,
				  "interrupt the command that starts it, or try again in a moment");
	}
	if (kill(state.pid, SIGTERM) && errno != ESRCH)
		return error_set(err, error_from_errno(errno), STAGE, "cannot stop process %d: %s",
				 state.pid, strerror(errno));
	return await_end(paths, timeout, err);
}
