/* SPDX-License-Identifier: MIT */
/* rotate.c - log files of bounded size (see rotate.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rotate.h"

static int open_file(struct rotate *file)
{
	struct stat st;

	file->fd = openat(file->folder, file->name,
			  O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->fd < 0)
		return -errno;
	file->size = fstat(file->fd, &st) ? 0 : (uint64_t)st.st_size;
	return 0;
}

int rotate_open(struct rotate *file, int folder, const char *name)
{
	*file = (struct rotate){ .folder = folder, .fd = -1, .name = strdup(name) };
	if (!file->name)
		return -ENOMEM;
	return open_file(file);
}

void rotate_close(struct rotate *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	*file = (struct rotate)ROTATE_INIT;
}

static int rotate(struct rotate *file)
{
	char old[300];

	snprintf(old, sizeof(old), "%s.1", file->name);
	if (renameat(file->folder, file->name, file->folder, old))
		return -errno;
	close(file->fd);
	return open_file(file);
}

int rotate_write(struct rotate *file, const void *data, size_t size)
{
	const char *bytes = data;
	ssize_t n;
	int ret;

	if (file->fd < 0)
		return -EBADF;
	if (file->size + size > ROTATE_BYTES && file->size) {
		ret = rotate(file);
		if (ret)
			return ret;
	}
	while (size) {
		n = write(file->fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
		file->size += (uint64_t)n;
	}
	return 0;
}

long rotate_tail(const struct rotate *file, void *data, size_t size)
{
	off_t start = file->size > size ? (off_t)(file->size - size) : 0;
	ssize_t n;

	if (file->fd < 0)
		return -EBADF;
	n = pread(file->fd, data, size, start);
	return n < 0 ? -errno : (long)n;
}
