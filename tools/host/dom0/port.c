/* SPDX-License-Identifier: MIT */
/*
 * Virtio ports by name. The kernel makes them some time after the driver is loaded: the name
 * arrives in a message of the device, and its arrival is announced on the uevent socket, which is
 * what is waited for.
 */
#include "dom0.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS_DIR "/sys/class/virtio-ports"
#define WAIT_MS   20000

static int events = -1;

void ports_listen(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	if (events < 0 || bind(events, (struct sockaddr *)&address, sizeof(address)))
		fail("cannot listen to the kernel's device events: %m");
}

void ports_done(void)
{
	close(events);
	events = -1;
}

static bool is_named(const char *entry, const char *name)
{
	char path[512], text[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), PORTS_DIR "/%s/name", entry);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(text, sizeof(text), file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return !strcmp(text, name);
}

static const char *find(const char *name)
{
	static char node[300];
	DIR *dir = opendir(PORTS_DIR);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && is_named(entry->d_name, name)) {
			snprintf(node, sizeof(node), "/dev/%s", entry->d_name);
			found = !access(node, F_OK);
		}
	if (dir)
		closedir(dir);
	return found ? node : NULL;
}

/* What the events say does not matter: any of them is a reason to look again. */
static void drain(void)
{
	char text[8192];

	while (recv(events, text, sizeof(text), 0) > 0)
		;
}

const char *port_node(const char *name)
{
	struct pollfd pollfd = { .fd = events, .events = POLLIN };
	const char *node;

	for (;;) {
		drain();
		node = find(name);
		if (node)
			return node;
		if (poll(&pollfd, 1, WAIT_MS) == 0)
			fail("the virtio port %s did not appear", name);
	}
}
