/* SPDX-License-Identifier: MIT */
/* What is shown of hosted machines. Both return an exit status and have printed their error. */
#ifndef TOOLS_PVCTL_HOST_SHOW_H
#define TOOLS_PVCTL_HOST_SHOW_H

#include <stdbool.h>

#include "host/paths.h"

/* One instance: what runs, or why it ended (then ERROR_UNREACHABLE). */
int host_show_status(const struct host_paths *paths);

/* All that run; with `all` the ended ones too; with `names` nothing but names. */
int host_show_list(bool all, bool names);

#endif
