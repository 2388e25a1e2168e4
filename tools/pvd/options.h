/* SPDX-License-Identifier: MIT */
/* options.h - the command line of pvd. */
#ifndef TOOLS_PVD_OPTIONS_H
#define TOOLS_PVD_OPTIONS_H

#include "pvd.h"

/* Returns -1 to go on, or the exit status (--help, --version, usage error). */
int options_read(struct options *options, int argc, char **argv);

#endif
