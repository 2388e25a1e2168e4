/* SPDX-License-Identifier: MIT */
/*
 * files.c - opens what the XML names (see files.h).
 *
 * In hosted mode the folder is the laptop's file system, seen with the rights of the user who runs
 * the host, so "permission denied" is that user's, although the daemon is root here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

static int open_below(int folder, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_IN_ROOT,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

/* Who is denied: the owner of the state folder, which is the user who runs the host. */
static void hint_user(const struct pvd *pvd, struct error *err)
{
	struct passwd *user;
	struct stat st;

	if (fstat(pvd->state_fd, &st))
		return;
	user = getpwuid(st.st_uid);
	if (user)
		error_hint(err, "the file must be readable for user %s", user->pw_name);
	else
		error_hint(err, "the file must be readable for user %u", st.st_uid);
}

int files_open(const struct pvd *pvd, const char *path, const char *what, struct error *err)
{
	int fd;

	if (*path != '/')
		return error_set(err, ERROR_USAGE, "check", "%s '%s' is not an absolute path", what,
				 path);
	fd = open_below(pvd->files_fd, path);
	if (fd >= 0)
		return fd;
	error_set(err, fd == -EACCES || fd == -EPERM ? ERROR_PERMISSION : ERROR_FAILED, "check",
		  "%s '%.700s': %s", what, path, strerror(-fd));
	if (fd == -EACCES || fd == -EPERM)
		hint_user(pvd, err);
	return fd;
}
