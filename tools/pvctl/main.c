/* SPDX-License-Identifier: MIT */
/* pvctl: the global options, then one command of the table. */
#include "pvctl.h"

#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct globals globals;

static int set_format(const char *format)
{
	if (!format)
		return tell_usage("option --format requires an argument: table or json");
	if (strcmp(format, "json") && strcmp(format, "table"))
		return tell_usage("option --format: found '%s', expected table or json", format);
	globals.json = !strcmp(format, "json");
	return 0;
}

/* --format may stand before or after the command; after it, it is taken out of `argv`. */
static int take_format(int *argc, char **argv)
{
	int from, to = 0, ret = 0;

	for (from = 0; from < *argc && !ret; from++) {
		if (!strcmp(argv[from], "--"))
			break;
		if (!strcmp(argv[from], "--format"))
			ret = set_format(from + 1 < *argc ? argv[++from] : NULL);
		else if (!strncmp(argv[from], "--format=", 9))
			ret = set_format(argv[from] + 9);
		else
			argv[to++] = argv[from];
	}
	while (from < *argc)
		argv[to++] = argv[from++];
	*argc = to;
	argv[to] = NULL;
	return ret;
}

static int usage(void)
{
	struct args none = { .command = command_find("help") };

	return cmd_help(&none);
}

/* One option before the command. Returns how many arguments it used, or -1 when the program is to
 * end with `status`. */
static int take_global(char **argv, int *status)
{
	const char *arg = argv[0];

	if (!strcmp(arg, "-q") || !strcmp(arg, "--quiet")) {
		globals.quiet = true;
		return 1;
	}
	if (!strcmp(arg, "-h") || !strcmp(arg, "--help")) {
		*status = usage();
		return -1;
	}
	if (!strcmp(arg, "-v") || !strcmp(arg, "-V") || !strcmp(arg, "--version")) {
		puts(PACKAGE_VERSION);
		return -1;
	}
	if (!strcmp(arg, "-c") || !strcmp(arg, "--connect")) {
		globals.uri = argv[1];
		if (argv[1])
			return 2;
		*status = tell_usage("option %s requires an argument: a URI", arg);
		return -1;
	}
	if (!strncmp(arg, "--connect=", 10)) {
		globals.uri = arg + 10;
		return 1;
	}
	*status = tell_usage("unsupported option '%s'. See --help.", arg);
	return -1;
}

static int run_later(const char *name)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_NOT_SUPPORTED, "usage", "command '%s': not in this version", name);
	return tell_error(&err, NULL);
}

static bool asks_help(int argc, char **argv)
{
	return argc == 1 && !strcmp(argv[0], "--help");
}

/* virsh ends the output of almost every command with a blank line, and scripts that parse it expect
 * that. */
static int run_command(const struct command *command, int argc, char **argv)
{
	struct args args;
	int status;

	if (asks_help(argc - 1, argv + 1)) {
		help_print_command(command);
		return 0;
	}
	if (command->run_argv)
		return command->run_argv(argc, argv);
	if (args_parse(&args, command, argc - 1, argv + 1))
		return ERROR_USAGE;
	status = command->run(&args);
	if (!status && !command->no_blank && !globals.quiet && !globals.json && !globals.raw_output)
		putchar('\n');
	return status;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (!argc)
		return usage();
	command = command_find(argv[0]);
	if (command)
		return run_command(command, argc, argv);
	if (command_comes_later(argv[0]))
		return run_later(argv[0]);
	return tell_usage("unknown command: '%s'", argv[0]);
}

/* A full disk or closed pipe must not look like success to the script that reads us. */
static int flush_output(int status)
{
	struct error err = ERROR_INIT;

	if (!ferror(stdout) && !fflush(stdout))
		return status;
	if (status)
		return status;
	error_set(&err, ERROR_FAILED, "output", "cannot write to standard output");
	return tell_error(&err, NULL);
}

int main(int argc, char **argv)
{
	int status = 0, used;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	globals.uri = getenv("PVCTL_URI");
	if (globals.uri && !*globals.uri)
		globals.uri = NULL;
	argc--;
	argv++;
	if (take_format(&argc, argv))
		return ERROR_USAGE;
	while (argc && argv[0][0] == '-') {
		used = take_global(argv, &status);
		if (used < 0)
			return flush_output(status);
		argc -= used;
		argv += used;
	}
	return flush_output(run(argc, argv));
}
