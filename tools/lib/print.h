/* SPDX-License-Identifier: MIT */
/*
 * Tables in virsh's layout: a blank before the first column, three between columns as wide as their
 * widest cell, a rule under the head. Cells are UTF-8; width is what the terminal shows. Control
 * characters are shown as \xNN, so that a name cannot play with the terminal.
 *
 * Contract: int functions return 0 or -ENOMEM. No locks. Widths follow LC_CTYPE (setlocale is the
 * program's).
 */
#ifndef TOOLS_LIB_PRINT_H
#define TOOLS_LIB_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table {
	size_t columns;
	size_t rows;
	char **cells; /* rows * columns, the head first */
};

/* Starts a table whose head has `columns` texts, given as strings. */
int table_init(struct table *table, size_t columns, const char *const head[]);

/* Appends a row of as many texts. They are copied. */
int table_row(struct table *table, const char *const cells[]);

/* Writes rows, and head and rule unless `quiet`. The blank line that ends virsh's output is the
 * caller's. */
void table_print(const struct table *table, FILE *out, bool quiet);

void table_free(struct table *table);

/* A copy of `text` that is safe to show, to be freed; NULL when memory is short. */
char *print_safe(const char *text);

#endif
