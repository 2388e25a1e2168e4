/* SPDX-License-Identifier: MIT */
/* pvd's end of the hosted wire; see port.h for its promises and frame_mux.h for the protocol. */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/mux_link.h"

#define PORTS_DIR "/sys/class/virtio-ports"

struct port {
	struct mux_link *link;
	uint64_t nonce; /* of this life; the supervisor answers it */
	port_accept_fn *accept;
	void *arg;
};

static void on_reset(struct mux_link *link, uint64_t nonce, void *arg)
{
	struct port *port = arg;

	if (nonce != port->nonce)
		return;
	mux_link_set_up(link, false);
	mux_link_set_up(link, true);
}

static int on_opened(struct mux_link *link, void *arg)
{
	struct port *port = arg;
	int ends[2];

	(void)link;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return -errno;
	port->accept(ends[1], port->arg);
	return ends[0];
}

static const struct mux_ops port_ops = {
	.reset = on_reset,
	.opened = on_opened,
};

struct port *port_attach(struct event_base *base, int fd, port_accept_fn *accept, void *arg)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		goto close_fd;
	port->accept = accept;
	port->arg = arg;
	if (getrandom(&port->nonce, sizeof(port->nonce), 0) != sizeof(port->nonce))
		goto free_port;
	port->link = mux_link_new(base, fd, MUX_SERVER, &port_ops, port);
	if (!port->link)
		goto free_port;
	if (mux_link_announce(port->link, port->nonce))
		goto free_link;
	return port;

free_link:
	mux_link_free(port->link);
	fd = -1;
free_port:
	free(port);
close_fd:
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return NULL;
}

/* True when the port whose sysfs folder is `entry` has this name. */
static bool is_named(const char *entry, const char *name)
{
	char path[PATH_MAX], text[128];
	FILE *file;
	bool same = false;

	snprintf(path, sizeof(path), PORTS_DIR "/%s/name", entry);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		same = !strcmp(text, name);
	}
	fclose(file);
	return same;
}

/* Fills `path` with the device node of the port called `name`. */
static int find_node(const char *name, char path[PATH_MAX])
{
	DIR *dir = opendir(PORTS_DIR);
	struct dirent *entry;
	int rc = -ENOENT;

	if (!dir)
		return -errno;
	while (rc && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !is_named(entry->d_name, name))
			continue;
		snprintf(path, PATH_MAX, "/dev/%s", entry->d_name);
		rc = 0;
	}
	closedir(dir);
	return rc;
}

struct port *port_open(struct event_base *base, const char *name, port_accept_fn *accept, void *arg)
{
	char path[PATH_MAX];
	int rc = find_node(name, path), fd;

	if (rc) {
		errno = -rc;
		return NULL;
	}
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? NULL : port_attach(base, fd, accept, arg);
}

void port_close(struct port *port)
{
	if (!port)
		return;
	mux_link_free(port->link);
	free(port);
}
