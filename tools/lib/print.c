/* SPDX-License-Identifier: MIT */
/* Escapes and tables (see print.h). */
#include "print.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "text.h"

#define ESCAPE_BYTES 8      /* of the longest escape a byte: "&#xFFFD;" */
#define REPLACEMENT  0xfffd /* for what XML and JSON cannot write */
#define GAP          3 /* between columns; one of them stands before the column, two behind it */

static int width_of(const char *text)
{
	wchar_t *wide;
	size_t count = mbstowcs(NULL, text, 0);
	int width = -1;

	if (count == (size_t)-1)
		return strlen(text);
	wide = calloc(count + 1, sizeof(*wide));
	if (wide && mbstowcs(wide, text, count + 1) == count)
		width = wcswidth(wide, count);
	free(wide);
	return width < 0 ? (int)strlen(text) : width;
}

static bool locale_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static bool is_shown(uint32_t character, enum print_style style)
{
	if (character == '\n' || character == '\t')
		return style != PRINT_LINE;
	if (text_acts(character))
		return false;
	return character < 0x80 || style == PRINT_XML || locale_is_utf8();
}

/* Characters beyond 16 bits are a pair of surrogates in JSON. */
static char *escape_json(char *to, uint32_t character)
{
	if (character == TEXT_INVALID)
		character = REPLACEMENT;
	if (character < 0x10000)
		return to + sprintf(to, "\\u%04x", character);
	character -= 0x10000;
	return to + sprintf(to, "\\u%04x\\u%04x", 0xd800 + (character >> 10),
			    0xdc00 + (character & 0x3ff));
}

/* XML has no way to write the other control characters of C0. */
static char *escape_xml(char *to, uint32_t character)
{
	if (character == TEXT_INVALID || (character < 0x20 && character != '\r'))
		character = REPLACEMENT;
	return to + sprintf(to, "&#x%X;", character);
}

static char *escape_bytes(char *to, const char *text, size_t count)
{
	while (count--)
		to += sprintf(to, "\\x%02x", (unsigned char)*text++);
	return to;
}

char *print_escape(const char *text, enum print_style style)
{
	char *copy = malloc(strlen(text) * ESCAPE_BYTES + 1), *to = copy;
	uint32_t character;
	size_t count;

	if (!copy)
		return NULL;
	for (; *text; text += count) {
		count = text_next(text, &character);
		if (is_shown(character, style))
			to = mempcpy(to, text, count);
		else if (style == PRINT_JSON)
			to = escape_json(to, character);
		else if (style == PRINT_XML)
			to = escape_xml(to, character);
		else
			to = escape_bytes(to, text, count);
	}
	*to = '\0';
	return copy;
}

void print_text(FILE *out, const char *text, enum print_style style)
{
	char *safe = print_escape(text, style);

	fputs(safe ? safe : "?", out);
	free(safe);
}

void print_line(FILE *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	print_text(out, text ? text : "?", PRINT_LINE);
	fputc('\n', out);
	free(text);
}

int table_init(struct table *table, size_t columns, const char *const head[])
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	return table_row(table, head);
}

int table_row(struct table *table, const char *const cells[])
{
	size_t used = table->rows * table->columns, i;
	char **grown = reallocarray(table->cells, used + table->columns, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	table->cells = grown;
	for (i = 0; i < table->columns; i++) {
		grown[used + i] = print_escape(cells[i], PRINT_LINE);
		if (!grown[used + i])
			goto free_row;
	}
	table->rows++;
	return 0;

free_row:
	while (i--)
		free(grown[used + i]);
	return -ENOMEM;
}

static int column_width(const struct table *table, size_t column, size_t first)
{
	size_t row;
	int widest = 0, width;

	for (row = first; row < table->rows; row++) {
		width = width_of(table->cells[row * table->columns + column]);
		if (width > widest)
			widest = width;
	}
	return widest;
}

static void print_row(const struct table *table, FILE *out, size_t row, const int widths[])
{
	const char *cell;
	size_t i;

	for (i = 0; i < table->columns; i++) {
		cell = table->cells[row * table->columns + i];
		fprintf(out, " %s", cell);
		if (i + 1 < table->columns)
			fprintf(out, "%*s", widths[i] - width_of(cell) + GAP - 1, "");
	}
	fputc('\n', out);
}

static void print_rule(const struct table *table, FILE *out, const int widths[])
{
	size_t i;
	int length = 0;

	for (i = 0; i < table->columns; i++)
		length += widths[i] + GAP;
	while (length--)
		fputc('-', out);
	fputc('\n', out);
}

void table_print(const struct table *table, FILE *out, bool quiet)
{
	size_t first = quiet ? 1 : 0, i;
	int *widths = calloc(table->columns, sizeof(*widths));

	if (!widths)
		return;
	for (i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i, first);
	for (i = first; i < table->rows; i++) {
		print_row(table, out, i, widths);
		if (!i)
			print_rule(table, out, widths);
	}
	free(widths);
}

void table_free(struct table *table)
{
	size_t i;

	for (i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	memset(table, 0, sizeof(*table));
}
