/* SPDX-License-Identifier: MIT */
/*
 * console_file.h - the files under STATE/console: NAME.log, and NAME.log.1 when it was turned over.
 *
 * A file lives as long as its domain is known. Those of an earlier boot of dom0, which is when logs
 * are worth most, have no domain any more: the newest CONSOLE_FILES_MAX of them stay.
 */
#ifndef TOOLS_PVD_CONSOLE_FILE_H
#define TOOLS_PVD_CONSOLE_FILE_H

#include "pvd.h"
#include "xml.h"

#define CONSOLE_FILES_MAX 32
#define CONSOLE_PATH      (DOMAIN_NAME_MAX + 16)

/* The path of a domain's log below the state folder. */
void console_path(const char *name, char path[CONSOLE_PATH]);

/* Removes a domain's files. */
void console_file_remove(int state_fd, const char *name);

/* Removes the oldest files that belong to no domain of the table. */
void console_files_prune(struct pvd *pvd);

#endif
