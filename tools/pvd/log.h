/* SPDX-License-Identifier: MIT */
/* log.h - the daemon's own log: one line an event, with its time; lost silently if the disk is
 * full. */
#ifndef TOOLS_PVD_LOG_H
#define TOOLS_PVD_LOG_H

#include <stddef.h>

/* To a file that is rotated, or to standard error for NULL. Returns 0 or a negative errno. */
int log_open(const char *path);
void log_close(void);

/* Any thread. The text is one line without newline. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line as it is, without a lock: for the handler of a signal that ends the process. */
void log_raw(const char *line, size_t size);

#endif
