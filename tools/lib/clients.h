/* SPDX-License-Identifier: MIT */
/*
 * How many clients a door lets in, and what those beyond are told. There are two doors: pvd's
 * socket, and the socket of a hosted machine, whose clients the supervisor carries to pvd. Each
 * counts its own.
 */
#ifndef TOOLS_LIB_CLIENTS_H
#define TOOLS_LIB_CLIENTS_H

#include <stdbool.h>
#include <sys/types.h>

#define CLIENTS_MAX 256u
/* So many of them are kept for root and for the user whom the daemon runs as. */
#define CLIENTS_RESERVED 16u

/* True if one more client of this user may come in, where `count` are in. */
bool clients_have_room(unsigned int count, uid_t uid);

/* Tells a client that there are too many, as the answer to whatever it asks first, and closes `fd`.
 */
void clients_refuse(int fd);

#endif
