/* SPDX-License-Identifier: MIT */
/* How pvctl tells results, errors and progress. */
#include "pvctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "print.h"

static bool progress_shown;

/* Texts may come from files and guests: nothing of them may steer the terminal. */
static void put_line(FILE *out, const char *prefix, const char *text)
{
	char *safe = print_safe(text);

	fprintf(out, "%s%s\n", prefix, safe ? safe : "?");
	free(safe);
}

static void tell_error_json(const struct error *err)
{
	json_t *object = json_pack("{s:o}", "error", rpc_error_data(err));
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	fprintf(stderr, "%s\n", text ? text : "{}");
	free(text);
	json_decref(object);
}

int tell_error(const struct error *err, const char *what, ...)
{
	char first[512];
	va_list args;

	tell_progress_end();
	fflush(stdout);
	if (globals.json) {
		tell_error_json(err);
		return err->code;
	}
	if (what) {
		va_start(args, what);
		vsnprintf(first, sizeof(first), what, args);
		va_end(args);
		put_line(stderr, "error: ", first);
	}
	put_line(stderr, "error: ", err->detail);
	if (err->hint[0])
		put_line(stderr, "hint: ", err->hint);
	return err->code;
}

int tell_usage(const char *format, ...)
{
	struct error err = { .code = ERROR_USAGE, .stage = "usage" };
	va_list args;

	va_start(args, format);
	vsnprintf(err.detail, sizeof(err.detail), format, args);
	va_end(args);
	return tell_error(&err, NULL);
}

void tell(const char *format, ...)
{
	char text[1024];
	va_list args;
	json_t *object;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tell_progress_end();
	if (!globals.json) {
		if (!globals.quiet)
			put_line(stdout, "", text);
		return;
	}
	object = json_pack("{s:s}", "message", text);
	tell_json(object);
	json_decref(object);
}

void tell_json(const json_t *value)
{
	if (value)
		json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
}

void tell_progress(const char *format, ...)
{
	va_list args;

	if (!isatty(STDERR_FILENO) || globals.quiet || globals.json)
		return;
	fputc('\r', stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	progress_shown = true;
}

void tell_progress_end(void)
{
	if (progress_shown)
		fputc('\n', stderr);
	progress_shown = false;
}

const char *field_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

long long field_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_real(value) ? (long long)json_real_value(value) : json_integer_value(value);
}
