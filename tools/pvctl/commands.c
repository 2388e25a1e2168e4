/* SPDX-License-Identifier: MIT */
/* The command table: the one place that names pvctl's commands, their options and their help. */
#include "pvctl.h"

#include <string.h>

#define DOMAIN_OPTION                                                    \
	{                                                                \
		"domain", OPTION_STRING, true, "domain name, id or uuid" \
	}
#define DRY_RUN_OPTION                                                                  \
	{                                                                               \
		"dry-run", OPTION_FLAG, false, "say what would be done, change nothing" \
	}
#define END                                    \
	{                                      \
		NULL, OPTION_FLAG, false, NULL \
	}

static const struct option_row domain_only[] = { DOMAIN_OPTION, END };
static const struct option_row domain_dry_run[] = { DOMAIN_OPTION, DRY_RUN_OPTION, END };
static const struct option_row no_options[] = { END };

static const struct option_row create_options[] = {
	{ "file", OPTION_STRING, true, "file containing an XML domain description" },
	{ "console", OPTION_FLAG, false, "attach to the console before the domain starts" },
	{ "timeout", OPTION_NUMBER, false,
	  "with --console and without a terminal: seconds to stay after the end of input" },
	{ "paused", OPTION_FLAG, false, "leave the domain paused after creation" },
	{ "autodestroy", OPTION_FLAG, false,
	  "with --console: destroy the domain when the console is left" },
	{ "validate", OPTION_FLAG, false, "validate the XML against the schema: always done" },
	{ "reset-nvram", OPTION_FLAG, false, "changes nothing: PV guests have no NVRAM" },
	{ "pass-fds", OPTION_STRING, false, "not supported" },
	{ "dry-run", OPTION_FLAG, false, "check everything, create nothing" },
	END
};

static const struct option_row list_options[] = {
	{ "all", OPTION_FLAG, false, "list inactive & active domains" },
	{ "inactive", OPTION_FLAG, false, "list inactive domains" },
	{ "transient", OPTION_FLAG, false, "list transient domains" },
	{ "persistent", OPTION_FLAG, false, "list persistent domains" },
	{ "autostart", OPTION_FLAG, false, "list domains with autostart enabled" },
	{ "no-autostart", OPTION_FLAG, false, "list domains with autostart disabled" },
	{ "state-running", OPTION_FLAG, false, "list domains in running state" },
	{ "state-paused", OPTION_FLAG, false, "list domains in paused state" },
	{ "state-shutoff", OPTION_FLAG, false, "list domains in shutoff state" },
	{ "state-other", OPTION_FLAG, false, "list domains in other states" },
	{ "uuid", OPTION_FLAG, false, "list uuids only" },
	{ "name", OPTION_FLAG, false, "list domain names only" },
	{ "id", OPTION_FLAG, false, "list domain ids only" },
	{ "table", OPTION_FLAG, false, "list table (default)" },
	{ "title", OPTION_FLAG, false, "show domain title" },
	{ "managed-save", OPTION_FLAG, false, "changes nothing: no domain has a managed save" },
	{ "with-managed-save", OPTION_FLAG, false, "list domains with managed save state: none" },
	{ "without-managed-save", OPTION_FLAG, false, "list domains without managed save: all" },
	{ "with-snapshot", OPTION_FLAG, false, "list domains with existing snapshot: none" },
	{ "without-snapshot", OPTION_FLAG, false, "list domains without a snapshot: all" },
	{ "with-checkpoint", OPTION_FLAG, false, "list domains with existing checkpoint: none" },
	{ "without-checkpoint", OPTION_FLAG, false, "list domains without a checkpoint: all" },
	END
};

static const struct option_row domstate_options[] = {
	DOMAIN_OPTION, { "reason", OPTION_FLAG, false, "also print reason for the state" }, END
};

