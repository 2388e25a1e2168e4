/* SPDX-License-Identifier: MIT */
/* Commands that show one domain: dominfo, domstate, domid, domname, domuuid, dumpxml. */
#include "domain_info.h"

#include <stdio.h>
#include <stdlib.h>

#include "print.h"

static void print_pair(const char *name, const char *value)
{
	char *safe = print_safe(value);

	printf("%-15s %s\n", name, safe ? safe : "?");
	free(safe);
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
	printf("%-15s %lld\n", "CPU(s):", field_number(info, "vcpus"));
	if (nanoseconds)
		printf("%-15s %lld.%llds\n", "CPU time:", nanoseconds / 1000000000,
		       nanoseconds / 100000000 % 10);
	printf("%-15s %lld KiB\n", "Max memory:", field_number(info, "max_memory") >> 10);
	printf("%-15s %lld KiB\n", "Used memory:", field_number(info, "memory") >> 10);
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
	const char *detail =
		json_string_value(json_object_get(json_object_get(info, "crash"), "detail"));
	char *safe = detail ? print_safe(detail) : NULL;

	printf("%s", field_text(info, "state"));
	if (with_reason)
		printf(" (%s)", field_text(info, "reason"));
	putchar('\n');
	if (with_reason && safe)
		printf("%s\n", safe);
	free(safe);
}

int cmd_domstate(const struct args *args)
{
	int status;
	json_t *info = domain_info_open(args_text(args, "domain"), &status), *shown;

	if (info && globals.json) {
		shown = json_pack("{s:O*, s:O*, s:O*, s:O*}", "name", json_object_get(info, "name"),
				  "state", json_object_get(info, "state"), "reason",
				  json_object_get(info, "reason"), "crash",
				  json_object_get(info, "crash"));
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
		puts(id);
	} else if (info) {
		puts(field_text(info, field));
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

int cmd_dumpxml(const struct args *args)
{
	const char *domain = args_text(args, "domain");
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	json_t *answer = NULL;
	int status = session_open(&client);

	if (status)
		return status;
	status = session_call(&client, "domain.xml", domain_params(domain), &answer, &err);
	if (status)
		domain_tell_error(&err, domain, NULL);
	else if (globals.json)
		tell_json(answer);
	else
		fputs(field_text(answer, "xml"), stdout);
	json_decref(answer);
	rpc_client_close(&client);
	return status;
}
