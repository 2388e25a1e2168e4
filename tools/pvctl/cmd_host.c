/* SPDX-License-Identifier: MIT */
/* pvctl host: the machines of hosted mode, started, stopped and shown. */
#include "pvctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "host/daemon.h"
#include "host/explain.h"
#include "host/options.h"
#include "host/paths.h"
#include "host/start.h"
#include "host_show.h"
#include "print.h"
#include "suggest.h"

#define STOP_TIMEOUT    40
#define RESTART_TIMEOUT 60

#define NAME_OPTION                                                      \
	{                                                                \
		"name", OPTION_STRING, false, "which instance (default)" \
	}
#define END                                    \
	{                                      \
		NULL, OPTION_FLAG, false, NULL \
	}

static const struct option_row start_options[] = {
	NAME_OPTION,
	{ "accel", OPTION_STRING, false, "auto (KVM if a test boot succeeds), kvm or tcg" },
	{ "memory", OPTION_STRING, false, "of the machine, in MiB (1536)" },
	{ "dom0-memory", OPTION_STRING, false, "of dom0, in MiB (512)" },
	{ "kernel", OPTION_STRING, false,
	  "dom0's kernel; its modules in ../lib/modules beside it" },
	{ "hypervisor", OPTION_STRING, false,
	  "another image than our own, packed or not, e.g. Debian's Xen" },
	{ "root", OPTION_STRING, false, "folder that becomes dom0's root, read-only (/)" },
	{ "hypervisor-args", OPTION_STRING, false, "appended to the hypervisor's command line" },
	{ "dom0-args", OPTION_STRING, false, "appended to the command line of dom0's kernel" },
	{ "timeout", OPTION_NUMBER, false, "seconds until pvd has to answer (120)" },
	END
};

static const struct option_row stop_options[] = {
	NAME_OPTION, { "timeout", OPTION_NUMBER, false, "seconds to wait for its end (40)" }, END
};

static const struct option_row restart_options[] = { NAME_OPTION,
						     { "timeout", OPTION_NUMBER, false,
						       "seconds until pvd has to answer (60)" },
						     END };

static const struct option_row name_options[] = { NAME_OPTION, END };
static const struct option_row list_options[] = { { "name", OPTION_FLAG, false, "names only" },
						  { "all", OPTION_FLAG, false, "ended ones too" },
						  END };

static const struct option_row console_options[] = {
	NAME_OPTION,
	{ "timeout", OPTION_NUMBER, false,
	  "without a terminal: seconds to stay after the end of input" },
	END
};

static int find_paths(const struct args *args, struct host_paths *paths)
{
	struct error err = ERROR_INIT;

	return host_paths(paths, args_text(args, "name"), &err) ? tell_error(&err, NULL) : 0;
}

static int read_options(const struct args *args, struct host_options *options, struct error *err)
{
	const char *memory = args_text(args, "memory"),
		   *dom0_memory = args_text(args, "dom0-memory");
	const char *accel = args_text(args, "accel");
	int rc = 0;

	host_options_default(options);
	options->kernel = args_text(args, "kernel");
	options->hypervisor = args_text(args, "hypervisor");
	options->root = args_text(args, "root");
	options->hypervisor_args = args_text(args, "hypervisor-args");
	options->dom0_args = args_text(args, "dom0-args");
	options->timeout = (unsigned int)args_number(args, "timeout", HOST_TIMEOUT_DEFAULT);
	if (memory)
		rc = host_parse_memory(memory, "memory", &options->memory, err);
	if (!rc && dom0_memory)
		rc = host_parse_memory(dom0_memory, "dom0-memory", &options->dom0_memory, err);
	if (!rc && accel)
		rc = host_parse_accel(accel, &options->accel, err);
	return rc;
}

/* On a terminal one line that changes; elsewhere a line per stage. */
static void show_stage(const char *text)
{
	if (globals.quiet || globals.json)
		return;
	if (isatty(STDERR_FILENO))
		tell_progress("%s", text);
	else
		print_line(stderr, "%s", text);
}

/* dom0 reads what its starter reads: for root that is everything. */
static void warn_root(const struct host_options *options)
{
	if (!geteuid() && !options->root && !globals.quiet && !globals.json)
		print_line(stderr, "warning: started by root, dom0 can read every file of this "
				   "machine; --root DIR exports less");
}

static int tell_start_failure(const struct host_paths *paths, const struct start_result *result,
			      const struct error *err)
{
	struct host_ended ended;
	int code = tell_error(err, NULL);

	if (result->tried && !result->signal && !globals.json && host_last_end(paths, &ended))
		host_print_tail(&ended, stderr);
	if (result->signal) {
		signal(result->signal, SIG_DFL);
		raise(result->signal);
	}
	return code;
}

