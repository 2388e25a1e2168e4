/* SPDX-License-Identifier: MIT */
/* How pvctl tells results, errors and progress. */
#include "pvctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "print.h"

static bool progress_shown;

static void put_json(FILE *out, const json_t *value, size_t flags)
{
	char *text = value ? json_dumps(value, flags) : NULL;

	print_text(out, text ? text : "{}", PRINT_JSON);
	fputc('\n', out);
	free(text);
}

static void tell_error_json(const struct error *err, json_t *mistakes)
{
	json_t *data = rpc_error_data(err), *object = json_pack("{s:O}", "error", data);

	if (json_array_size(mistakes))
		json_object_set(data, "mistakes", mistakes);
	put_json(stderr, object, JSON_COMPACT);
	json_decref(data);
	json_decref(object);
}

static void tell_line(const char *detail, const char *hint)
{
	print_line(stderr, "error: %s", detail);
	if (hint && *hint)
		print_line(stderr, "hint: %s", hint);
}

/* `what` is NULL, or the first line. */
static int tell_all(const struct error *err, json_t *mistakes, const char *what)
{
	json_t *mistake;
	size_t i;

	tell_progress_end();
	fflush(stdout);
	if (globals.json) {
		tell_error_json(err, mistakes);
		return err->code;
	}
	if (what)
		tell_line(what, NULL);
	json_array_foreach(mistakes, i, mistake)
		tell_line(field_text(mistake, "detail"),
			  json_string_value(json_object_get(mistake, "hint")));
	if (!json_array_size(mistakes))
		tell_line(err->detail, err->hint);
	return err->code;
}

int tell_mistakes(const struct error *err, json_t *mistakes, const char *what, ...)
{
	char first[512];
	va_list args;

	va_start(args, what);
	if (what)
		vsnprintf(first, sizeof(first), what, args);
	va_end(args);
	return tell_all(err, mistakes, what ? first : NULL);
}

int tell_refusal(enum error_code code, const char *hint, const char *format, ...)
{
	struct error err = { .code = code, .stage = "usage" };
	va_list args;

	va_start(args, format);
	vsnprintf(err.detail, sizeof(err.detail), format, args);
	va_end(args);
	if (hint)
		error_hint(&err, "%s", hint);
	return tell_all(&err, NULL, NULL);
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
			print_line(stdout, "%s", text);
		return;
	}
	object = json_pack("{s:s}", "message", text);
	tell_json(object);
	json_decref(object);
}

void tell_json(const json_t *value)
{
	put_json(stdout, value, JSON_INDENT(2));
}

void tell_json_line(const json_t *value)
{
	put_json(stdout, value, JSON_COMPACT);
}

void tell_progress(const char *format, ...)
{
	char text[512];
	va_list args;

	if (!isatty(STDERR_FILENO) || globals.quiet || globals.json)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputc('\r', stderr);
	print_text(stderr, text, PRINT_LINE);
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
