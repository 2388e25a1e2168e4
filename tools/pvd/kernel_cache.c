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

/* What lies in the cache, and which entry is the oldest. */
struct content {
	unsigned int count;
	uint64_t bytes;
	struct timespec first;
	char oldest[NAME_MAX + 1];
};

static void add_entry(struct content *content, const char *name, const struct stat *st)
{
	const struct timespec *first = &content->first;

	content->bytes += (uint64_t)st->st_size;
	if (content->count++ &&
	    (st->st_mtim.tv_sec > first->tv_sec ||
	     (st->st_mtim.tv_sec == first->tv_sec && st->st_mtim.tv_nsec >= first->tv_nsec)))
		return;
	content->first = st->st_mtim;
	snprintf(content->oldest, sizeof(content->oldest), "%s", name);
}

static void read_content(DIR *folder, struct content *content)
{
	struct dirent *entry;
	struct stat st;

	*content = (struct content){ 0 };
	rewinddir(folder);
	while ((entry = readdir(folder))) {
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
		    !fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			add_entry(content, entry->d_name, &st);
	}
}

/* Makes room for one entry more, of size bytes. */
static void remove_old(int state_fd, size_t size)
{
	int fd = openat(state_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct content content;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	read_content(folder, &content);
	while (content.count &&
	       (content.count >= KERNEL_CACHE_MAX || content.bytes + size > KERNEL_CACHE_BYTES)) {
		if (unlinkat(fd, content.oldest, 0))
			break;
		read_content(folder, &content);
	}
	closedir(folder);
}

void kernel_cache_keep(int state_fd, const char *name, const void *data, size_t size)
{
	char path[KERNEL_CACHE_NAME + 16], temporary[KERNEL_CACHE_NAME + 24];
	bool whole;
	int fd;

	if (size > KERNEL_CACHE_BYTES || (mkdirat(state_fd, FOLDER, 0700) && errno != EEXIST))
		return;
	remove_old(state_fd, size);
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
