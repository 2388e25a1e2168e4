/* SPDX-License-Identifier: MIT */
/* Loads what stands in /modules, in the order of /modules/order, and frees its memory. */
#include "dom0.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void load(const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("%s: %m", path);
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		fail("cannot load the kernel module %s: %m", name);
	close(fd);
	unlink(path);
}

void modules_load(void)
{
	char line[256];
	FILE *order = fopen("/modules/order", "re");

	if (!order)
		fail("/modules/order: %m");
	while (fgets(line, sizeof(line), order)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			load(line);
	}
	fclose(order);
}
