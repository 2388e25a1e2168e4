/* SPDX-License-Identifier: MIT */
/* UUIDs as text and as bytes. Functions return 0 or a negative errno; no locks, no allocation. */
#ifndef TOOLS_LIB_UUID_H
#define TOOLS_LIB_UUID_H

#include <stdint.h>

#define UUID_BYTES 16
#define UUID_TEXT  37 /* 8-4-4-4-12 and a NUL */

/* Reads 32 hex digits, with or without hyphens at the usual places. -EINVAL for anything else. */
int uuid_parse(const char *text, uint8_t uuid[UUID_BYTES]);

void uuid_format(const uint8_t uuid[UUID_BYTES], char text[UUID_TEXT]);

/* A random UUID (version 4). Fails only if the kernel has no randomness to give. */
int uuid_generate(uint8_t uuid[UUID_BYTES]);

#endif
