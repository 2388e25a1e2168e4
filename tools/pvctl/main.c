/* SPDX-License-Identifier: MIT */
/* pvctl: the options before the command, then one command of the table. */
#include "pvctl.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "print.h"

/* Anywhere behind the command; where its first word is a command of its own, behind that it is that
 * one's. */
static bool asks_help(const struct command *command, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return true;
		if (command->run_argv)
			return false;
	}
	return false;
}

/* With -r, what would change something is refused before anybody is asked. */
static int refuse_change(const struct command *command)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_PERMISSION, "usage",
		  "operation forbidden: read only access prevents '%s'", command->name);
	return tell_error(&err, NULL);
}

static long long now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

/* virsh ends the output of almost every command with a blank line, and scripts that parse it expect
 * that; with -t it is a line with the time instead, also behind a failure. */
static void end_output(const struct command *command, int status, long long took_us)
{
	if (globals.json || globals.raw_output)
		return;
	if (globals.timing) {
		putchar('\n');
		print_line(stdout, "(Time: %lld.%03lld ms)", took_us / 1000, took_us % 1000);
		putchar('\n');
	} else if (!status && !command->no_blank && !globals.quiet) {
		putchar('\n');
	}
}

int command_run(const struct command *command, int argc, char **argv)
{
	long long start = now_us();
	struct args args;
	int status;

	if (asks_help(command, argc, argv)) {
		help_print_command(command);
		return 0;
	}
	if (command->run_argv)
		return command->run_argv(argc, argv);
	if (args_parse(&args, command, argc - 1, argv + 1))
		return ERROR_USAGE;
	if (command->changes && globals.read_only)
		return refuse_change(command);
	status = command->run(&args);
	end_output(command, status, now_us() - start);
	return status;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (!argc)
		return help_all();
	command = command_find(argv[0]);
	return command ? command_run(command, argc, argv) : command_unknown(argv[0]);
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
	globals_start();
	argc--;
	argv++;
	if (globals_take_format(&argc, argv))
		return ERROR_USAGE;
	while (argc && argv[0][0] == '-') {
		used = globals_take(argv, &status);
		if (used < 0)
			return flush_output(status);
		argc -= used;
		argv += used;
	}
	return flush_output(run(argc, argv));
}
