/* SPDX-License-Identifier: MIT */
/* The choice of dom0's kernel. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <image/bzimage.h>

#define STAGE   "host"
#define PATTERN "vmlinuz-6.1.*"

/* Of the file's beginning: the header, and the text of the version not far behind. */
#define HEAD_BYTES 0x8000

/* The version that the image itself states: the first word of its banner. -ENOEXEC: it is no
 * bzImage. */
static int read_version(const char *image, char *version, size_t size)
{
	unsigned char head[HEAD_BYTES + 1];
	int fd = open(image, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd < 0 ? -1 : read(fd, head, HEAD_BYTES);
	int rc = count < 0 ? -errno : 0;
	size_t at, length;

	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	at = bzimage_version(head, (size_t)count);
	if (!at)
		return -ENOEXEC;
	head[count] = '\0';
	length = strcspn((const char *)head + at, " ");
	if (!length || length >= size || memchr(head + at, '/', length))
		return -ENOEXEC;
	memcpy(version, head + at, length);
	version[length] = '\0';
	return 0;
}

static int has_modules(const char *folder)
{
	char dep[PATH_MAX + 16];

	snprintf(dep, sizeof(dep), "%s/modules.dep", folder);
	return access(dep, R_OK) ? -errno : 0;
}

/* Beside the image, as packages have them (boot/vmlinuz-V and lib/modules/V), else in /lib/modules.
 */
static int find_modules(struct host_kernel *kernel)
{
	char beside[PATH_MAX + 160];

	snprintf(beside, sizeof(beside), "%s", kernel->image);
	*strrchr(beside, '/') = '\0';
	snprintf(beside + strlen(beside), 160, "/../lib/modules/%s", kernel->version);
	if (realpath(beside, kernel->modules) && !has_modules(kernel->modules))
		return 0;
	snprintf(kernel->modules, sizeof(kernel->modules), "/lib/modules/%s", kernel->version);
	return has_modules(kernel->modules);
}

static int kernel_from_file(struct host_kernel *kernel, const char *file)
{
	int rc;

	if (!realpath(file, kernel->image))
		return -errno;
	rc = read_version(kernel->image, kernel->version, sizeof(kernel->version));
	if (rc)
		return rc;
	return find_modules(kernel) ? -ENOPKG : 0;
}

static int explain_file(const struct host_kernel *kernel, const char *file, int rc,
			struct error *err)
{
	if (rc == -ENOEXEC)
		return error_set(err, ERROR_FAILED, STAGE, "%s is no bzImage of Linux", file);
	if (rc != -ENOPKG)
		return error_set(err, error_from_errno(-rc), STAGE, "%s: %s", file, strerror(-rc));
	error_set(err, ERROR_FAILED, STAGE,
		  "%s has no modules: neither ../lib/modules/%s beside it nor /lib/modules/%s"
		  " has a modules.dep",
		  file, kernel->version, kernel->version);
	return error_hint(err,
			  "unpack the whole package into one folder and run depmod -b FOLDER %s",
			  kernel->version);
}

/* The newest usable kernel that matches; what was seen and why not is kept for the message. */
struct search {
	char found[PATH_MAX]; /* the last one that was of no use, or "" */
	int why;
};

static int compare_versions(const void *a, const void *b)
{
	const char *left = strrchr(*(char *const *)a, '/'),
		   *right = strrchr(*(char *const *)b, '/');

	return strverscmp(right, left);
}

static int search_newest(struct host_kernel *kernel, const char *pattern, struct search *search)
{
	glob_t found = { 0 };
	int rc = -ENOENT;

	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return rc;
	qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), compare_versions);
	for (size_t i = 0; i < found.gl_pathc && rc; i++) {
		rc = kernel_from_file(kernel, found.gl_pathv[i]);
		if (rc && !search->why) {
			snprintf(search->found, sizeof(search->found), "%s", found.gl_pathv[i]);
			search->why = rc;
		}
	}
	globfree(&found);
	return rc;
}

/* An installed pvctl has no build tree to fetch into: the distribution's kernel package does it. */
static int explain_cure(const struct kernel_places *places, const struct search *search,
			struct error *err)
{
	char chmod[64 + PATH_MAX] = "", fetch[64 + PATH_MAX];

	if (search->why == -EACCES)
		snprintf(chmod, sizeof(chmod), "sudo chmod a+r %s, or ", search->found);
	if (places->build)
		snprintf(fetch, sizeof(fetch), "fetch one: make -C '%s' fetch", places->build);
	else
		snprintf(fetch, sizeof(fetch), "install a kernel 6.1 (Debian: linux-image-amd64)");
	return error_hint(err,
			  "%s%s, or name one with --kernel FILE, its modules in ../lib/modules "
			  "beside it",
			  chmod, fetch);
}

static int explain_none(const struct kernel_places *places, const struct search *search,
			struct error *err)
{
	if (search->why == -EACCES)
		error_set(err, ERROR_PERMISSION, STAGE, "%s is not readable for this user",
			  search->found);
	else if (search->why == -ENOPKG)
		error_set(err, ERROR_FAILED, STAGE, "%s has no modules", search->found);
	else if (search->why)
		error_set(err, ERROR_FAILED, STAGE, "%s is of no use: %s", search->found,
			  strerror(-search->why));
	else
		error_set(err, ERROR_FAILED, STAGE, "no kernel for dom0: there is no %s/" PATTERN,
			  places->boot);
	return explain_cure(places, search, err);
}

int kernel_choose(struct host_kernel *kernel, const char *wanted,
		  const struct kernel_places *places, struct error *err)
{
	struct search search = { .why = 0 };
	char pattern[PATH_MAX];
	int rc;

	if (wanted) {
		rc = kernel_from_file(kernel, wanted);
		return rc ? explain_file(kernel, wanted, rc, err) : 0;
	}
	snprintf(pattern, sizeof(pattern), "%s/" PATTERN, places->boot);
	if (!search_newest(kernel, pattern, &search))
		return 0;
	if (places->build) {
		snprintf(pattern, sizeof(pattern), "%s/cache/*/boot/" PATTERN, places->build);
		if (!search_newest(kernel, pattern, &search))
			return 0;
	}
	return explain_none(places, &search, err);
}
