/* SPDX-License-Identifier: MIT */
/*
 * crash.c - why a guest crashed, in words (see crash.h).
 *
 * A crash is either the guest's own word (its kernel panicked) or the hypervisor's. The latter's
 * reason stands in the hypervisor's messages, in a line that names the domain: "d5: crashed by the
 * hypervisor: REASON" on Paravane, "d5v0 REASON" on Xen.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"

static const char paravane_words[] = "crashed by the hypervisor: ";

/* The text of line behind "d<id>" (and "v<n>", ":"), or NULL if the line is about something else.
 */
static const char *about_domain(const char *line, size_t length, int id)
{
	char tag[16];
	size_t tag_length = (size_t)snprintf(tag, sizeof(tag), "d%d", id);
	const char *end = line + length, *at = line;

	while ((at = memmem(at, (size_t)(end - at), tag, tag_length))) {
		const char *next = at + tag_length;

		if ((at == line || at[-1] == ' ') &&
		    (next == end || !isdigit((unsigned char)*next))) {
			while (next < end && *next != ' ')
				next++;
			return next < end ? next + 1 : end;
		}
		at = next;
	}
	return NULL;
}

static void keep_line(struct domain *domain, const char *text, size_t length)
{
	size_t max = sizeof(domain->detail) - 1;

	if (length > max)
		length = max;
	memcpy(domain->detail, text, length);
	domain->detail[length] = '\0';
}

/* Looks at one line; the last one that fits wins. */
static void consider(struct domain *domain, const char *line, size_t length)
{
	const char *text = about_domain(line, length, domain->id), *end = line + length, *words;

	if (!text)
		return;
	words = memmem(text, (size_t)(end - text), paravane_words, sizeof(paravane_words) - 1);
	if (words)
		text = words + sizeof(paravane_words) - 1;
	else if (domain->pvd->version.is_paravane)
		return;
	keep_line(domain, text, (size_t)(end - text));
}

static void search(struct domain *domain, const char *messages)
{
	const char *line = messages;

	while (*line) {
		size_t length = strcspn(line, "\r\n");

		consider(domain, line, length);
		line += length;
		line += strspn(line, "\r\n");
	}
}

void crash_describe(struct domain *domain, unsigned int code)
{
	char *messages;

	snprintf(domain->detail, sizeof(domain->detail), "%s",
		 code == SHUTDOWN_watchdog ? "its watchdog was not served in time"
					   : "its kernel reported a crash");
	if (code == SHUTDOWN_watchdog)
		return;
	messages = xen_read_console(domain->pvd->xen);
	if (messages)
		search(domain, messages);
	free(messages);
}
