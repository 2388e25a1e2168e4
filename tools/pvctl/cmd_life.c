/* SPDX-License-Identifier: MIT */
/* Commands that change a domain's life: suspend, resume, shutdown, reboot, destroy. */
#include "domain_info.h"

#include <stdio.h>
#include <string.h>

struct change {
	const char *method;
	const char *verb;  /* "Failed to VERB domain 'x'" */
	const char *done;  /* "Domain 'x' DONE" */
	const char *would; /* "Domain 'x' would be WOULD" */
};

static const struct change suspend = { "domain.suspend", "suspend", "suspended", "suspended" };
static const struct change resume = { "domain.resume", "resume", "resumed", "resumed" };
static const struct change destroy = { "domain.destroy", "destroy", "destroyed", "destroyed" };
static const struct change shutdown = { "domain.shutdown", "shutdown", "is being shutdown",
					"asked to shut down" };
static const struct change reboot = { "domain.reboot", "reboot", "is being rebooted",
				      "asked to reboot" };

static int failed(const struct change *change, const char *domain, const struct error *err)
{
	char what[256];

	snprintf(what, sizeof(what), "Failed to %s domain '%s'", change->verb, domain);
	return domain_tell_error(err, domain, what);
}

/* What can be known without doing it: that the domain is there and runs. */
static int dry_run(struct rpc_client *client, const struct change *change, const char *domain)
{
	struct error err = ERROR_INIT;
	json_t *info;
	int status;

	info = domain_info_get(client, domain, &status);
	if (!info)
		return status;
	if (!json_is_integer(json_object_get(info, "id"))) {
		error_domain(&err, domain);
		error_set(&err, ERROR_WRONG_STATE, "run", "domain is not running: it is %s (%s)",
			  field_text(info, "state"), field_text(info, "reason"));
		status = failed(change, domain, &err);
	} else {
		tell("Domain '%s' would be %s", domain, change->would);
	}
	json_decref(info);
	return status;
}

static int ask(struct rpc_client *client, const struct change *change, const char *domain)
{
	struct error err = ERROR_INIT;

	if (!session_call(client, change->method, domain_params(domain), NULL, &err))
		return 0;
	return failed(change, domain, &err);
}

static int change_domain(const struct args *args, const struct change *change)
{
	const char *domain = args_text(args, "domain");
	struct rpc_client client = RPC_CLIENT_INIT;
	int status = session_open(&client);

	if (status)
		return status;
	if (args_flag(args, "dry-run")) {
		status = dry_run(&client, change, domain);
	} else {
		status = ask(&client, change, domain);
		if (!status)
			tell("Domain '%s' %s", domain, change->done);
	}
	rpc_client_close(&client);
	return status;
}

int cmd_suspend(const struct args *args)
{
	return change_domain(args, &suspend);
}

int cmd_resume(const struct args *args)
{
	return change_domain(args, &resume);
}

int cmd_destroy(const struct args *args)
{
	if (args_flag(args, "remove-logs"))
		return tell_unsupported("option --remove-logs: the console's log stays until the "
					"daemon forgets the domain");
	return change_domain(args, &destroy);
}

/* A wait for what `change` asked for. */
struct wait {
	const char *domain; /* as the user named it */
	json_t *info;       /* the domain before it was asked */
	long long timeout;  /* seconds, -1: none */
};

static json_t *wait_params(const struct wait *wait)
{
	json_t *params =
		json_pack("{s:s, s:b}", "domain", field_text(wait->info, "uuid"), "settled", 1);

	/* To pvd a limit of 0 is none: a nanosecond asks how it stands now. */
	if (wait->timeout >= 0)
		json_object_set_new(params, "timeout_ns",
				    json_integer(wait->timeout * 1000000000 + !wait->timeout));
	/* The domain that was asked, not the one that a restart puts in its place. */
	json_object_set(params, "id", json_object_get(wait->info, "id"));
	return params;
}

/* What has come of it, as domain.wait answers: {state, reason, detail}. */
static bool is_up(const json_t *end)
{
	return !strcmp(field_text(end, "state"), "running") ||
	       !strcmp(field_text(end, "state"), "paused");
}

static bool is_down(const json_t *end)
{
	return !strcmp(field_text(end, "reason"), "shutdown") ||
	       !strcmp(field_text(end, "reason"), "destroyed");
}

