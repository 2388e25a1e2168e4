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
	file->text = calloc(1, XML_SIZE_MAX + 2);
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
	(void)context;
	print_line(stderr, "warning: %s", message);
}

static void note_mistake(void *context, const struct error *mistake)
{
	struct domain_file *file = context;

	json_array_append_new(file->mistakes, rpc_error_data(mistake));
}

/* True if a line of `text` sets one of xl's keys. */
static bool sets_key(const char *text)
{
	static const char *const keys[] = { "name",  "kernel",  "ramdisk", "memory",    "maxmem",
					    "vcpus", "builder", "type",    "disk",      "vif",
					    "extra", "root",    "cmdline", "bootloader" };
	size_t length = strcspn(text, " \t=\n"), i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == length && !strncmp(text, keys[i], length))
			return text[length + strspn(text + length, " \t")] == '=';
	return false;
}

static bool is_xl_config(const char *text)
{
	const char *line;

	if (text[strspn(text, " \t\r\n")] == '<')
		return false;
	for (line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\r\n");
		if (sets_key(line))
			return true;
	}
	return false;
}

/* A user of xl gives the file that xl takes. */
static int check_kind(const struct domain_file *file, struct error *err)
{
	if (!is_xl_config(file->text))
		return 0;
	error_set(err, ERROR_XML, "xml", "%s: found a configuration of xl, expected XML",
		  file->source.file);
	return error_hint(err, "xl's name, memory, vcpus, kernel, ramdisk and extra are <name>, "
			       "<memory unit='MiB'>, <vcpu>, and in <os> <kernel>, <initrd> and "
			       "<cmdline>: see paravane-domain(5)");
}

int domain_file_read(struct domain_file *file, const char *path, struct domain_config *config,
		     struct error *err)
{
	struct xml_listener listener = { .warning = warn,
					 .mistake = note_mistake,
					 .context = file };
	struct domain_config own;
	int ret;

	memset(file, 0, sizeof(*file));
	memset(&own, 0, sizeof(own));
	file->mistakes = json_array();
	ret = load(file, path, err);
	if (!ret)
		ret = check_kind(file, err);
	if (!ret)
		ret = find_base(file, path, err);
	if (!ret)
		ret = domain_config_read(&own, &file->source, &listener, err);
	if (!ret)
		ret = domain_schema_check(&file->source, err);
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
	json_decref(file->mistakes);
	memset(file, 0, sizeof(*file));
}
