/* SPDX-License-Identifier: MIT */
/* Writes a domain's configuration as XML in virsh's layout. */
#include "xml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '\'': return "&apos;";
	case '"': return "&quot;";
	case '\r': return "&#13;";
	default: return NULL;
	}
}

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (entity(*text))
			fputs(entity(*text), out);
		else
			fputc(*text, out);
	}
}

static void write_text(FILE *out, int indent, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, "%*s<%s>", indent, "", name);
	write_escaped(out, text);
	fprintf(out, "</%s>\n", name);
}

static void write_identity(FILE *out, const struct domain_config *config)
{
	write_text(out, 2, "name", config->name);
	write_text(out, 2, "uuid", config->uuid[0] ? config->uuid : NULL);
	write_text(out, 2, "title", config->title);
	write_text(out, 2, "description", config->description);
	if (config->metadata)
		fprintf(out, "  %s\n", config->metadata);
}

static void write_resources(FILE *out, const struct domain_config *config)
{
	fprintf(out, "  <memory unit='KiB'>%" PRIu64 "</memory>\n", config->memory >> 10);
	fprintf(out, "  <currentMemory unit='KiB'>%" PRIu64 "</currentMemory>\n",
		config->current_memory >> 10);
	fprintf(out, "  <vcpu placement='static'");
	if (config->current_vcpus != config->vcpus)
		fprintf(out, " current='%u'", config->current_vcpus);
	fprintf(out, ">%u</vcpu>\n", config->vcpus);
}

static void write_os(FILE *out, const struct domain_config *config)
{
	fputs("  <os>\n    <type arch='x86_64' machine='xenpv'>linux</type>\n", out);
	write_text(out, 4, "kernel", config->kernel);
	write_text(out, 4, "initrd", config->initrd);
	write_text(out, 4, "cmdline", config->cmdline);
	fputs("  </os>\n  <clock offset='utc'/>\n", out);
}

static void write_actions(FILE *out, const struct domain_config *config)
{
	write_text(out, 2, "on_poweroff", domain_action_name(config->on_poweroff));
	write_text(out, 2, "on_reboot", domain_action_name(config->on_reboot));
	write_text(out, 2, "on_crash", domain_action_name(config->on_crash));
}

static void write_console(FILE *out, const struct domain_live *live)
{
	fputs("    <console type='pty'", out);
	if (live && live->tty) {
		fputs(" tty='", out);
		write_escaped(out, live->tty);
		fputs("'>\n      <source path='", out);
		write_escaped(out, live->tty);
		fputs("'/>\n", out);
	} else {
		fputs(">\n", out);
	}
	fputs("      <target type='xen' port='0'/>\n    </console>\n", out);
}

static void write_limits(FILE *out, const struct domain_config *config)
{
	fputs("    <controller type='xenbus' index='0'", out);
	if (config->max_grant_frames)
		fprintf(out, " maxGrantFrames='%u'", config->max_grant_frames);
	if (config->max_event_channels)
		fprintf(out, " maxEventChannels='%u'", config->max_event_channels);
	fputs("/>\n", out);
}

char *domain_config_write(const struct domain_config *config, const struct domain_live *live)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	fputs("<domain type='xen'", out);
	if (live)
		fprintf(out, " id='%d'", live->id);
	fputs(">\n", out);
	write_identity(out, config);
	write_resources(out, config);
	write_os(out, config);
	write_actions(out, config);
	fputs("  <devices>\n", out);
	write_console(out, live);
	write_limits(out, config);
	fputs("    <memballoon model='xen'/>\n  </devices>\n</domain>\n", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
