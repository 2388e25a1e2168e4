/* SPDX-License-Identifier: MIT */
/* Commands that show one domain: dominfo, domstate, domid, domname, domuuid. */
#include "domain_info.h"

#include <stdio.h>

#include "print.h"

static void print_pair(const char *name, const char *value)
{
	print_line(stdout, "%-15s %s", name, value);
}

/* A domain that has ended has no id; virsh shows a hyphen. */
static void id_text(const json_t *info, char text[24])
{
	if (json_is_integer(json_object_get(info, "id")))
		snprintf(text, 24, "%lld", field_number(info, "id"));
	else
		snprintf(text, 24, "-");
}

static void print_info(const json_t *info)
{
	long long nanoseconds = field_number(info, "cpu_time");
	char id[24];

	id_text(info, id);
	print_pair("Id:", id);
	print_pair("Name:", field_text(info, "name"));
	print_pair("UUID:", field_text(info, "uuid"));
	print_pair("OS Type:",
		   json_object_get(info, "os_type") ? field_text(info, "os_type") : "linux");
	print_pair("State:", field_text(info, "state"));
	print_line(stdout, "%-15s %lld", "CPU(s):", field_number(info, "vcpus"));
	if (nanoseconds)
		print_line(stdout, "%-15s %lld.%llds", "CPU time:", nanoseconds / 1000000000,
			   nanoseconds / 100000000 % 10);
	print_line(stdout, "%-15s %lld KiB", "Max memory:", field_number(info, "max_memory") >> 10);
	print_line(stdout, "%-15s %lld KiB", "Used memory:", field_number(info, "memory") >> 10);
	print_pair("Persistent:", json_is_true(json_object_get(info, "persistent")) ? "yes" : "no");
	print_pair("Autostart:",
		   json_is_true(json_object_get(info, "autostart")) ? "enable" : "disable");
	print_pair("Managed save:", "no");
}

int cmd_dominfo(const struct args *args)
{
	int status;
	json_t *info = domain_info_open(args_text(args, "domain"), &status);

	if (info && globals.json)
		tell_json(info);
	else if (info)
		print_info(info);
	json_decref(info);
	return status;
}

static void print_state(const json_t *info, bool with_reason)
{
	const char *state = field_text(info, "state"), *cause = domain_info_cause(info);

	if (!with_reason) {
		print_line(stdout, "%s", state);
		return;
	}
	print_line(stdout, "%s (%s)", state, field_text(info, "reason"));
	if (cause)
		print_line(stdout, "%s", cause);
}

int cmd_domstate(const struct args *args)
{
	int status;
	json_t *info = domain_info_open(args_text(args, "domain"), &status), *shown;

	if (info && globals.json) {
		shown = json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*}", "name",
				  json_object_get(info, "name"), "state",
				  json_object_get(info, "state"), "reason",
				  json_object_get(info, "reason"), "crash",
				  json_object_get(info, "crash"), "detail",
				  json_object_get(info, "detail"));
		tell_json(shown);
		json_decref(shown);
	} else if (info) {
		print_state(info, args_flag(args, "reason"));
	}
	json_decref(info);
	return status;
}

/* domid, domname and domuuid: one field of the answer, as text or as {field: value}. */
static int print_field(const struct args *args, const char *field)
{
	int status;
	json_t *info = domain_info_open(args_text(args, "domain"), &status), *shown;
	char id[24];

	if (info && globals.json) {
		shown = json_pack("{s:O*}", field, json_object_get(info, field));
		tell_json(shown);
		json_decref(shown);
	} else if (info && !json_is_string(json_object_get(info, field))) {
		id_text(info, id);
		print_line(stdout, "%s", id);
	} else if (info) {
		print_line(stdout, "%s", field_text(info, field));
	}
	json_decref(info);
	return status;
}

int cmd_domid(const struct args *args)
{
	return print_field(args, "id");
}

int cmd_domname(const struct args *args)
{
	return print_field(args, "name");
}

int cmd_domuuid(const struct args *args)
{
	return print_field(args, "uuid");
}
