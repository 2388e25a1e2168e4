/* SPDX-License-Identifier: MIT */
/* dom0's initial file system. */
#include "initramfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "cpio.h"
#include "file.h"
#include "modules.h"

#define STAGE "host"

/* Folders on which the first process mounts before it has the real root. */
static const char *const folders[] = { "dev", "proc", "sys", "root" };

static int out_of_memory(struct error *err)
{
	return error_set(err, ERROR_FAILED, STAGE, "no memory for the initial file system");
}

static int add_init(struct cpio *cpio, const char *init, struct error *err)
{
	uint8_t *data;
	size_t size;
	int rc = file_read(init, &data, &size, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		cpio_folder(cpio, folders[i], 0755);
	/* The kernel opens it for the first process before anything is mounted. */
	cpio_char_device(cpio, "dev/console", 0600, 5, 1);
	rc = cpio_file(cpio, "init", 0500, data, size) ? out_of_memory(err) : 0;
	free(data);
	return rc;
}

static uint32_t hash_file(uint32_t hash, const char *path)
{
	struct stat st = { .st_size = 0 };
	char text[PATH_MAX + 128];
	int length;

	if (stat(path, &st))
		st.st_size = -1;
	length = snprintf(text, sizeof(text), "%s:%lld:%lld.%09ld", path, (long long)st.st_size,
			  (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return (uint32_t)crc32(hash, (const Bytef *)text, (uInt)length);
}

/* A name that changes with the kernel's modules and with our first process. */
static int cache_path(char path[PATH_MAX], const struct host_paths *paths,
		      const struct host_kernel *kernel, const char *init, struct error *err)
{
	char dep[PATH_MAX + 16];
	uint32_t hash;

	snprintf(dep, sizeof(dep), "%s/modules.dep", kernel->modules);
	hash = hash_file(hash_file(0, dep), init);
	if (snprintf(path, PATH_MAX, "%s/initramfs-%s-%08x", paths->cache, kernel->version, hash) >=
	    PATH_MAX)
		return error_set(err, ERROR_USAGE, STAGE, "the path of the cache is too long: %s",
				 paths->cache);
	return 0;
}

static int build(struct cpio *cpio, const struct host_kernel *kernel, const char *init,
		 struct error *err)
{
	int rc = add_init(cpio, init, err);

	if (!rc)
		rc = modules_add(cpio, kernel, err);
	if (!rc && cpio_finish(cpio))
		rc = out_of_memory(err);
	return rc;
}

/* A damaged or old cache is no error: the archive is built again. */
static int read_or_build(struct cpio *cpio, const struct host_paths *paths,
			 const struct host_kernel *kernel, struct error *err)
{
	struct error miss = ERROR_INIT;
	char cached[PATH_MAX], init[PATH_MAX];
	int rc = host_asset(HOST_INIT, init, err);

	if (!rc)
		rc = cache_path(cached, paths, kernel, init, err);
	if (rc)
		return rc;
	if (!file_read(cached, &cpio->data, &cpio->size, &miss)) {
		cpio->capacity = cpio->size;
		return 0;
	}
	rc = build(cpio, kernel, init, err);
	return rc ? rc : file_write(cached, cpio->data, cpio->size, err);
}

static int add_config(struct cpio *cpio, const struct initramfs_config *config, struct error *err)
{
	char text[4 * PATH_MAX];
	int length = snprintf(text, sizeof(text),
			      "pvd=%s\nkernel=%s\nmodules=%s\nfiles=%s\nhostname=%s\n", config->pvd,
			      config->kernel_version, config->modules, config->files_below,
			      config->hostname);

	if (strchr(config->pvd, '\n') || strchr(config->modules, '\n') ||
	    strchr(config->files_below, '\n'))
		return error_set(err, ERROR_USAGE, STAGE, "a path has a line break in it");
	cpio_file(cpio, "start.conf", 0400, text, (size_t)length);
	return cpio_finish(cpio) ? out_of_memory(err) : 0;
}

int initramfs_make(const char *path, const struct host_paths *paths,
		   const struct host_kernel *kernel, const struct initramfs_config *config,
		   struct error *err)
{
	struct cpio cpio = { .size = 0 };
	int rc = read_or_build(&cpio, paths, kernel, err);

	if (!rc)
		rc = add_config(&cpio, config, err);
	if (!rc)
		rc = file_write(path, cpio.data, cpio.size, err);
	free(cpio.data);
	return rc;
}
