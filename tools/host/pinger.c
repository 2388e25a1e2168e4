/* SPDX-License-Identifier: MIT */
/* One ping to pvd. */
#include "pinger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/rpc.h"

struct pinger {
	struct event *readable;
	struct rpc_buffer in;
	int fd;
	void (*pong)(void *arg);
	void *arg;
};

/* It is a client like others, and makes room for them. */
static void hang_up(struct pinger *pinger)
{
	if (pinger->readable)
		event_free(pinger->readable);
	if (pinger->fd >= 0)
		close(pinger->fd);
	pinger->readable = NULL;
	pinger->fd = -1;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct pinger *pinger = arg;
	struct error err = ERROR_INIT;
	json_t *result = NULL;
	size_t length;
	char *line;
	ssize_t count = rpc_buffer_read(&pinger->in, fd);

	(void)what;
	if (count == -EAGAIN)
		return;
	line = count > 0 ? rpc_buffer_line(&pinger->in, &length) : NULL;
	if (count > 0 && !line)
		return;
	/* Without an answer the start's deadline decides. */
	hang_up(pinger);
	if (line && !rpc_answer_decode(line, length, 1, &result, &err))
		pinger->pong(pinger->arg);
	json_decref(result);
}

static int ask(int fd)
{
	json_t *request = rpc_request_new(1, "ping", NULL);
	size_t length;
	char *line = request ? rpc_line_encode(request, &length) : NULL;
	int rc = line && write(fd, line, length) == (ssize_t)length ? 0 : -ENOMEM;

	free(line);
	json_decref(request);
	return rc;
}

struct pinger *pinger_new(struct event_base *base, int fd, void (*pong)(void *arg), void *arg)
{
	struct pinger *pinger = fd < 0 ? NULL : calloc(1, sizeof(*pinger));

	if (!pinger) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	pinger->fd = fd;
	pinger->pong = pong;
	pinger->arg = arg;
	pinger->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, pinger);
	if (pinger->readable && !event_add(pinger->readable, NULL) && !ask(fd))
		return pinger;
	pinger_free(pinger);
	return NULL;
}

void pinger_free(struct pinger *pinger)
{
	if (!pinger)
		return;
	hang_up(pinger);
	rpc_buffer_free(&pinger->in);
	free(pinger);
}
