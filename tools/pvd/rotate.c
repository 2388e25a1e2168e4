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

int rotate_init(struct rotate *file, int folder, const char *name)
{
	*file = (struct rotate){ .folder = folder, .fd = -1, .name = strdup(name) };
	return file->name ? 0 : -ENOMEM;
}

int rotate_open(struct rotate *file, int folder, const char *name)
{
	int ret = rotate_init(file, folder, name);

	return ret ? ret : open_file(file);
}

void rotate_pause(struct rotate *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void rotate_close(struct rotate *file)
{
	if (file->name)
		rotate_write(file, NULL, 0);
	rotate_pause(file);
	free(file->name);
	*file = (struct rotate)ROTATE_INIT;
}

static int rotate(struct rotate *file)
{
	char old[300];

	snprintf(old, sizeof(old), "%s.1", file->name);
	if (renameat(file->folder, file->name, file->folder, old))
		return -errno;
	rotate_pause(file);
	return open_file(file);
}

/* *done counts what was written, whatever became of the rest. */
static int append(struct rotate *file, const char *bytes, size_t size, size_t *done)
{
	ssize_t n;

	while (*done < size) {
		n = write(file->fd, bytes + *done, size - *done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		*done += (size_t)n;
		file->size += (uint64_t)n;
	}
	return 0;
}

/* All of it or nothing: halves would gather while the disk is full. */
static int tell_loss(struct rotate *file)
{
	uint64_t before = file->size;
	size_t done = 0;
	char note[128];
	int length, ret;

	length = snprintf(note, sizeof(note), "\n[%llu bytes are missing here: %s]\n",
			  (unsigned long long)file->lost, strerror(-file->why));
	ret = append(file, note, (size_t)length, &done);
	if (!ret)
		file->lost = 0;
	else if (done && !ftruncate(file->fd, (off_t)before))
		file->size = before;
	return ret;
}

static int prepare(struct rotate *file, size_t size)
{
	int ret = file->fd < 0 ? open_file(file) : 0;

	if (!ret && file->size + size > ROTATE_BYTES && file->size)
		ret = rotate(file);
	if (!ret && file->lost)
		ret = tell_loss(file);
	return ret;
}

int rotate_write(struct rotate *file, const void *data, size_t size)
{
	size_t done = 0;
	int ret;

	if (!file->name)
		return -EBADF;
	if (!size && !file->lost)
		return 0;
	ret = prepare(file, size);
	if (!ret)
		ret = append(file, data, size, &done);
	if (!ret)
		return 0;
	file->lost += size - done;
	file->why = ret;
	return ret;
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
