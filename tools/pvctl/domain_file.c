/* SPDX-License-Identifier: MIT */
/* An XML file named on the command line. */
#include "domain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "print.h"

static int cannot(const char *what, const char *path, int errnum, struct error *err)
{
	enum error_code code = error_from_errno(errnum) == ERROR_PERMISSION ? ERROR_PERMISSION
									    : ERROR_FAILED;

	return error_set(err, code, "xml", "Failed to %s file '%s': %s", what, path,
			 strerror(errnum));
}

/* Reads one byte more than is allowed, so that the reader sees that it is too long. */
static ssize_t read_all(int fd, char *to, size_t size)
{
	size_t used = 0;
	ssize_t count;

	while (used < size) {
		count = read(fd, to + used, size - used);
		if (count < 0 && errno != EINTR)
			return -errno;
		if (!count)
			break;
		if (count > 0)
			used += count;
	}
	return used;
}

static int load(struct domain_file *file, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return cannot("open", path, errno, err);
	file->text = malloc(XML_SIZE_MAX + 1);
	length = file->text ? read_all(fd, file->text, XML_SIZE_MAX + 1) : -ENOMEM;
	close(fd);
	if (length < 0)
		return cannot("read", path, (int)-length, err);
	file->source = (struct xml_source){ .text = file->text, .length = length, .file = path };
	return 0;
}

/* Of /dev/stdin and other descriptors the folder says nothing: there the current one counts. */
static int find_base(struct domain_file *file, const char *path, struct error *err)
{
	char *copy = strdup(path);
	const char *folder;

	if (!copy)
		return error_set(err, ERROR_FAILED, "xml", "out of memory");
	folder = strncmp(path, "/dev/", 5) && strncmp(path, "/proc/", 6) ? dirname(copy) : ".";
	file->base_dir = realpath(folder, NULL);
	free(copy);
	if (!file->base_dir)
		return cannot("find the folder of", path, errno, err);
	file->source.base_dir = file->base_dir;
	return 0;
}

static void warn(void *context, const char *message)
{
	char *safe = print_safe(message);

	(void)context;
	fprintf(stderr, "warning: %s\n", safe ? safe : "?");
	free(safe);
}

int domain_file_read(struct domain_file *file, const char *path, struct domain_config *config,
		     struct error *err)
{
	struct domain_config own;
	int ret;

	memset(file, 0, sizeof(*file));
	memset(&own, 0, sizeof(own));
	ret = load(file, path, err);
	if (!ret)
		ret = find_base(file, path, err);
	if (!ret)
		ret = domain_config_read(&own, &file->source, warn, NULL, err);
	if (!ret)
		ret = domain_schema_check(&file->source, err);
	if (ret)
		domain_file_free(file);
	if (!ret && config)
		*config = own;
	else
		domain_config_free(&own);
	return ret;
}

void domain_file_free(struct domain_file *file)
{
	free(file->text);
	free(file->base_dir);
	memset(file, 0, sizeof(*file));
}
