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
	END
};

static const struct option_row wait_options[] = {
	DOMAIN_OPTION,
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
	END
};

static const struct option_row file_only[] = {
	{ "file", OPTION_STRING, true, "file containing an XML domain description" }, END
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
	  .run = cmd_console,
	  .no_blank = true,
	  .description = "Connect to the console of a domain; Ctrl+] leaves it. Without a terminal "
			 "it is a pipe: bytes in, "
			 "bytes out, until the guest is gone." },
	{ .name = "create",
	  .group = "domain",
	  .help = "create a domain from an XML file",
	  .options = create_options,
	  .run = cmd_create,
	  .description = "Create a domain." },
	{ .name = "destroy",
	  .group = "domain",
	  .help = "destroy (stop) a domain",
	  .options = domain_dry_run,
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
	  .options = domain_only,
	  .run = cmd_dumpxml,
	  .description = "Output the domain information as an XML dump to stdout." },
	{ .name = "reboot",
	  .group = "domain",
	  .help = "reboot a domain",
	  .options = wait_options,
	  .run = cmd_reboot,
	  .description = "Ask the domain's kernel to reboot." },
	{ .name = "resume",
	  .group = "domain",
	  .help = "resume a domain",
	  .options = domain_dry_run,
	  .run = cmd_resume,
	  .description = "Resume a previously suspended domain." },
	{ .name = "shutdown",
	  .group = "domain",
	  .help = "gracefully shutdown a domain",
	  .options = wait_options,
	  .run = cmd_shutdown,
	  .description = "Ask the domain's kernel to power off." },
	{ .name = "suspend",
	  .group = "domain",
	  .help = "suspend a domain",
	  .options = domain_dry_run,
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
	  .options = no_options,
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

/* Names that users bring along and that later versions will have. They are in neither help nor
 * completion. */
static const char *const later_names[] = {
	"define",
	"start",
	"undefine",
	"edit",
	"autostart",
	"setmem",
	"setmaxmem",
	"setvcpus",
	"vcpucount",
	"vcpuinfo",
	"vcpupin",
	"schedinfo",
	"domblklist",
	"domiflist",
	"domstats",
	"top",
	"save",
	"restore",
	"managedsave",
	"managedsave-remove",
	"dump",
	"attach-device",
	"detach-device",
	"attach-disk",
	"detach-disk",
	"attach-interface",
	"detach-interface",
	"update-device",
	"domif-setlink",
	"domblkstat",
	"domifstat",
	"dommemstat",
	"domxml-from-native",
	"completion",
	"trace",
	"migrate",
	"domrename",
	"cpupool-list",
	"clone",
};

const struct command *command_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

bool command_comes_later(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(later_names) / sizeof(later_names[0]); i++)
		if (!strcmp(later_names[i], name))
			return true;
	return false;
}