static const struct option_row console_options[] = {
	DOMAIN_OPTION,
	{ "replay", OPTION_NUMBER, false, "first show the last lines of the log, so many" },
	{ "timeout", OPTION_NUMBER, false,
	  "without a terminal: seconds to stay after the end of input" },
	{ "devname", OPTION_STRING, false, "console0: the only one there is" },
	{ "force", OPTION_FLAG, false, "changes nothing: clients share a console" },
	{ "safe", OPTION_FLAG, false, "changes nothing: clients cannot harm each other" },
	END
};

static const struct option_row destroy_options[] = {
	DOMAIN_OPTION,
	{ "graceful", OPTION_FLAG, false, "changes nothing: no other force is ever used" },
	{ "remove-logs", OPTION_FLAG, false, "not supported" },
	DRY_RUN_OPTION,
	END
};

static const struct option_row dumpxml_options[] = {
	DOMAIN_OPTION,
	{ "inactive", OPTION_FLAG, false, "as it would be created again, without what is live" },
	{ "security-info", OPTION_FLAG, false, "changes nothing: nothing is left out" },
	{ "update-cpu", OPTION_FLAG, false, "changes nothing: a PV guest has the host's CPU" },
	{ "migratable", OPTION_FLAG, false, "as --inactive" },
	{ "xpath", OPTION_STRING, false, "xpath expression to filter the XML document" },
	{ "wrap", OPTION_FLAG, false, "wrap xpath results in an common root element" },
	END
};

static const struct option_row wait_options[] = {
	DOMAIN_OPTION,
	{ "mode", OPTION_STRING, false, "how to ask, a list: paravirt must be in it" },
	{ "wait", OPTION_FLAG, false, "wait until it is done" },
	{ "timeout", OPTION_NUMBER, false, "with --wait: at most so many seconds" },
	DRY_RUN_OPTION,
	END
};

static const struct option_row event_options[] = {
	{ "domain", OPTION_STRING, false, "only events of this domain, by name, id or uuid" },
	{ "event", OPTION_STRING, false, "which event type to wait for" },
	{ "all", OPTION_FLAG, false, "wait for all event types" },
	{ "loop", OPTION_FLAG, false, "go on until timeout or interrupt, rather than one event" },
	{ "timeout", OPTION_NUMBER, false, "seconds to wait at most" },
	{ "list", OPTION_FLAG, false, "list the event types" },
	{ "timestamp", OPTION_FLAG, false, "show timestamp for each printed event" },
	END
};

static const struct option_row file_only[] = {
	{ "file", OPTION_STRING, true, "file containing an XML domain description" }, END
};

static const struct option_row version_options[] = {
	{ "daemon", OPTION_FLAG, false, "report daemon version too" }, END
};

static const struct option_row help_options[] = {
	{ "command", OPTION_STRING, false,
	  "print help of this command, or of this group of commands" },
	{ "words", OPTION_FLAG, false, "print the words of each command for bash's completion" },
	END
};