/* Whoever made a foreign domain restarts it, as one that pvd sees as another. */
static bool as_asked(const struct change *change, const struct wait *wait, const json_t *end)
{
	if (change == &shutdown)
		return !is_up(end) && is_down(end);
	return is_up(end) || (json_is_true(json_object_get(wait->info, "foreign")) && is_down(end));
}

static int tell_other_end(const struct change *change, const struct wait *wait, const json_t *end)
{
	const char *cause = domain_info_cause(end);
	struct error err = ERROR_INIT;

	error_domain(&err, wait->domain);
	error_set(&err, ERROR_FAILED, "run", "it %s: it is %s (%s)%s%s",
		  change == &shutdown ? "did not shut down" : "did not come back",
		  field_text(end, "state"), field_text(end, "reason"), cause ? ": " : "",
		  cause ? cause : "");
	return failed(change, wait->domain, &err);
}

static int tell_end(const struct change *change, const struct wait *wait, const json_t *end)
{
	if (!as_asked(change, wait, end))
		return tell_other_end(change, wait, end);
	tell("Domain '%s' has been %s", wait->domain,
	     change == &shutdown ? "shutdown" : "rebooted");
	return 0;
}

static int wait_for_end(struct rpc_client *client, const struct change *change, struct wait *wait)
{
	struct error err = ERROR_INIT;
	json_t *answer = NULL;
	int status;

	tell_progress("Waiting for domain '%s' ...", wait->domain);
	status = session_call(client, "domain.wait", wait_params(wait), &answer, &err);
	tell_progress_end();
	if (status == ERROR_TIMEOUT)
		error_hint(&err,
			   "The request stands. To stop the domain by force: pvctl destroy %s",
			   wait->domain);
	status = status ? failed(change, wait->domain, &err) : tell_end(change, wait, answer);
	json_decref(answer);
	return status;
}

static int ask_and_wait(struct rpc_client *client, const struct change *change, struct wait *wait)
{
	int status;

	wait->info = domain_info_get(client, wait->domain, &status);
	if (!wait->info)
		return status;
	status = ask(client, change, wait->domain);
	if (!status)
		status = wait_for_end(client, change, wait);
	json_decref(wait->info);
	return status;
}

static bool is_word(const char *words, const char *word, size_t length)
{
	const char *end;

	for (; *words; words = end + (*end != '\0')) {
		end = strchrnul(words, '|');
		if ((size_t)(end - words) == length && !memcmp(words, word, length))
			return true;
	}
	return false;
}

/* virsh's --mode is a list of ways to ask, tried in turn. A PV kernel is asked in one way. */
static int check_mode(const char *modes)
{
	bool ours = !modes;
	const char *end;

	for (; modes && *modes; modes = end + (*end != '\0')) {
		end = strchrnul(modes, ',');
		if (!is_word("acpi|agent|initctl|signal|paravirt", modes, (size_t)(end - modes)))
			return tell_usage("Unknown mode %.*s value, expecting 'acpi', 'agent', "
					  "'initctl', 'signal', or 'paravirt'",
					  (int)(end - modes), modes);
		ours = ours || is_word("paravirt", modes, (size_t)(end - modes));
	}
	return ours ? 0
		    : tell_unsupported("option --mode: a PV guest can be asked by 'paravirt' only");
}

static int change_and_wait(const struct args *args, const struct change *change)
{
	struct wait wait = { .domain = args_text(args, "domain"),
			     .timeout = args_number(args, "timeout", -1) };
	struct rpc_client client = RPC_CLIENT_INIT;
	int status = check_mode(args_text(args, "mode"));

	if (status)
		return status;
	if (!args_flag(args, "wait") && wait.timeout >= 0)
		return tell_usage("option --timeout needs --wait");
	if (!args_flag(args, "wait") || args_flag(args, "dry-run"))
		return change_domain(args, change);
	status = session_open(&client);
	if (!status)
		status = ask_and_wait(&client, change, &wait);
	rpc_client_close(&client);
	return status;
}

int cmd_shutdown(const struct args *args)
{
	return change_and_wait(args, &shutdown);
}

int cmd_reboot(const struct args *args)
{
	return change_and_wait(args, &reboot);
}
