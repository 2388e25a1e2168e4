/* SPDX-License-Identifier: MIT */
/* files.h - opens what the XML names, below the folder of option --files. */
#ifndef TOOLS_PVD_FILES_H
#define TOOLS_PVD_FILES_H

#include "pvd.h"

/*
 * Opens path for reading; what ("kernel") is for the message. Absolute symbolic links are followed
 * inside the folder. Returns the descriptor, or a negative errno with err filled (stage "check").
 * The file may be of any kind; opening a FIFO does not wait.
 */
int files_open(const struct pvd *pvd, const char *path, const char *what, struct error *err);

#endif