const struct command commands[] = {
	{ .name = "console",
	  .group = "domain",
	  .help = "connect to the guest console",
	  .options = console_options,
	  .changes = true,
	  .run = cmd_console,
	  .no_blank = true,
	  .description = "Connect to the console of a domain; Ctrl+] leaves it. Without a terminal "
			 "it is a pipe: bytes in, "
			 "bytes out, until the guest is gone." },
	{ .name = "create",
	  .group = "domain",
	  .help = "create a domain from an XML file",
	  .options = create_options,
	  .changes = true,
	  .run = cmd_create,
	  .description = "Create a domain." },
	{ .name = "destroy",
	  .group = "domain",
	  .help = "destroy (stop) a domain",
	  .options = destroy_options,
	  .changes = true,
	  .run = cmd_destroy,
	  .description = "Forcefully stop a given domain, as if its power were cut." },
	{ .name = "domid",
	  .group = "domain",
	  .help = "convert a domain name or UUID to domain id",
	  .options = domain_only,
	  .run = cmd_domid },
	{ .name = "domname",
	  .group = "domain",
	  .help = "convert a domain id or UUID to domain name",
	  .options = domain_only,
	  .run = cmd_domname },
	{ .name = "domuuid",
	  .group = "domain",
	  .help = "convert a domain name or id to domain UUID",
	  .options = domain_only,
	  .run = cmd_domuuid },
	{ .name = "dumpxml",
	  .group = "domain",
	  .help = "domain information in XML",
	  .options = dumpxml_options,
	  .run = cmd_dumpxml,
	  .description = "Output the domain information as an XML dump to stdout." },
	{ .name = "reboot",
	  .group = "domain",
	  .help = "reboot a domain",
	  .options = wait_options,
	  .changes = true,
	  .run = cmd_reboot,
	  .description = "Ask the domain's kernel to reboot." },
	{ .name = "resume",
	  .group = "domain",
	  .help = "resume a domain",
	  .options = domain_dry_run,
	  .changes = true,
	  .run = cmd_resume,
	  .description = "Resume a previously suspended domain." },
	{ .name = "shutdown",
	  .group = "domain",
	  .help = "gracefully shutdown a domain",
	  .options = wait_options,
	  .changes = true,
	  .run = cmd_shutdown,
	  .description = "Ask the domain's kernel to power off." },
	{ .name = "suspend",
	  .group = "domain",
	  .help = "suspend a domain",
	  .options = domain_dry_run,
	  .changes = true,
	  .run = cmd_suspend,
	  .description = "Suspend a running domain: its vCPUs stop, it stays in memory." },
	{ .name = "validate",
	  .group = "domain",
	  .help = "check an XML domain description",
	  .options = file_only,
	  .run = cmd_validate,
	  .description = "Check a domain description without a host: the reader's rules, then the "
			 "schema." },
	{ .name = "dominfo",
	  .group = "monitor",
	  .help = "domain information",
	  .options = domain_only,
	  .run = cmd_dominfo,
	  .description = "Returns basic information about the domain." },
	{ .name = "domstate",
	  .group = "monitor",
	  .help = "domain state",
	  .options = domstate_options,
	  .run = cmd_domstate,
	  .description = "Returns state about a domain." },
	{ .name = "event",
	  .group = "monitor",
	  .help = "Domain Events",
	  .options = event_options,
	  .run = cmd_event,
	  .description = "List event types, or wait for domain events to occur." },
	{ .name = "list",
	  .group = "monitor",
	  .help = "list domains",
	  .options = list_options,
	  .run = cmd_list,
	  .description = "Returns list of domains." },
	{ .name = "capabilities",
	  .group = "host",
	  .help = "capabilities",
	  .options = no_options,
	  .run = cmd_capabilities,
	  .description = "Returns capabilities of hypervisor/driver." },
	{ .name = "dmesg",
	  .group = "host",
	  .help = "print the hypervisor's messages",
	  .options = no_options,
	  .run = cmd_dmesg,
	  .no_blank = true },
	{ .name = "host",
	  .group = "host",
	  .help = "start, stop and look at hosted machines",
	  .run_argv = cmd_host,
	  .words = "start stop restart-daemon status list console",
	  .no_blank = true },
	{ .name = "nodeinfo",
	  .group = "host",
	  .help = "node information",
	  .options = no_options,
	  .run = cmd_nodeinfo,
	  .description = "Returns basic information about the node." },
	{ .name = "version",
	  .group = "host",
	  .help = "show version",
	  .options = version_options,
	  .run = cmd_version,
	  .no_blank = true,
	  .description = "Display the system version information." },
	{ .name = "help",
	  .group = "help",
	  .help = "print help",
	  .options = help_options,
	  .run = cmd_help,
	  .no_blank = true,
	  .description =
		  "Prints global help, command specific help, or help for a group of related "
		  "commands." },
	{ 0 }
};

const struct command *command_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}
