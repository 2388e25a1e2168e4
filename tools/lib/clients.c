/* SPDX-License-Identifier: MIT */
/* The limit of clients; see clients.h. */
#include "clients.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc.h"

bool clients_have_room(unsigned int count, uid_t uid)
{
	bool keeper = uid == 0 || uid == geteuid();

	return count < (keeper ? CLIENTS_MAX : CLIENTS_MAX - CLIENTS_RESERVED);
}

void clients_refuse(int fd)
{
	struct error err = ERROR_INIT;
	json_t *answer;
	size_t length;
	char *line;

	error_set(&err, ERROR_FAILED, "connect", "too many clients are connected");
	error_hint(&err, "end some of them, or try again when they have gone");
	answer = rpc_error_new(NULL, &err);
	line = rpc_line_encode(answer, &length);
	/* A fresh socket has room for a line; who has gone already needs none. */
	if (line)
		send(fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(line);
	json_decref(answer);
	close(fd);
}
