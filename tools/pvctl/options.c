/* SPDX-License-Identifier: MIT */
/* A command's arguments against its option table, in virsh's manner. */
#include "pvctl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

static int row_find(const struct command *command, const char *name, size_t length)
{
	const struct option_row *rows = command->options;
	int i;

	for (i = 0; rows && rows[i].name; i++)
		if (strlen(rows[i].name) == length && !memcmp(rows[i].name, name, length))
			return i;
	return -1;
}

static int set_value(struct args *args, int row, const char *value)
{
	const struct option_row *option = &args->command->options[row];
	char *end;

	if (args->text[row])
		return tell_usage("option --%s given twice", option->name);
	args->text[row] = value;
	if (option->kind != OPTION_NUMBER)
		return 0;
	args->number[row] = strtoll(value, &end, 10);
	if (!*value || *end || args->number[row] < 0 || args->number[row] > 1000000000)
		return tell_usage("option --%s: found '%s', expected a whole number", option->name,
				  value);
	return 0;
}

static void tell_unknown(const struct command *command, const char *name, size_t length)
{
	const struct option_row *option;
	char word[64], hint[64];
	struct suggestion suggestion = { .word = word };

	snprintf(word, sizeof(word), "%.*s", (int)length, name);
	for (option = command->options; option && option->name; option++)
		suggestion_try(&suggestion, option->name);
	if (suggestion.best)
		snprintf(hint, sizeof(hint), "Did you mean --%s?", suggestion.best);
	tell_usage_hint(suggestion.best ? hint : NULL, "command '%s' doesn't support option --%.*s",
			command->name, (int)length, name);
}

/* `arg` is "--name" or "--name=value"; takes the next argument when a value is due. Returns how
 * many it used, or -1. */
static int take_option(struct args *args, const char *arg, const char *next)
{
	const char *equals = strchr(arg, '='), *name = arg + 2;
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	int row = row_find(args->command, name, length);

	if (row < 0) {
		tell_unknown(args->command, name, length);
		return -1;
	}
	if (args->command->options[row].kind == OPTION_FLAG) {
		if (equals) {
			tell_usage("invalid '=' after option --%.*s", (int)length, name);
			return -1;
		}
		args->text[row] = "";
		return 1;
	}
	if (equals)
		return set_value(args, row, equals + 1) ? -1 : 1;
	if (!next) {
		tell_usage("expected syntax: --%s <%s>", args->command->options[row].name,
			   args->command->options[row].kind == OPTION_NUMBER ? "number" : "string");
		return -1;
	}
	return set_value(args, row, next) ? -1 : 2;
}

/* Positions fill the required options first, then the other strings, in the order of the table. */
static int take_position(struct args *args, const char *value)
{
	const struct option_row *rows = args->command->options;
	int i;

	for (i = 0; rows && rows[i].name; i++)
		if (rows[i].required && !args->text[i])
			return set_value(args, i, value);
	for (i = 0; rows && rows[i].name; i++)
		if (rows[i].kind == OPTION_STRING && !args->text[i])
			return set_value(args, i, value);
	return tell_usage("unexpected data '%s'", value);
}

static int check_required(const struct args *args)
{
	const struct option_row *rows = args->command->options;
	int i;

	for (i = 0; rows && rows[i].name; i++)
		if (rows[i].required && !args->text[i])
			return tell_usage("command '%s' requires <%s> option", args->command->name,
					  rows[i].name);
	return 0;
}

/* xl's options are letters. As a name, such a word can stand behind "--". */
static bool is_letter(const char *arg)
{
	return arg[0] == '-' && isalpha((unsigned char)arg[1]) && !arg[2];
}

static int refuse_letter(const struct command *command, const char *arg)
{
	char hint[128];

	snprintf(hint, sizeof(hint), "Options are spelt out here: pvctl help %s", command->name);
	return tell_usage_hint(hint, "unexpected data '%s'", arg);
}

int args_parse(struct args *args, const struct command *command, int argc, char **argv)
{
	bool only_positions = false;
	int i = 0, used;

	memset(args, 0, sizeof(*args));
	args->command = command;
	while (i < argc) {
		if (!only_positions && !strcmp(argv[i], "--")) {
			only_positions = true;
			used = 1;
		} else if (!only_positions && !strncmp(argv[i], "--", 2)) {
			used = take_option(args, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		} else if (!only_positions && is_letter(argv[i])) {
			used = refuse_letter(command, argv[i]) ? -1 : 1;
		} else {
			used = take_position(args, argv[i]) ? -1 : 1;
		}
		if (used < 0)
			return ERROR_USAGE;
		i += used;
	}
	return check_required(args);
}

static int row_of(const struct args *args, const char *name)
{
	int row = row_find(args->command, name, strlen(name));

	if (row < 0)
		abort(); /* a command asks for an option that its table lacks */
	return row;
}

bool args_flag(const struct args *args, const char *name)
{
	return args->text[row_of(args, name)];
}

const char *args_text(const struct args *args, const char *name)
{
	return args->text[row_of(args, name)];
}

long long args_number(const struct args *args, const char *name, long long fallback)
{
	int row = row_of(args, name);

	return args->text[row] ? args->number[row] : fallback;
}
