/* SPDX-License-Identifier: MIT */
/* Commands about the host: nodeinfo, capabilities, dmesg, version. */
#include "pvctl.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
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
	char *model = print_safe(field_text(node, "cpu_model"));

	printf("%-20s %s\n", "CPU model:", model ? model : "?");
	printf("%-20s %lld\n", "CPU(s):", field_number(node, "cpus"));
	printf("%-20s %lld MHz\n", "CPU frequency:", field_number(node, "cpu_mhz"));
	printf("%-20s %lld\n", "CPU socket(s):", field_number(node, "sockets"));
	printf("%-20s %lld\n", "Core(s) per socket:", field_number(node, "cores_per_socket"));
	printf("%-20s %lld\n", "Thread(s) per core:", field_number(node, "threads_per_core"));
	printf("%-20s %lld\n", "NUMA cell(s):", field_number(node, "numa_nodes"));
	printf("%-20s %lld KiB\n", "Memory size:", field_number(node, "memory") >> 10);
	free(model);
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
static int print_text(const char *method, const char *what, const char *field)
{
	int status;
	json_t *answer = ask_host(method, what, &status);
	const char *text = json_string_value(json_object_get(answer, field));

	if (answer && globals.json)
		tell_json(answer);
	else if (text)
		printf("%s%s", text, *text && text[strlen(text) - 1] != '\n' ? "\n" : "");
	json_decref(answer);
	return status;
}

int cmd_capabilities(const struct args *args)
{
	(void)args;
	return print_text("host.capabilities", "failed to get capabilities", "xml");
}

int cmd_dmesg(const struct args *args)
{
	(void)args;
	return print_text("host.dmesg", "failed to get the hypervisor's messages", "text");
}

static void print_line(const char *label, const char *name, const char *version)
{
	char *safe = print_safe(version);

	printf("%s: %s%s%s\n", label, name, *name ? " " : "", safe ? safe : "?");
	free(safe);
}

static void print_version(const json_t *version)
{
	char *hypervisor = print_safe(field_text(version, "hypervisor"));

	print_line("Compiled against library", "paravane", PACKAGE_VERSION);
	print_line("Using library", "paravane", field_text(version, "library"));
	print_line("Using API", "Xen", field_text(version, "pvd"));
	print_line("Running hypervisor", hypervisor ? hypervisor : "?",
		   field_text(version, "hypervisor_version"));
	free(hypervisor);
}

int cmd_version(const struct args *args)
{
	int status;
	json_t *version = ask_host("host.version", "failed to get the version", &status);

	(void)args;
	if (version && globals.json) {
		json_object_set_new(version, "pvctl", json_string(PACKAGE_VERSION));
		tell_json(version);
	} else if (version) {
		print_version(version);
	}
	json_decref(version);
	return status;
}
