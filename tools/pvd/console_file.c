/* SPDX-License-Identifier: MIT */
/* console_file.c - which console logs there are (see console_file.h). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console_file.h"
#include "domain.h"
#include "log.h"

#define FOLDER "console"
#define SUFFIX ".log"

struct orphan {
	struct timespec written;
	char name[DOMAIN_NAME_MAX + 1];
};

struct orphans {
	struct orphan *list;
	size_t count, room;
};

void console_path(const char *name, char path[CONSOLE_PATH])
{
	snprintf(path, CONSOLE_PATH, FOLDER "/%s" SUFFIX, name);
}

void console_file_remove(int state_fd, const char *name)
{
	char path[CONSOLE_PATH], old[CONSOLE_PATH + 2];

	console_path(name, path);
	snprintf(old, sizeof(old), "%s.1", path);
	unlinkat(state_fd, path, 0);
	unlinkat(state_fd, old, 0);
}

/* Takes the suffix off. False if it is no log's name. */
static bool domain_of(const char *file, char name[DOMAIN_NAME_MAX + 1])
{
	size_t length = strlen(file), suffix = strlen(SUFFIX);

	if (length <= suffix || length - suffix > DOMAIN_NAME_MAX ||
	    strcmp(file + length - suffix, SUFFIX))
		return false;
	memcpy(name, file, length - suffix);
	name[length - suffix] = '\0';
	return true;
}

static void add_orphan(struct orphans *orphans, const struct orphan *orphan)
{
	struct orphan *list;

	if (orphans->count == orphans->room) {
		orphans->room = orphans->room ? orphans->room * 2 : 64;
		list = reallocarray(orphans->list, orphans->room, sizeof(*list));
		if (!list) {
			orphans->room = orphans->count;
			return;
		}
		orphans->list = list;
	}
	orphans->list[orphans->count++] = *orphan;
}

static void find_orphans(struct pvd *pvd, DIR *folder, struct orphans *orphans)
{
	struct dirent *entry;
	struct orphan orphan;
	struct stat st;

	while ((entry = readdir(folder))) {
		if (!domain_of(entry->d_name, orphan.name) || domain_by_name(pvd, orphan.name) ||
		    fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		orphan.written = st.st_mtim;
		add_orphan(orphans, &orphan);
	}
}

static int newer_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct orphan *)a)->written;
	const struct timespec *y = &((const struct orphan *)b)->written;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

void console_files_prune(struct pvd *pvd)
{
	int fd = openat(pvd->state_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct orphans orphans = { 0 };
	size_t i;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	find_orphans(pvd, folder, &orphans);
	closedir(folder);
	if (orphans.count)
		qsort(orphans.list, orphans.count, sizeof(*orphans.list), newer_first);
	for (i = CONSOLE_FILES_MAX; i < orphans.count; i++) {
		log_info("console of %s: its log of an earlier boot is removed",
			 orphans.list[i].name);
		console_file_remove(pvd->state_fd, orphans.list[i].name);
	}
	free(orphans.list);
}
