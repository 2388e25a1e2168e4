/* SPDX-License-Identifier: MIT */
/* pvctl host status and list. */
#include "host_show.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/explain.h"
#include "host/state.h"
#include "print.h"
#include "pvctl.h"

enum condition { RUNNING, STARTING, ENDED, ABSENT };

static const char *const condition_words[] = { "running", "starting", "ended", "absent" };

struct view {
	const struct host_paths *paths;
	enum condition condition;
	bool known; /* `state` is filled */
	struct host_state state;
	bool has_end; /* `ended` is filled */
	struct host_ended ended;
};

static void look(struct view *view, const struct host_paths *paths)
{
	memset(view, 0, sizeof(*view));
	view->paths = paths;
	view->known = !host_state_read(paths, &view->state);
	view->has_end = host_last_end(paths, &view->ended);
	if (host_is_alive(paths) || host_is_elsewhere(paths))
		view->condition = view->known && view->state.ready ? RUNNING : STARTING;
	else
		view->condition = view->has_end ? ENDED : ABSENT;
}

static bool lives(const struct view *view)
{
	return view->condition == RUNNING || view->condition == STARTING;
}

static json_t *ended_json(const struct host_ended *ended)
{
	char when[HOST_TIME_TEXT];
	json_t *lines = json_array();

	for (int i = 0; i < HOST_TAIL_LINES && ended->lines[i][0]; i++)
		json_array_append_new(lines, json_string(ended->lines[i]));
	host_time_text(ended->when, when);
	return json_pack("{ss so ss so}", "why", host_end_word(ended->why), "time",
			 ended->when ? json_string(when) : json_null(), "detail", ended->detail,
			 "console", lines);
}

static json_t *state_json(const struct host_state *state)
{
	char started[HOST_TIME_TEXT];

	host_time_text(state->started, started);
	return json_pack("{ss ss ss ss ss ss sI sI sI ss}", "hypervisor", state->hypervisor,
			 "kernel", state->kernel, "kernel_version", state->kernel_version, "root",
			 state->root, "accelerator", state->accelerator, "accelerator_reason",
			 state->accelerator_why, "memory", (json_int_t)state->memory << 20,
			 "dom0_memory", (json_int_t)state->dom0_memory << 20, "start_time",
			 (json_int_t)state->start_ms * 1000000, "started", started);
}

static json_int_t uptime(const struct view *view)
{
	return (json_int_t)time(NULL) - view->state.started;
}

static json_t *view_json(const struct view *view)
{
	bool running = lives(view) && view->known;
	json_t *root = json_pack(
		"{ss ss ss ss ss so so so so}", "name", view->paths->name, "state",
		condition_words[view->condition], "socket", view->paths->socket, "runtime_folder",
		view->paths->runtime, "state_folder", view->paths->state, "pid",
		running ? json_integer(view->state.pid) : json_null(), "uptime",
		running ? json_integer(uptime(view) * 1000000000) : json_null(), "ended",
		!lives(view) && view->has_end ? ended_json(&view->ended) : json_null(), "daemon",
		running ? json_string(host_daemon_word(view->state.daemon)) : json_null());

	if (view->known)
		json_object_update_new(root, state_json(&view->state));
	return root;
}

