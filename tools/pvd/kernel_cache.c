/* SPDX-License-Identifier: MIT */
/* kernel_cache.c - unpacked kernels kept under STATE/cache (see kernel_cache.h). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_cache.h"

#define FOLDER "cache"
#define PREFIX "kernel-"

static uint64_t mix(uint64_t hash, uint64_t value)
{
	/* FNV-1a, 64 bits at a time. */
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

int kernel_cache_name(int kernel_fd, char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct stat st;

	if (fstat(kernel_fd, &st))
		return -errno;
	hash = mix(hash, st.st_ino);
	hash = mix(hash, (uint64_t)st.st_ctim.tv_sec);
	hash = mix(hash, (uint64_t)st.st_ctim.tv_nsec);
	hash = mix(hash, (uint64_t)st.st_mtim.tv_sec);
	hash = mix(hash, (uint64_t)st.st_mtim.tv_nsec);
	snprintf(name, KERNEL_CACHE_NAME, PREFIX "%" PRIx64 "-%" PRIx64, (uint64_t)st.st_size,
		 hash);
	return 0;
}

static void entry_path(const char *name, char path[KERNEL_CACHE_NAME + 16])
{
	snprintf(path, KERNEL_CACHE_NAME + 16, FOLDER "/%s", name);
}

int kernel_cache_open(int state_fd, const char *name)
{
	char path[KERNEL_CACHE_NAME + 16];
	int fd;

	entry_path(name, path);
	fd = openat(state_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	/* Its time says which entries are the oldest. */
	utimensat(state_fd, path, NULL, 0);
	return fd;
}

static bool write_all(int fd, const void *data, size_t size)
{
	const char *bytes = data;
	ssize_t n;

	while (size) {
		n = write(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

/* Finds the oldest entry and returns how many there are. */
static unsigned int find_oldest(DIR *folder, char oldest[NAME_MAX + 1])
{
	struct timespec first = { 0 };
	unsigned int count = 0;
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) ||
		    fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!count++ || st.st_mtim.tv_sec < first.tv_sec ||
		    (st.st_mtim.tv_sec == first.tv_sec && st.st_mtim.tv_nsec < first.tv_nsec)) {
			first = st.st_mtim;
			snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
		}
	}
	return count;
}

/* Makes room for one entry more. */
static void remove_old(int state_fd)
{
	char oldest[NAME_MAX + 1];
	int fd = openat(state_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (find_oldest(folder, oldest) >= KERNEL_CACHE_MAX) {
		if (unlinkat(fd, oldest, 0))
			break;
		rewinddir(folder);
	}
	closedir(folder);
}

void kernel_cache_keep(int state_fd, const char *name, const void *data, size_t size)
{
	char path[KERNEL_CACHE_NAME + 16], temporary[KERNEL_CACHE_NAME + 24];
	bool whole;
	int fd;

	if (mkdirat(state_fd, FOLDER, 0700) && errno != EEXIST)
		return;
	remove_old(state_fd);
	entry_path(name, path);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = openat(state_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return;
	whole = write_all(fd, data, size);
	if (close(fd))
		whole = false;
	if (!whole || renameat(state_fd, temporary, state_fd, path))
		unlinkat(state_fd, temporary, 0);
}
