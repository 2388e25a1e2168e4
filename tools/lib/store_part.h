/* SPDX-License-Identifier: MIT */
/* store_part.h - what the files of the store share among themselves. */
#ifndef TOOLS_LIB_STORE_PART_H
#define TOOLS_LIB_STORE_PART_H

#include "store.h"

/* store.c: a store over a connected socket, which it owns. */
struct store *store_attach(int fd);

/* store_start.c: a connection to a running xenstored, or a negative errno. */
int store_connect(void);

#endif
