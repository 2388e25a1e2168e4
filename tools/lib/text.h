/* SPDX-License-Identifier: MIT */
/*
 * Which characters of a text do something to the terminal, editor or shell that shows it, instead
 * of being shown: control characters (C0, DEL, C1), the marks that turn the direction of writing
 * (so that a line reads as what it is not), line separators, and bytes that are no UTF-8.
 *
 * Contract: texts are NUL-terminated and need not be UTF-8. Nothing allocates or fails.
 */
#ifndef TOOLS_LIB_TEXT_H
#define TOOLS_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for a byte that is no part of UTF-8. */
#define TEXT_INVALID UINT32_MAX

/* Decodes the character at `text`, which is not its end. Returns its length in bytes: 1 and
 * TEXT_INVALID for a byte that begins no character. */
size_t text_next(const char *text, uint32_t *character);

/* True for a character that acts instead of being shown, line feed and tab among them. */
bool text_acts(uint32_t character);

/* True if no character of `text` acts. */
bool text_is_plain(const char *text);

#endif
