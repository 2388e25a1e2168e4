/* SPDX-License-Identifier: MIT */
/*
 * pvctl create.
 *
 * With --console the domain is made paused, the console is attached, and only then it runs: so a
 * guest that prints one line and dies is seen whole. An interrupt before it runs undoes what was
 * begun: the domain has its UUID from here, so it can be destroyed by that on a second connection
 * while the first still waits for the answer. A second interrupt ends the program at once.
 */
#include "console.h"
#include "domain_file.h"
#include "domain_info.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "print.h"

/* How long an interrupt may go unnoticed. */
#define SLICE_MS 100
/* How long the end of what was begun is waited for. */
#define UNDO_MS     5000
#define INTERRUPTED "interrupted"

struct creation {
	const struct args *args;
	const char *path;
	struct domain_file file;
	struct domain_config config;
	struct rpc_client client;
	json_t *made; /* pvd's answer: {id, name, uuid} */
};

static volatile sig_atomic_t interrupted;

static void note_signal(int signal_number)
{
	interrupted = signal_number;
}

/* SA_RESETHAND: the next one is deadly again. */
static void watch_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static int failed(const struct creation *creation, const struct error *err)
{
	return tell_error(err, "Failed to create domain from %s", creation->path);
}

static json_t *create_params(const struct creation *creation)
{
	const struct args *args = creation->args;
	bool paused = args_flag(args, "paused") || args_flag(args, "console");

	return json_pack("{s:s%, s:s, s:s, s:s, s:b, s:b}", "xml", creation->file.text,
			 creation->file.source.length, "file", creation->path, "base_dir",
			 creation->file.base_dir, "uuid", creation->config.uuid, "paused", paused,
			 "dry_run", args_flag(args, "dry-run"));
}

static const char *uuid_of(const struct creation *creation)
{
	return creation->config.uuid;
}

/* `why` may be NULL: what failed has been told. */
static void tell_undone(const struct creation *creation, const char *why, const struct error *err)
{
	const char *name = creation->config.name;
	struct error told = ERROR_INIT;
	bool pending = err->code == ERROR_TIMEOUT;

	if (err->code && !pending && err->code != ERROR_NO_DOMAIN &&
	    err->code != ERROR_WRONG_STATE) {
		tell_error(err, "Failed to destroy domain '%s' again", name);
		return;
	}
	error_domain(&told, name);
	error_set(&told, ERROR_FAILED, "run", "%s%sdomain '%s' is %s", why ? why : "",
		  why ? "; " : "", name, pending ? "being destroyed" : "destroyed again");
	/* As JSON the one error stays the one object. */
	if (why || !globals.json)
		tell_error(&told, NULL);
}

/*
 * Takes the domain back, wherever its creation has got to. pvd goes on with that when we are gone,
 * so a kernel that takes long to unpack need not be waited for. Standard error says what was done:
 * the user asked for something else.
 */
static void undo(struct creation *creation, const char *why)
{
	struct rpc_client other = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;

	if (session_open(&other))
		return;
	rpc_client_call(&other, "domain.destroy", domain_params(uuid_of(creation)), UNDO_MS, NULL,
			&err);
	rpc_client_close(&other);
	tell_undone(creation, why, &err);
}

/* Ends as the signal would have ended us, which is what a shell's loop looks at. */
static int end_interrupted(void)
{
	watch_signals(SIG_DFL);
	raise(interrupted);
	return ERROR_FAILED;
}

/* Waits for the answer or an interrupt; in slices, so that no interrupt falls between two looks. */
static int await_answer(struct creation *creation, struct error *err)
{
	struct error slice;

	do {
		slice = (struct error)ERROR_INIT;
		if (!rpc_client_receive(&creation->client, SLICE_MS, &creation->made, &slice))
			return 0;
	} while (slice.code == ERROR_TIMEOUT && !strcmp(slice.stage, "rpc") && !interrupted);
	*err = slice;
	return slice.code;
}

static int ask_and_wait(struct creation *creation)
{
	struct error err = ERROR_INIT;
	int status;

	rpc_client_send(&creation->client, "domain.create", create_params(creation), &err);
	status = error_is_set(&err) ? (int)err.code : await_answer(creation, &err);
	if (interrupted) {
		if (!args_flag(creation->args, "dry-run"))
			undo(creation, INTERRUPTED);
		return end_interrupted();
	}
	return status ? failed(creation, &err) : 0;
}

static int request_creation(struct creation *creation)
{
	int status = session_open(&creation->client);

	if (status)
		return status;
	watch_signals(note_signal);
	status = ask_and_wait(creation);
	watch_signals(SIG_DFL);
	return status;
}

/* How a domain ended whose console we watched; only a crash is worth a message. */
static int tell_end(struct creation *creation)
{
	int status;
	json_t *info = domain_info_get(&creation->client, uuid_of(creation), &status);
	struct error err = ERROR_INIT;
	const char *cause;

	if (!info)
		return status;
	if (!strcmp(field_text(info, "state"), "crashed") ||
	    !strcmp(field_text(info, "reason"), "crashed")) {
		cause = domain_info_cause(info);
		error_domain(&err, field_text(info, "name"));
		error_set(&err, ERROR_FAILED, "run", "Domain '%s' crashed (%s)%s%s",
			  field_text(info, "name"), field_text(info, "reason"), cause ? ": " : "",
			  cause ? cause : "");
		status = tell_error(&err, NULL);
	} else {
		status = domain_tell_cut_off(info);
	}
	json_decref(info);
	return status;
}

