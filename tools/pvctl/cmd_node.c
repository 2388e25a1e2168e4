/* SPDX-License-Identifier: MIT */
/* Commands about the host: nodeinfo, capabilities, dmesg, version. */
#include "pvctl.h"

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "print.h"

/* The answer to a method without parameters; NULL with the error printed. */
static json_t *ask_host(const char *method, const char *what, int *status)
{
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	json_t *answer = NULL;

	*status = session_open(&client);
	if (*status)
		return NULL;
	*status = session_call(&client, method, NULL, &answer, &err);
	if (*status)
		tell_error(&err, "%s", what);
	rpc_client_close(&client);
	return answer;
}

static void print_node(const json_t *node)
{
	static const struct {
		const char *label, *field, *unit;
		int shift;
	} rows[] = {
		{ "CPU(s):", "cpus", "", 0 },
		{ "CPU frequency:", "cpu_mhz", " MHz", 0 },
		{ "CPU socket(s):", "sockets", "", 0 },
		{ "Core(s) per socket:", "cores_per_socket", "", 0 },
		{ "Thread(s) per core:", "threads_per_core", "", 0 },
		{ "NUMA cell(s):", "numa_nodes", "", 0 },
		{ "Memory size:", "memory", " KiB", 10 },
	};
	const char *defences = json_string_value(json_object_get(node, "defences"));
	size_t i;

	print_line(stdout, "%-20s %s", "CPU model:", field_text(node, "cpu_model"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		print_line(stdout, "%-20s %lld%s", rows[i].label,
			   field_number(node, rows[i].field) >> rows[i].shift, rows[i].unit);
	if (defences)
		print_line(stdout, "%-20s %s", "Defences:", *defences ? defences : "none");
}

int cmd_nodeinfo(const struct args *args)
{
	int status;
	json_t *node = ask_host("host.info", "failed to get node information", &status);

	(void)args;
	if (node && globals.json)
		tell_json(node);
	else if (node)
		print_node(node);
	json_decref(node);
	return status;
}

/* dmesg and capabilities: one text of the answer. */
static int show_text(const char *method, const char *what, const char *field,
		     enum print_style style)
{
	int status;
	json_t *answer = ask_host(method, what, &status);
	const char *text = json_string_value(json_object_get(answer, field));

	if (answer && globals.json)
		tell_json(answer);
	else if (text)
		print_text(stdout, text, style);
	if (text && !globals.json && *text && text[strlen(text) - 1] != '\n')
		putchar('\n');
	json_decref(answer);
	return status;
}

int cmd_capabilities(const struct args *args)
{
	(void)args;
	return show_text("host.capabilities", "failed to get capabilities", "xml", PRINT_XML);
}

int cmd_dmesg(const struct args *args)
{
	(void)args;
	return show_text("host.dmesg", "failed to get the hypervisor's messages", "text",
			 PRINT_LINES);
}

static void print_version(const json_t *version, bool daemon)
{
	print_line(stdout, "Compiled against library: paravane %s", PACKAGE_VERSION);
	print_line(stdout, "Using library: paravane %s", field_text(version, "library"));
	print_line(stdout, "Using API: Xen %s", field_text(version, "pvd"));
	print_line(stdout, "Running hypervisor: %s %s", field_text(version, "hypervisor"),
		   field_text(version, "hypervisor_version"));
	if (daemon)
		print_line(stdout, "Running against daemon: %s", field_text(version, "pvd"));
}

int cmd_version(const struct args *args)
{
	int status;
	json_t *version = ask_host("host.version", "failed to get the version", &status);

	if (version && globals.json) {
		json_object_set_new(version, "pvctl", json_string(PACKAGE_VERSION));
		tell_json(version);
	} else if (version) {
		print_version(version, args_flag(args, "daemon"));
	}
	json_decref(version);
	return status;
}
