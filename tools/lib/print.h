/* SPDX-License-Identifier: MIT */
/*
 * What the tools print. Texts of others (guests, files, the hypervisor, domains' names) reach a
 * terminal, pipe or file only through here, so that none of them can play with the terminal or with
 * the direction of writing (text.h): what would act is shown as an escape.
 *
 * Tables are laid out as virsh does it: a blank before the first column, three between columns as
 * wide as their widest cell, a rule under the head. Cells are lines; width is what the terminal
 * shows.
 *
 * Contract: int functions return 0 or -ENOMEM; write errors stay in the stream (ferror). No locks.
 * Texts are UTF-8. Where the locale (LC_CTYPE, set by the program) has another coding, what is not
 * ASCII is escaped too, since an 8-bit terminal takes bytes of it for control characters.
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

/* How an escape is written, and which layout stays. */
enum print_style {
	PRINT_LINE,  /* \xNN for each byte; line feeds and tabs are escaped too */
	PRINT_LINES, /* the same, but line feeds and tabs are layout */
	PRINT_JSON,  /* \uNNNN: for whole JSON documents, whose meaning stays */
	PRINT_XML,   /* &#xNN;: for whole XML documents; these are UTF-8 in any locale */
};

/* A copy of `text` that is safe to show, to be freed; NULL when memory is short. */
char *print_escape(const char *text, enum print_style style);

/* Writes `text` escaped. */
void print_text(FILE *out, const char *text, enum print_style style);

/* Writes a line: what the format gives, escaped, and a line feed. */
void print_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
