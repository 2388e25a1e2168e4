/* SPDX-License-Identifier: MIT */
/* The options before the command: virsh's, and --format. */
#include "pvctl.h"

#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

#define ESCAPE_DEFAULT 0x1d /* Ctrl+] */

struct globals globals = { .escape = ESCAPE_DEFAULT };

static int set_format(const char *format)
{
	if (!format)
		return tell_usage("option --format requires an argument: table or json");
	if (strcmp(format, "json") && strcmp(format, "table"))
		return tell_usage("option --format: found '%s', expected table or json", format);
	globals.json = !strcmp(format, "json");
	return 0;
}

int globals_take_format(int *argc, char **argv)
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

static int set_uri(const char *value)
{
	globals.uri = value;
	return 0;
}

/* A character, or ^ and one for that with Ctrl. */
static int set_escape(const char *value)
{
	size_t length = strlen(value);
	bool control = length == 2 && value[0] == '^';

	if (!control && (length != 1 || value[0] == '^'))
		return tell_usage("Invalid string '%s' for escape sequence", value);
	globals.escape = control ? (char)(toupper((unsigned char)value[1]) ^ 0x40) : value[0];
	return 0;
}

static int refuse_log(const char *value)
{
	return tell_unsupported("option --log: pvctl keeps no log, '%s' would stay empty", value);
}

/* virsh's settings of its connection and of its own messages: here the connection is local and
 * there is nothing more to say. */
static int accept_value(const char *value)
{
	(void)value;
	return 0;
}

static const struct valued {
	const char *letter, *name, *value;
	int (*set)(const char *value);
} valued[] = {
	{ "-c", "--connect", "a URI", set_uri },
	{ "-e", "--escape", "a character", set_escape },
	{ "-l", "--log", "a file", refuse_log },
	{ "-d", "--debug", "a number", accept_value },
	{ "-k", "--keepalive-interval", "a number", accept_value },
	{ "-K", "--keepalive-count", "a number", accept_value },
	{ NULL, NULL, NULL, NULL },
};

/* Returns how many arguments it used, 0 if it is no such option, -1 after an error. */
static int take_valued(char **argv, int *status)
{
	const struct valued *row;
	size_t length;

	for (row = valued; row->letter; row++) {
		length = strlen(row->name);
		if (!strncmp(argv[0], row->name, length) && argv[0][length] == '=') {
			*status = row->set(argv[0] + length + 1);
			return *status ? -1 : 1;
		}
		if (strcmp(argv[0], row->letter) && strcmp(argv[0], row->name))
			continue;
		*status = argv[1] ? row->set(argv[1])
				  : tell_usage("option %s requires an argument: %s", argv[0],
					       row->value);
		return *status ? -1 : 2;
	}
	return 0;
}

static const struct flag {
	const char *letter, *name;
	bool *set;
} flags[] = {
	{ "-q", "--quiet", &globals.quiet },
	{ "-r", "--readonly", &globals.read_only },
	{ "-t", "--timing", &globals.timing },
	{ NULL, NULL, NULL },
};

static bool take_flag(const char *arg)
{
	const struct flag *flag = flags;

	while (flag->letter && strcmp(arg, flag->letter) && strcmp(arg, flag->name))
		flag++;
	if (flag->letter)
		*flag->set = true;
	return flag->letter;
}

static bool asks_version(const char *arg)
{
	return !strcmp(arg, "-v") || !strcmp(arg, "-V") || !strcmp(arg, "--version") ||
	       !strncmp(arg, "--version=", 10);
}

int globals_take(char **argv, int *status)
{
	int used;

	if (take_flag(argv[0]))
		return 1;
	used = take_valued(argv, status);
	if (used)
		return used;
	if (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))
		*status = help_all();
	else if (asks_version(argv[0]))
		print_line(stdout, "%s", PACKAGE_VERSION);
	else
		*status = tell_usage("unsupported option '%s'. See --help.", argv[0]);
	return -1;
}

void globals_start(void)
{
	globals.uri = getenv("PVCTL_URI");
	if (globals.uri && !*globals.uri)
		globals.uri = NULL;
}
