/* SPDX-License-Identifier: MIT */
/* pvctl event: what happens to domains, as it happens. */
#include "domain_info.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "print.h"

#define LIFECYCLE "lifecycle"

struct watch {
	const char *uuid; /* only events of this domain; NULL: of all */
	bool loop;
	bool timestamp;        /* virsh's, before each event */
	long long timeout;     /* seconds; -1: none */
	long long deadline_ms; /* monotonic; -1: none */
	unsigned int received;
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number)
{
	interrupted = signal_number;
}

static long long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* "2026-01-31 12:00:00.123+0000: " from the event's "2026-01-31T12:00:00.123456Z". */
static void write_timestamp(const json_t *event, char text[64])
{
	const char *time = field_text(event, "time");

	if (strlen(time) < strlen("2026-01-31T12:00:00.123"))
		snprintf(text, 64, "%.40s: ", time);
	else
		snprintf(text, 64, "%.10s %.12s+0000: ", time, time + 11);
}

/* False when it cannot be printed: then nobody is left who waits for more. */
static bool print_event(const struct watch *watch, const json_t *event)
{
	char timestamp[64] = "";

	if (watch->timestamp)
		write_timestamp(event, timestamp);
	if (globals.json)
		tell_json_line(event);
	else
		print_line(stdout, "%sevent '%s' for domain '%s': %s %s", timestamp,
			   field_text(event, "event"), field_text(event, "domain"),
			   field_text(event, "change"), field_text(event, "detail"));
	return !fflush(stdout);
}

static void take_event(struct watch *watch, const char *line, size_t length, struct error *err)
{
	json_t *event = json_loadb(line, length, 0, NULL);

	if (event && !strcmp(field_text(event, "event"), LIFECYCLE) &&
	    (!watch->uuid || !strcmp(field_text(event, "uuid"), watch->uuid))) {
		if (!print_event(watch, event))
			error_set(err, ERROR_FAILED, "output",
				  "cannot write to standard output: %s", strerror(errno));
		watch->received++;
	}
	json_decref(event);
}

/* Waits a second at most, so that an interrupt between two waits is seen. */
static int slice_ms(const struct watch *watch)
{
	long long left = watch->deadline_ms < 0 ? 1000 : watch->deadline_ms - now_ms();

	if (left < 0)
		return 0;
	return left < 1000 ? (int)left : 1000;
}

static int watch_events(struct rpc_client *client, struct watch *watch, struct error *err)
{
	struct error why;
	size_t length;
	char *line;
	int ret;

	while (!interrupted && (watch->loop || !watch->received)) {
		why = (struct error)ERROR_INIT;
		ret = rpc_client_line(client, slice_ms(watch), &line, &length, &why);
		if (!ret)
			take_event(watch, line, length, err);
		else if (why.code == ERROR_TIMEOUT && watch->deadline_ms >= 0 &&
			 now_ms() >= watch->deadline_ms)
			break;
		else if (why.code != ERROR_TIMEOUT)
			*err = why;
		if (error_is_set(err))
			return error_errno(err->code);
	}
	return 0;
}

/* Where the lines for people are not printed, the failure is an error like others. */
static int tell_timeout(const struct watch *watch)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_TIMEOUT, "run", "no event within %lld s", watch->timeout);
	return tell_error(&err, NULL);
}

static int report(const struct watch *watch)
{
	bool timed_out = !watch->loop && !watch->received && !interrupted;

	if (timed_out && (globals.json || globals.quiet))
		return tell_timeout(watch);
	if (!globals.json && !globals.quiet) {
		if (interrupted || watch->deadline_ms >= 0)
			if (watch->loop || !watch->received)
				print_line(stdout, interrupted ? "event loop interrupted"
							       : "event loop timed out");
		print_line(stdout, "events received: %u", watch->received);
	}
	return timed_out ? ERROR_TIMEOUT : 0;
}

static int run_watch(struct rpc_client *client, struct watch *watch)
{
	struct error err = ERROR_INIT;
	int status = session_call(client, "event.subscribe", NULL, NULL, &err);

	if (status)
		return tell_error(&err, "Failed to watch events");
	signal(SIGINT, note_interrupt);
	signal(SIGTERM, note_interrupt);
	if (watch_events(client, watch, &err))
		return tell_error(&err, NULL);
	return report(watch);
}

static int watch_with(const struct args *args, struct rpc_client *client)
{
	long long timeout = args_number(args, "timeout", -1);
	const char *domain = args_text(args, "domain");
	struct watch watch = {
		.loop = args_flag(args, "loop"),
		.timestamp = args_flag(args, "timestamp"),
		.timeout = timeout,
		.deadline_ms = timeout < 0 ? -1 : now_ms() + timeout * 1000,
	};
	json_t *info = NULL;
	int status = 0;

	if (domain) {
		info = domain_info_get(client, domain, &status);
		if (!info)
			return status;
		watch.uuid = field_text(info, "uuid");
	}
	status = run_watch(client, &watch);
	json_decref(info);
	return status;
}

static int list_types(void)
{
	json_t *types;

	if (!globals.json) {
		print_line(stdout, LIFECYCLE);
		return 0;
	}
	types = json_pack("{s:[s]}", "events", LIFECYCLE);
	tell_json(types);
	json_decref(types);
	return 0;
}

int cmd_event(const struct args *args)
{
	const char *type = args_text(args, "event");
	struct rpc_client client = RPC_CLIENT_INIT;
	int status;

	if (args_flag(args, "list"))
		return list_types();
	if (!type && !args_flag(args, "all"))
		return tell_usage("one of --list, --all, or --event <type> is required");
	if (type && strcmp(type, LIFECYCLE))
		return tell_usage("unknown event type %s", type);
	status = session_open(&client);
	if (!status)
		status = watch_with(args, &client);
	rpc_client_close(&client);
	return status;
}