static int run_start(const struct args *args)
{
	struct host_paths paths;
	struct host_options options;
	struct start_result result = { .already = false };
	struct error err = ERROR_INIT;
	int code = find_paths(args, &paths);

	if (code)
		return code;
	if (read_options(args, &options, &err))
		return tell_error(&err, NULL);
	if (host_start(&paths, &options, show_stage, &result, &err))
		return tell_start_failure(&paths, &result, &err);
	tell_progress_end();
	if (!result.already)
		warn_root(&options);
	if (result.already)
		tell("Host '%s' runs already", paths.name);
	else
		tell("Host '%s' started in %lld.%lld s (%s, Linux %s)", paths.name,
		     (long long)result.state.start_ms / 1000,
		     (long long)result.state.start_ms % 1000 / 100, result.state.accelerator,
		     result.state.kernel_version);
	return 0;
}

static int run_stop(const struct args *args)
{
	struct host_paths paths;
	struct error err = ERROR_INIT;
	int code = find_paths(args, &paths);

	if (code)
		return code;
	if (host_stop(&paths, (unsigned int)args_number(args, "timeout", STOP_TIMEOUT), &err))
		return tell_error(&err, NULL);
	tell("Host '%s' stopped", paths.name);
	return 0;
}

static int run_restart(const struct args *args)
{
	struct host_paths paths;
	struct error err = ERROR_INIT;
	int code = find_paths(args, &paths);

	if (code)
		return code;
	if (host_restart_daemon(&paths, (unsigned int)args_number(args, "timeout", RESTART_TIMEOUT),
				&err))
		return tell_error(&err, NULL);
	tell("pvd of host '%s' restarted", paths.name);
	return 0;
}

static int run_status(const struct args *args)
{
	struct host_paths paths;
	int code = find_paths(args, &paths);

	return code ? code : host_show_status(&paths);
}

static int run_list(const struct args *args)
{
	return host_show_list(args_flag(args, "all"), args_flag(args, "name"));
}

static int attach(const struct host_paths *paths, long long linger, struct error *err)
{
	struct rpc_client client = RPC_CLIENT_INIT;
	enum console_end end;

	if (rpc_client_connect(&client, paths->console, err)) {
		if (err->code == ERROR_UNREACHABLE) {
			error_clear(err);
			host_explain(paths, err);
		}
		return (int)err->code;
	}
	console_greet("host", paths->name);
	if (isatty(STDIN_FILENO) && !globals.quiet)
		print_line(stderr, "Enter gets a shell of dom0");
	end = console_run(&client, linger, err);
	rpc_client_close(&client);
	if (end == CONSOLE_TIMEOUT)
		return ERROR_TIMEOUT;
	return end == CONSOLE_FAILED ? (int)err->code : 0;
}

static int run_console(const struct args *args)
{
	struct host_paths paths;
	struct error err = ERROR_INIT;
	int code = find_paths(args, &paths);

	if (code)
		return code;
	code = attach(&paths, args_number(args, "timeout", CONSOLE_STAY), &err);
	return error_is_set(&err) ? tell_error(&err, NULL) : code;
}

static const struct command verbs[] = {
	{ .name = "start",
	  .group = "host",
	  .help = "start a machine with the hypervisor and dom0 in QEMU",
	  .options = start_options,
	  .changes = true,
	  .run = run_start },
	{ .name = "stop",
	  .group = "host",
	  .help = "power it off",
	  .options = stop_options,
	  .changes = true,
	  .run = run_stop },
	{ .name = "restart-daemon",
	  .group = "host",
	  .help = "start another pvd in it, also where it was given up",
	  .options = restart_options,
	  .changes = true,
	  .run = run_restart },
	{ .name = "status",
	  .group = "host",
	  .help = "what runs, or why it ended",
	  .options = name_options,
	  .run = run_status },
	{ .name = "list",
	  .group = "host",
	  .help = "this user's machines",
	  .options = list_options,
	  .run = run_list },
	{ .name = "console",
	  .group = "host",
	  .help = "its serial console: hypervisor and dom0",
	  .options = console_options,
	  .changes = true,
	  .run = run_console,
	  .no_blank = true },
	{ .name = NULL }
};

static const struct command *verb_find(const char *name)
{
	for (const struct command *verb = verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}

static int unknown_verb(const char *name)
{
	struct suggestion suggestion = { .word = name };
	char hint[64];

	for (const struct command *verb = verbs; verb->name; verb++)
		suggestion_try(&suggestion, verb->name);
	if (suggestion.best)
		snprintf(hint, sizeof(hint), "Did you mean 'host %s'?", suggestion.best);
	return tell_usage_hint(
		suggestion.best ? hint : NULL,
		"host: found '%s', expected start, stop, restart-daemon, status, list "
		"or console",
		name);
}

int cmd_host(int argc, char **argv)
{
	const struct command *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	return verb ? command_run(verb, argc - 1, argv + 1)
		    : unknown_verb(argc > 1 ? argv[1] : "nothing");
}
