/* SPDX-License-Identifier: MIT */
/* Help in virsh's layout, and the words of bash's completion, both from the command table. */
#include "pvctl.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *keyword;
	const char *title;
} groups[] = {
	{ "domain", "Domain Management" },
	{ "monitor", "Domain Monitoring" },
	{ "host", "Host and Hypervisor" },
	{ "help", "Help" },
};

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static void print_group(size_t group)
{
	const struct command *command;

	printf(" %s (help keyword '%s'):\n", groups[group].title, groups[group].keyword);
	for (command = commands; command->name; command++)
		if (!strcmp(command->group, groups[group].keyword))
			printf("    %-30s %s\n", command->name, command->help);
	putchar('\n');
}

static void print_grouped(void)
{
	size_t i;

	puts("pvctl [options] <command> [arguments]\n\n"
	     " options:\n"
	     "    -c | --connect=URI   pvd:///system or pvd:///session[/NAME]; else "
	     "PVCTL_URI, else what answers\n"
	     "    -e | --escape=CHAR   what leaves a console: a character, or ^ and one (^])\n"
	     "    -q | --quiet         data only: no heads, no messages of success\n"
	     "    -r | --readonly      refuse commands that change anything\n"
	     "    -t | --timing        print how long the command took\n"
	     "    --format table|json  how results are printed\n"
	     "    -v | --version       print the version\n"
	     "    -h | --help          this help\n\n"
	     "Grouped commands:\n");
	for (i = 0; i < GROUP_COUNT; i++)
		print_group(i);
}

static const char *value_name(const struct option_row *option)
{
	return option->kind == OPTION_NUMBER ? "number" : "string";
}

static void print_synopsis(const struct command *command)
{
	const struct option_row *option;

	printf("    %s", command->name);
	if (command->words)
		printf(" <command> [options]");
	for (option = command->options; option && option->name; option++) {
		if (option->required)
			printf(" <%s>", option->name);
		else if (option->kind == OPTION_FLAG)
			printf(" [--%s]", option->name);
		else
			printf(" [--%s <%s>]", option->name, value_name(option));
	}
	putchar('\n');
}

static void print_options(const struct command *command)
{
	const struct option_row *option;
	char left[64];

	printf("\n  OPTIONS\n");
	for (option = command->options; option->name; option++) {
		if (option->required)
			snprintf(left, sizeof(left), "[--%s] <%s>", option->name,
				 value_name(option));
		else if (option->kind == OPTION_FLAG)
			snprintf(left, sizeof(left), "--%s", option->name);
		else
			snprintf(left, sizeof(left), "--%s <%s>", option->name, value_name(option));
		printf("    %-15s  %s\n", left, option->help);
	}
}

static json_t *command_json(const struct command *command)
{
	const struct option_row *option;
	json_t *options = json_array();

	for (option = command->options; option && option->name; option++)
		json_array_append_new(options,
				      json_pack("{s:s, s:b, s:b, s:s}", "name", option->name,
						"required", option->required, "flag",
						option->kind == OPTION_FLAG, "help", option->help));
	return json_pack("{s:s, s:s, s:s, s:o}", "name", command->name, "group", command->group,
			 "help", command->help, "options", options);
}

static void tell_and_free(json_t *value)
{
	tell_json(value);
	json_decref(value);
}

void help_print_command(const struct command *command)
{
	if (globals.json) {
		tell_and_free(command_json(command));
		return;
	}
	printf("  NAME\n    %s - %s\n\n  SYNOPSIS\n", command->name, command->help);
	print_synopsis(command);
	if (command->description)
		printf("\n  DESCRIPTION\n    %s\n", command->description);
	if (command->words)
		printf("\n  COMMANDS\n    %s\n", command->words);
	if (command->options && command->options->name)
		print_options(command);
	printf("\n");
}

/* Of one group, or of all if it is NULL. */
static json_t *commands_json(const char *group)
{
	const struct command *command;
	json_t *all = json_array();

	for (command = commands; command->name; command++)
		if (!group || !strcmp(command->group, group))
			json_array_append_new(all, command_json(command));
	return all;
}

int help_all(void)
{
	if (globals.json)
		tell_and_free(commands_json(NULL));
	else
		print_grouped();
	return 0;
}

static int help_about(const char *name)
{
	const struct command *command = command_find(name);
	size_t i;

	if (command) {
		help_print_command(command);
		return 0;
	}
	for (i = 0; i < GROUP_COUNT; i++) {
		if (strcmp(groups[i].keyword, name))
			continue;
		if (globals.json)
			tell_and_free(commands_json(name));
		else
			print_group(i);
		return 0;
	}
	return tell_usage("command or command group '%s' doesn't exist", name);
}

/* "@domain" and "@file" stand for what completion looks up. */
static void print_words(const struct command *command)
{
	const struct option_row *option;

	printf("\t[%s]=\"", command->name);
	if (command->words)
		printf("%s", command->words);
	for (option = command->options; option && option->name; option++) {
		if (option->required)
			printf("@%s ", option->name);
		printf("--%s%s", option->name, option[1].name ? " " : "");
	}
	printf("\"\n");
}

static void print_array(const char *name, const struct command *command)
{
	printf("declare -A %s=(\n", name);
	for (; command->name; command++)
		print_words(command);
	puts(")");
}

static void print_all_words(void)
{
	print_array("_pvctl_words", commands);
	print_array("_pvctl_host_words", host_verbs);
}

int cmd_help(const struct args *args)
{
	const char *name = args_text(args, "command");

	if (args_flag(args, "words"))
		print_all_words();
	else if (name)
		return help_about(name);
	else
		return help_all();
	return 0;
}
