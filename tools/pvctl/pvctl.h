/* SPDX-License-Identifier: MIT */
/*
 * What pvctl's commands share: the global options, the command table's row, arguments, and how
 * results are told.
 *
 * Contract: a command returns the exit status of the program (enum error_code; 0 is success) and
 * has then printed its error. Data goes to standard output, messages to standard error. One thread.
 */
#ifndef TOOLS_PVCTL_PVCTL_H
#define TOOLS_PVCTL_PVCTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "rpc_client.h"

/* The options before the command, set by main; raw_output by what copies a console. */
struct globals {
	const char *uri; /* -c, else PVCTL_URI, else NULL */
	bool quiet;      /* -q */
	bool read_only;  /* -r: commands that change anything are refused */
	bool timing;     /* -t */
	char escape;     /* -e: what leaves a console */
	bool json;       /* --format json */
	bool raw_output; /* a console's bytes went to standard output: nothing of ours may follow */
};

extern struct globals globals;

/* What the environment says, before the command line is read. */
void globals_start(void);

/* Takes --format out of `argv`, which may stand before or after the command. 0 or ERROR_USAGE. */
int globals_take_format(int *argc, char **argv);

/* One option before the command. Returns how many arguments it used, or -1 when the program is to
 * end with `status`. */
int globals_take(char **argv, int *status);

enum option_kind {
	OPTION_FLAG,
	OPTION_STRING,
	OPTION_NUMBER,
};

struct option_row {
	const char *name; /* without the dashes; NULL ends a table */
	enum option_kind kind;
	bool required; /* may also be given by position, in the order of the table */
	const char *help;
};

#define MAX_OPTIONS 32

struct args;

struct command {
	const char *name;        /* NULL ends the table */
	const char *group;       /* domain, monitor, host, help: virsh's keywords */
	const char *help;        /* one line */
	const char *description; /* for help NAME; NULL: the line again */
	const struct option_row *options;
	int (*run)(const struct args *args);
	int (*run_argv)(
		int argc,
		char **argv); /* instead of run: parses its own arguments, argv[0] is its name */
	const char *words;    /* with run_argv: the first words it takes, for completion */
	bool changes;         /* refused with -r */
	bool no_blank;        /* no blank line after its output (virsh prints one after most) */
};

/* The table: commands.c. */
extern const struct command commands[];
const struct command *command_find(const char *name);

/* Runs a command with its arguments, argv[0] being its name: main.c. */
int command_run(const struct command *command, int argc, char **argv);

/* Tells what to use in place of a name that is no command, as far as that is known: unknown.c.
 * Returns the exit status. */
int command_unknown(const char *name);

/* A command's arguments, checked against its option table. */
struct args {
	const struct command *command;
	const char *text[MAX_OPTIONS]; /* by row of the table; NULL: not given; a flag that is given
					  has "" */
	long long number[MAX_OPTIONS];
};

/*
 * Parses what follows the command's name: --name VALUE, --name=VALUE, --flag, positions; after "--"
 * positions only. 0, or ERROR_USAGE with the message printed.
 */
int args_parse(struct args *args, const struct command *command, int argc, char **argv);

bool args_flag(const struct args *args, const char *name);
const char *args_text(const struct args *args, const char *name);
/* `fallback` when the option was not given. */
long long args_number(const struct args *args, const char *name, long long fallback);

/*
 * Connects by the rules of -c and prints the error when that fails.
 * Without a URI: the system's socket if it answers, else this user's hosted instance.
 */
int session_open(struct rpc_client *client);

/* One request on a connection of its own or on `client`; NULL and a printed error with `what` as
 * its first line. */
int session_call(struct rpc_client *client, const char *method, json_t *params, json_t **result,
		 struct error *err);

/* Prints "error: ..." lines, or with --format json the error object; `what` (may be NULL) is
 * virsh's first line. Of a file several mistakes may have been found: `mistakes` is an array of
 * error objects (rpc_error_data), all of which are shown, or that of `err` if it is empty or NULL.
 */
int tell_mistakes(const struct error *err, json_t *mistakes, const char *what, ...)
	__attribute__((format(printf, 3, 4)));
#define tell_error(err, ...) tell_mistakes(err, NULL, __VA_ARGS__)

/* What pvctl refuses by itself: prints it, and below it the hint, if that is not NULL. Returns the
 * code. */
int tell_refusal(enum error_code code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define tell_usage(...)            tell_refusal(ERROR_USAGE, NULL, __VA_ARGS__)
#define tell_usage_hint(hint, ...) tell_refusal(ERROR_USAGE, hint, __VA_ARGS__)
#define tell_unsupported(...)      tell_refusal(ERROR_NOT_SUPPORTED, NULL, __VA_ARGS__)

/* A success message: suppressed by -q; with --format json {"message": ...}. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a JSON value for --format json, indented, or on one line; with a newline. */
void tell_json(const json_t *value);
void tell_json_line(const json_t *value);

/* Progress for what takes over a second; only on a terminal, to standard error. */
void tell_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell_progress_end(void);

/* A field of an answer as text: "-" for null or absent. */
const char *field_text(const json_t *object, const char *name);
long long field_number(const json_t *object, const char *name);

/* The commands. */
int cmd_create(const struct args *args);
int cmd_list(const struct args *args);
int cmd_dominfo(const struct args *args);
int cmd_domstate(const struct args *args);
int cmd_domid(const struct args *args);
int cmd_domname(const struct args *args);
int cmd_domuuid(const struct args *args);
int cmd_dumpxml(const struct args *args);
int cmd_validate(const struct args *args);
int cmd_console(const struct args *args);
int cmd_suspend(const struct args *args);
int cmd_resume(const struct args *args);
int cmd_shutdown(const struct args *args);
int cmd_reboot(const struct args *args);
int cmd_destroy(const struct args *args);
int cmd_dmesg(const struct args *args);
int cmd_nodeinfo(const struct args *args);
int cmd_capabilities(const struct args *args);
int cmd_version(const struct args *args);
int cmd_event(const struct args *args);
int cmd_help(const struct args *args);
int cmd_host(int argc, char **argv);

/* What may stand behind "host": cmd_host.c. */
extern const struct command host_verbs[];

/* Help of all commands, and of one: help.c. */
int help_all(void);
void help_print_command(const struct command *command);

#endif
