/* SPDX-License-Identifier: MIT */
/* pvctl list: domains as a table, as bare names, or as JSON. */
#include "pvctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

static bool is_active(const json_t *domain)
{
	return json_is_integer(json_object_get(domain, "id"));
}

/* Several --state-* options add up; none of them means any state. */
static bool state_wanted(const struct args *args, const char *state)
{
	bool running = args_flag(args, "state-running"), paused = args_flag(args, "state-paused");
	bool off = args_flag(args, "state-shutoff"), other = args_flag(args, "state-other");
	bool is_running = !strcmp(state, "running") || !strcmp(state, "idle");
	bool is_paused = !strcmp(state, "paused"), is_off = !strcmp(state, "shut off");

	if (!running && !paused && !off && !other)
		return true;
	return (running && is_running) || (paused && is_paused) || (off && is_off) ||
	       (other && !is_running && !is_paused && !is_off);
}

/* A pair of opposite options: only one of them given selects, neither or both select nothing. */
static bool pair_wanted(bool yes, bool no, bool is)
{
	return yes == no || yes == is;
}

/* What virsh can select by and no domain here has. */
static bool none_wanted(const struct args *args, const char *what)
{
	char with[32], without[32];

	snprintf(with, sizeof(with), "with-%s", what);
	snprintf(without, sizeof(without), "without-%s", what);
	return pair_wanted(args_flag(args, with), args_flag(args, without), false);
}

static bool wanted(const struct args *args, const json_t *domain)
{
	bool active = is_active(domain);
	bool persistent = json_is_true(json_object_get(domain, "persistent"));
	bool autostart = json_is_true(json_object_get(domain, "autostart"));

	if (!args_flag(args, "all") && active == args_flag(args, "inactive"))
		return false;
	if (!none_wanted(args, "managed-save") || !none_wanted(args, "snapshot") ||
	    !none_wanted(args, "checkpoint"))
		return false;
	return pair_wanted(args_flag(args, "persistent"), args_flag(args, "transient"),
			   persistent) &&
	       pair_wanted(args_flag(args, "autostart"), args_flag(args, "no-autostart"),
			   autostart) &&
	       state_wanted(args, field_text(domain, "state"));
}

/* virsh's order: running ones by id, then the others by name. */
static int compare(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
	long long ids;

	if (is_active(a) != is_active(b))
		return is_active(a) ? -1 : 1;
	ids = field_number(a, "id") - field_number(b, "id");
	if (ids)
		return ids < 0 ? -1 : 1;
	return strcasecmp(field_text(a, "name"), field_text(b, "name"));
}

/* The wanted ones in order, as a new array. */
static json_t *select_domains(const struct args *args, json_t *all)
{
	size_t count = 0, i, size = json_array_size(all);
	json_t **rows = calloc(size + 1, sizeof(*rows)), *chosen = json_array();

	for (i = 0; rows && i < size; i++)
		if (wanted(args, json_array_get(all, i)))
			rows[count++] = json_array_get(all, i);
	if (rows)
		qsort(rows, count, sizeof(*rows), compare);
	for (i = 0; i < count; i++)
		json_array_append(chosen, rows[i]);
	free(rows);
	return chosen;
}

static void id_text(const json_t *domain, char text[24])
{
	if (is_active(domain))
		snprintf(text, 24, "%lld", field_number(domain, "id"));
	else
		snprintf(text, 24, "-");
}

static const char *title_text(const json_t *domain)
{
	const char *title = json_string_value(json_object_get(domain, "title"));

	return title ? title : "";
}

static int print_table(const json_t *domains, bool title)
{
	static const char *const head[] = { "Id", "Name", "State", "Title" };
	struct table table;
	char id[24];
	size_t i;
	int ret = table_init(&table, title ? 4 : 3, head);

	for (i = 0; !ret && i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		const char *row[] = { id, field_text(domain, "name"), field_text(domain, "state"),
				      title_text(domain) };

		id_text(domain, id);
		ret = table_row(&table, row);
	}
	if (!ret)
		table_print(&table, stdout, globals.quiet);
	table_free(&table);
	return ret ? ERROR_FAILED : 0;
}

/* --uuid, --id and --name alone or together, in virsh's order. */
static int print_bare(const struct args *args, const json_t *domains)
{
	bool uuid = args_flag(args, "uuid"), by_id = args_flag(args, "id"),
	     name = args_flag(args, "name");
	const json_t *domain;
	char id[24];
	size_t i;

	for (i = 0; i < json_array_size(domains); i++) {
		domain = json_array_get(domains, i);
		id_text(domain, id);
		print_line(stdout, "%s%s%s%s%s", uuid ? field_text(domain, "uuid") : "",
			   uuid && (by_id || name) ? " " : "", by_id ? id : "",
			   by_id && name ? " " : "", name ? field_text(domain, "name") : "");
	}
	return 0;
}

static int print_domains(const struct args *args, json_t *domains)
{
	json_t *object;

	if (globals.json) {
		object = json_pack("{s:O}", "domains", domains);
		tell_json(object);
		json_decref(object);
		return 0;
	}
	if (args_flag(args, "uuid") || args_flag(args, "id") || args_flag(args, "name"))
		return print_bare(args, domains);
	return print_table(domains, args_flag(args, "title"));
}

static int check_options(const struct args *args)
{
	static const char *const bare[] = { "uuid", "name", "id" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (args_flag(args, "table") && args_flag(args, bare[i]))
			return tell_usage("Options --table and --%s are mutually exclusive",
					  bare[i]);
	return 0;
}

int cmd_list(const struct args *args)
{
	bool all = args_flag(args, "all") || args_flag(args, "inactive");
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	json_t *answer = NULL, *domains;
	int status = check_options(args);

	if (!status)
		status = session_open(&client);
	if (status)
		return status;
	status =
		session_call(&client, "domain.list", json_pack("{s:b}", "all", all), &answer, &err);
	if (status)
		tell_error(&err, "Failed to list domains");
	if (!status) {
		domains = select_domains(args, json_object_get(answer, "domains"));
		status = print_domains(args, domains);
		json_decref(domains);
	}
	json_decref(answer);
	rpc_client_close(&client);
	return status;
}
