/* SPDX-License-Identifier: MIT */
/* listen.c - the UNIX socket that clients connect to (see listen.h). */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "clients.h"
#include "listen.h"
#include "log.h"

#define BACKLOG 128

struct listener {
	struct pvd *pvd;
	struct event *event;
	int fd, lock_fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static void admit(struct pvd *pvd, int client)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(peer);

	getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	if (!clients_have_room(pvd->socket_clients, peer.uid))
		clients_drop_gone(pvd);
	if (clients_have_room(pvd->socket_clients, peer.uid)) {
		client_accept(pvd, client, &pvd->socket_clients);
		return;
	}
	log_warning("client of uid %u refused: %u are connected", peer.uid, pvd->socket_clients);
	clients_refuse(client);
}

static void accept_client(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;
	int client;

	(void)what;
	while ((client = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		admit(listener->pvd, client);
	/* Out of descriptors: the connection stays in the queue and would wake us at once again. */
	if (errno == EMFILE || errno == ENFILE)
		log_warning("cannot accept a client: %s", strerror(errno));
}

static int take_lock(struct listener *listener, struct error *err)
{
	char path[sizeof(listener->path) + 8];

	snprintf(path, sizeof(path), "%s.lock", listener->path);
	listener->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (listener->lock_fd < 0)
		return error_set(err, error_from_errno(errno), "start", "cannot open %s: %s", path,
				 strerror(errno));
	if (flock(listener->lock_fd, LOCK_EX | LOCK_NB))
		return error_set(err, ERROR_FAILED, "start", "another pvd listens on %s",
				 listener->path);
	return 0;
}

static int make_folder(const char *path, struct error *err)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)], *folder;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (!mkdir(folder, 0755) || errno == EEXIST)
		return 0;
	return error_set(err, error_from_errno(errno), "start", "cannot make %s: %s", folder,
			 strerror(errno));
}

static int bind_socket(struct listener *listener, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	strcpy(address.sun_path, listener->path);
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0)
		return error_set(err, ERROR_FAILED, "start", "cannot make a socket: %s",
				 strerror(errno));
	unlink(listener->path);
	mask = umask(0117);
	ret = bind(listener->fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (ret || listen(listener->fd, BACKLOG))
		return error_set(err, error_from_errno(errno), "start", "cannot listen on %s: %s",
				 listener->path, strerror(errno));
	return 0;
}

static int set_up(struct listener *listener, struct error *err)
{
	int ret = make_folder(listener->path, err);

	if (!ret)
		ret = take_lock(listener, err);
	if (!ret)
		ret = bind_socket(listener, err);
	if (ret)
		return ret;
	listener->event = event_new(listener->pvd->base, listener->fd, EV_READ | EV_PERSIST,
				    accept_client, listener);
	if (!listener->event || event_add(listener->event, NULL))
		return error_set(err, ERROR_FAILED, "start", "out of memory");
	return 0;
}

struct listener *listener_open(struct pvd *pvd, struct error *err)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		error_set(err, ERROR_FAILED, "start", "out of memory");
		return NULL;
	}
	listener->pvd = pvd;
	listener->fd = -1;
	listener->lock_fd = -1;
	if (strlen(pvd->options.socket) >= sizeof(listener->path)) {
		error_set(err, ERROR_USAGE, "start", "socket path '%s' is longer than %zu bytes",
			  pvd->options.socket, sizeof(listener->path) - 1);
		free(listener);
		return NULL;
	}
	strcpy(listener->path, pvd->options.socket);
	if (!set_up(listener, err))
		return listener;
	listener_close(listener);
	return NULL;
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->event) {
		event_free(listener->event);
		unlink(listener->path);
	}
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->lock_fd >= 0)
		close(listener->lock_fd);
	free(listener);
}
