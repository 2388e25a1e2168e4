/* SPDX-License-Identifier: MIT */
/* The choice of the hypervisor image. */
#include "hypervisor.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "file.h"

#define STAGE       "host"
#define SEARCH_SIZE 8192 /* of a multiboot header, from the start of the file */

static bool contains(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text));
}

/* QEMU's -kernel takes multiboot 1 images: a header of three words that sum up to 0, aligned to
 * four bytes. */
static bool is_multiboot(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 12 <= size && at < SEARCH_SIZE; at += 4) {
		uint32_t words[3];

		memcpy(words, data + at, sizeof(words));
		if (words[0] == 0x1badb002 && words[0] + words[1] + words[2] == 0)
			return true;
	}
	return false;
}

static int unpack_into_cache(struct host_hypervisor *hypervisor, const struct host_paths *paths,
			     const uint8_t *data, size_t size, struct error *err)
{
	uint32_t hash = (uint32_t)crc32_z(0, data, size);
	struct error miss = ERROR_INIT;
	size_t cached_size;
	uint8_t *cached;

	if (snprintf(hypervisor->image, PATH_MAX, "%s/hypervisor-%08x", paths->cache, hash) >=
	    PATH_MAX)
		return error_set(err, ERROR_USAGE, STAGE, "the path of the cache is too long: %s",
				 paths->cache);
	if (!file_read(hypervisor->image, &cached, &cached_size, &miss)) {
		bool same = cached_size == size && !memcmp(cached, data, size);

		free(cached);
		if (same)
			return 0;
	}
	return file_write(hypervisor->image, data, size, err);
}

static int check_and_place(struct host_hypervisor *hypervisor, const struct host_paths *paths,
			   uint8_t **data, size_t size, struct error *err)
{
	const uint8_t *packed = *data;
	int rc = file_unpack(hypervisor->named, data, &size, err);

	if (rc)
		return rc;
	if (!is_multiboot(*data, size))
		return error_set(err, ERROR_FAILED, STAGE,
				 "%s is no hypervisor: it has no multiboot header",
				 hypervisor->named);
	hypervisor->is_xen = contains(*data, size, "xenbits") ||
			     contains(*data, size, "Xen version");
	if (*data != packed)
		return unpack_into_cache(hypervisor, paths, *data, size, err);
	strcpy(hypervisor->image, hypervisor->named);
	return 0;
}

int hypervisor_choose(struct host_hypervisor *hypervisor, const char *file,
		      const struct host_paths *paths, struct error *err)
{
	uint8_t *data;
	size_t size;
	int rc = 0;

	if (!file)
		rc = host_asset(HOST_HYPERVISOR, hypervisor->named, err);
	else if (!realpath(file, hypervisor->named))
		rc = error_set(err, error_from_errno(errno), STAGE, "%s: %s", file,
			       strerror(errno));
	if (!rc)
		rc = file_read(hypervisor->named, &data, &size, err);
	if (rc)
		return rc;
	rc = check_and_place(hypervisor, paths, &data, size, err);
	free(data);
	return rc;
}
