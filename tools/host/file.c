/* SPDX-License-Identifier: MIT */
/* Whole files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/unpack.h"

#define STAGE "host"

static int failed(const char *path, int errnum, struct error *err)
{
	return error_set(err, error_from_errno(errnum), STAGE, "%s: %s", path, strerror(errnum));
}

/* Reads until the buffer of size + 1 bytes is full or the file is at its end. */
static int read_all(int fd, uint8_t *data, size_t *size)
{
	size_t have = 0;
	ssize_t count;

	do {
		count = read(fd, data + have, *size - have);
		if (count > 0)
			have += (size_t)count;
	} while ((count > 0 && have < *size) || (count < 0 && errno == EINTR));
	*size = have;
	return count < 0 ? -errno : 0;
}

static int read_fd(int fd, uint8_t **data, size_t *size)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > (off_t)FILE_SIZE_MAX)
		return -EFBIG;
	*size = (size_t)st.st_size;
	*data = malloc(*size + 1);
	if (!*data)
		return -ENOMEM;
	rc = read_all(fd, *data, size);
	(*data)[*size] = '\0';
	if (rc)
		free(*data);
	return rc;
}

int file_read(const char *path, uint8_t **data, size_t *size, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return failed(path, errno, err);
	rc = read_fd(fd, data, size);
	close(fd);
	return rc ? failed(path, -rc, err) : 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t count = write(fd, data, size);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0) {
			data += count;
			size -= (size_t)count;
		}
	}
	return fsync(fd) ? -errno : 0;
}

int file_write(const char *path, const void *data, size_t size, struct error *err)
{
	char temporary[PATH_MAX];
	int fd, rc;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return failed(path, ENAMETOOLONG, err);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return failed(temporary, errno, err);
	rc = write_all(fd, data, size);
	close(fd);
	if (!rc && rename(temporary, path))
		rc = -errno;
	if (!rc)
		return 0;
	unlink(temporary);
	return failed(path, -rc, err);
}

int file_reserve(const char *path, size_t size, struct error *err)
{
	uint8_t *zeroes = calloc(1, size);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = fd < 0 ? -errno : -ENOMEM;

	if (fd >= 0 && zeroes)
		rc = write_all(fd, zeroes, size);
	if (fd >= 0)
		close(fd);
	free(zeroes);
	return rc ? failed(path, -rc, err) : 0;
}

int file_write_reserved(const char *path, const char *name, const void *data, size_t size,
			struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd < 0)
		return failed(path, errno, err);
	rc = write_all(fd, data, size);
	if (!rc && ftruncate(fd, (off_t)size))
		rc = -errno;
	close(fd);
	if (!rc && rename(path, name))
		rc = -errno;
	return rc ? failed(path, -rc, err) : 0;
}

int file_unpack(const char *path, uint8_t **data, size_t *size, struct error *err)
{
	const struct unpack_format *format = unpack_probe(*data, *size);
	struct unpack unpack = { .fd = -1, .in = *data, .in_size = *size };
	uint8_t *shrunk;
	int rc;

	if (!format)
		return 0;
	/* Pages of it that are not written to take no memory. */
	unpack.room = unpack.max = FILE_SIZE_MAX;
	unpack.out = malloc(unpack.room);
	rc = unpack.out ? unpack_run(&unpack, format) : -ENOMEM;
	if (rc) {
		free(unpack.out);
		return error_set(err, ERROR_FAILED, STAGE, "%s (%s) cannot be unpacked: %s", path,
				 format->name, strerror(-rc));
	}
	free(*data);
	shrunk = realloc(unpack.out, unpack.done ?: 1);
	*data = shrunk ?: unpack.out;
	*size = unpack.done;
	return 0;
}