static void row(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void row(const char *name, const char *format, ...)
{
	char text[PATH_MAX + 320];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_line(stdout, "%-15s %s", name, text);
}

static bool is_given_up(const struct view *view)
{
	return lives(view) && view->known && view->state.daemon == HOST_DAEMON_GIVEN_UP;
}

/* The machine runs without a daemon: what to do stands beside it. */
static void print_daemon(const struct view *view)
{
	if (is_given_up(view))
		row("Daemon:", "given up: %s; start another: %s", view->state.daemon_end,
		    host_restart_command(view->paths));
	else
		row("Daemon:", "%s", host_daemon_word(view->state.daemon));
}

static void print_running(const struct view *view)
{
	const struct host_state *state = &view->state;
	long long up = uptime(view);

	row("Name:", "%s", view->paths->name);
	row("State:", "%s", condition_words[view->condition]);
	print_daemon(view);
	row("Hypervisor:", "%s", state->hypervisor);
	row("Kernel:", "%s (%s)", state->kernel_version, state->kernel);
	row("Accelerator:", "%s (%s)", state->accelerator, state->accelerator_why);
	row("Memory:", "%u MiB, dom0 %u MiB", state->memory, state->dom0_memory);
	row("Root:", "%s", state->root);
	row("Process:", "%d", state->pid);
	row("Uptime:", "%lld:%02lld:%02lld", up / 3600, up / 60 % 60, up % 60);
	if (state->ready)
		row("Start:", "%lld.%lld s", (long long)state->start_ms / 1000,
		    (long long)state->start_ms % 1000 / 100);
	row("Socket:", "%s", view->paths->socket);
	row("State folder:", "%s", view->paths->state);
}

static int tell_absent(const struct view *view)
{
	struct error err = ERROR_INIT;
	int code;

	host_explain(view->paths, &err);
	code = tell_error(&err, NULL);
	if (view->has_end)
		host_print_tail(&view->ended, stderr);
	return code;
}

int host_show_status(const struct host_paths *paths)
{
	struct view view;

	look(&view, paths);
	if (globals.json) {
		json_t *root = view_json(&view);

		tell_json(root);
		json_decref(root);
		return lives(&view) && !is_given_up(&view) ? 0 : ERROR_UNREACHABLE;
	}
	if (!lives(&view) || host_is_elsewhere(paths))
		return tell_absent(&view);
	print_running(&view);
	return is_given_up(&view) ? ERROR_UNREACHABLE : 0;
}

/* The names of all instances that have a state folder; sorted. */
static int scan_names(struct dirent ***names, struct error *err)
{
	char runtime[PATH_MAX], state[PATH_MAX];
	int count, rc = host_paths_roots(runtime, state, err);

	if (rc)
		return rc;
	count = scandir(state, names, NULL, alphasort);
	if (count < 0 && errno != ENOENT)
		return error_set(err, error_from_errno(errno), "host", "%s: %s", state,
				 strerror(errno));
	return count < 0 ? 0 : count;
}

struct listing {
	bool all, names;
	json_t *array;
	struct table table;
};

static void list_one(struct listing *listing, const struct host_paths *paths)
{
	struct view view;

	look(&view, paths);
	if (view.condition == ABSENT || (!lives(&view) && !listing->all))
		return;
	if (globals.json)
		json_array_append_new(listing->array, view_json(&view));
	else if (listing->names)
		print_line(stdout, "%s", paths->name);
	else
		table_row(&listing->table,
			  (const char *const[]){ paths->name, condition_words[view.condition],
						 view.state.accelerator, view.state.kernel_version,
						 view.state.hypervisor });
}

static void list_end(struct listing *listing)
{
	if (globals.json)
		tell_json(listing->array);
	else if (!listing->names)
		table_print(&listing->table, stdout, globals.quiet);
	table_free(&listing->table);
	json_decref(listing->array);
}

int host_show_list(bool all, bool names_only)
{
	static const char *const head[] = { "Name", "State", "Accel", "Kernel", "Hypervisor" };
	struct listing listing = { .all = all, .names = names_only, .array = json_array() };
	struct error err = ERROR_INIT;
	struct dirent **names = NULL;
	int count = scan_names(&names, &err);

	if (count < 0 || table_init(&listing.table, 5, head)) {
		error_set(&err, ERROR_FAILED, "host", "no memory for a table");
		json_decref(listing.array);
		return tell_error(&err, NULL);
	}
	for (int i = 0; i < count; i++) {
		struct error no_instance = ERROR_INIT;
		struct host_paths paths;

		if (!host_paths(&paths, names[i]->d_name, &no_instance))
			list_one(&listing, &paths);
		free(names[i]);
	}
	free(names);
	list_end(&listing);
	return 0;
}
