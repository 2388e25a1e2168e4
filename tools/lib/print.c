/* SPDX-License-Identifier: MIT */
/* Tables in virsh's layout. */
#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ESCAPE_BYTES 4 /* \xNN */
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

/* Bytes of the next character that may be shown as it is, 0 if it must be escaped. */
static size_t printable_bytes(const char *text, mbstate_t *state)
{
	wchar_t wide;
	size_t count = mbrtowc(&wide, text, strlen(text), state);

	if (count == (size_t)-1 || count == (size_t)-2) {
		memset(state, 0, sizeof(*state));
		return 0;
	}
	return wcwidth(wide) < 0 ? 0 : count;
}

char *print_safe(const char *text)
{
	char *copy = malloc(strlen(text) * ESCAPE_BYTES + 1), *to = copy;
	mbstate_t state = { 0 };
	size_t count;

	if (!copy)
		return NULL;
	while (*text) {
		count = printable_bytes(text, &state);
		if (count) {
			to = mempcpy(to, text, count);
			text += count;
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*text++);
		}
	}
	*to = '\0';
	return copy;
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
		grown[used + i] = print_safe(cells[i]);
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