static int watch_console(struct creation *creation, struct rpc_client *console)
{
	long long linger = args_number(creation->args, "timeout", CONSOLE_STAY);
	struct error err = ERROR_INIT;
	enum console_end end = console_run(console, linger, &err);

	if (isatty(STDIN_FILENO) && !globals.quiet)
		fputc('\n', stderr);
	if (end == CONSOLE_TIMEOUT)
		error_set(&err, ERROR_TIMEOUT, "console", CONSOLE_TIMEOUT_TEXT,
			  field_text(creation->made, "name"), linger);
	if (error_is_set(&err))
		return tell_error(&err, NULL);
	return end == CONSOLE_GONE ? tell_end(creation) : 0;
}

/* The domain is paused: attach, then let it run. */
static int start_with_console(struct creation *creation, struct rpc_client *console)
{
	struct error err = ERROR_INIT;
	int status = session_open(console);

	if (status)
		return status;
	if (console_attach(console, uuid_of(creation), 0, &err))
		return failed(creation, &err);
	if (args_flag(creation->args, "paused"))
		return 0;
	status = session_call(&creation->client, "domain.resume", domain_params(uuid_of(creation)),
			      NULL, &err);
	return status ? failed(creation, &err) : 0;
}

/* --autodestroy: the console was left, the domain goes too. It may have ended by itself. */
static void destroy_left(struct creation *creation)
{
	struct error err = ERROR_INIT;

	session_call(&creation->client, "domain.destroy", domain_params(uuid_of(creation)), NULL,
		     &err);
	if (err.code && err.code != ERROR_NO_DOMAIN && err.code != ERROR_WRONG_STATE)
		tell_error(&err, "Failed to destroy domain '%s'", creation->config.name);
}

static int run_with_console(struct creation *creation)
{
	struct rpc_client console = RPC_CLIENT_INIT;
	int status;

	globals.raw_output = true;
	watch_signals(note_signal);
	status = start_with_console(creation, &console);
	if (status || interrupted)
		undo(creation, interrupted ? INTERRUPTED : NULL);
	watch_signals(SIG_DFL);
	if (!status && interrupted)
		status = end_interrupted();
	if (!status) {
		console_greet("domain", field_text(creation->made, "name"));
		status = watch_console(creation, &console);
		if (args_flag(creation->args, "autodestroy"))
			destroy_left(creation);
	}
	rpc_client_close(&console);
	return status;
}

static void tell_created(const struct creation *creation)
{
	const char *name = field_text(creation->made, "name");

	if (args_flag(creation->args, "console") && !args_flag(creation->args, "dry-run")) {
		if (!globals.quiet && !globals.json)
			print_line(stderr, "Domain '%s' created from %s", name, creation->path);
	} else if (globals.json) {
		tell_json(creation->made);
	} else if (args_flag(creation->args, "dry-run")) {
		tell("Domain '%s' would be created from %s", name, creation->path);
	} else {
		tell("Domain '%s' created from %s", name, creation->path);
	}
}

/* The XML is checked, and the domain gets its UUID here if the XML gives none. */
static int read_description(struct creation *creation)
{
	struct domain_config *config = &creation->config;
	struct error err = ERROR_INIT;
	uint8_t uuid[UUID_BYTES];

	if (!domain_file_read(&creation->file, creation->path, config, &err)) {
		if (!config->uuid[0] && !uuid_generate(uuid))
			uuid_format(uuid, config->uuid);
		return 0;
	}
	/* virsh has one line for a file that cannot be read, two for what is wrong in it. */
	if (err.code == ERROR_XML || err.code == ERROR_NOT_SUPPORTED)
		return tell_mistakes(&err, creation->file.mistakes,
				     "Failed to create domain from %s", creation->path);
	return tell_error(&err, NULL);
}

static int check_options(const struct args *args)
{
	if (args_text(args, "pass-fds"))
		return tell_unsupported("option --pass-fds: a PV guest takes no file descriptors");
	if (args_flag(args, "autodestroy") && !args_flag(args, "console"))
		return tell_usage("option --autodestroy needs --console: without it the domain "
				  "would be destroyed at once");
	return 0;
}

int cmd_create(const struct args *args)
{
	struct creation creation = { .args = args,
				     .path = args_text(args, "file"),
				     .client = RPC_CLIENT_INIT };
	int status = check_options(args);

	if (!status)
		status = read_description(&creation);
	if (!status)
		status = request_creation(&creation);
	if (!status) {
		tell_created(&creation);
		if (args_flag(args, "console") && !args_flag(args, "dry-run"))
			status = run_with_console(&creation);
	}
	json_decref(creation.made);
	rpc_client_close(&creation.client);
	domain_config_free(&creation.config);
	domain_file_free(&creation.file);
	return status;
}
