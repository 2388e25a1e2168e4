/* SPDX-License-Identifier: MIT */
/* trust.c - whose folder, whose socket (see trust.h). */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "trust.h"

#define STAGE "connect"

static const char hint[] =
	"somebody may want your requests: tell the administrator; a safe place is "
	"a folder of your own, named by XDG_RUNTIME_DIR";

/* "user web (1000)" */
static const char *user_text(uid_t uid, char text[64])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, 64, "user %.40s (%u)", user->pw_name, uid);
	else
		snprintf(text, 64, "user id %u", uid);
	return text;
}

static bool is_own(uid_t uid)
{
	return uid == geteuid() || !uid;
}

static bool is_owner_good(uid_t uid)
{
	struct stat root;

	return is_own(uid) || (!stat("/", &root) && uid == root.st_uid);
}

static int refuse_owner(const char *path, const char *what, uid_t uid, struct error *err)
{
	char text[64];

	error_set(err, ERROR_PERMISSION, STAGE, "%s '%s' belongs to %s, not to you or root", what,
		  path, user_text(uid, text));
	return error_hint(err, "%s", hint);
}

/* In a sticky folder nobody can take another's place. A group of the user's own is the user. */
static bool is_writable_by_others(const struct stat *st)
{
	if (st->st_mode & S_ISVTX)
		return false;
	return st->st_mode & S_IWOTH ||
	       (st->st_mode & S_IWGRP && st->st_gid && st->st_gid != getegid());
}

/* One name on the way. *link is set when it is a symbolic link. */
static int check_part(const char *path, bool *link, struct error *err)
{
	struct stat st;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return -ENOENT;
		return error_set(err, error_from_errno(errno), STAGE, "%s: %s", path,
				 strerror(errno));
	}
	*link = *link || S_ISLNK(st.st_mode);
	if (!is_owner_good(st.st_uid))
		return refuse_owner(path, S_ISLNK(st.st_mode) ? "the link" : "the folder",
				    st.st_uid, err);
	if (S_ISLNK(st.st_mode))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_UNREACHABLE, STAGE, "'%s' is not a folder", path);
	if (!is_writable_by_others(&st))
		return 0;
	error_set(err, ERROR_PERMISSION, STAGE,
		  "others can write to the folder '%s' (mode %04o) and put another in its place",
		  path, st.st_mode & 07777);
	return error_hint(err, "chmod go-w '%s', if it is yours; else %s", path, hint);
}

/* Every name from the root down. */
static int check_way(const char *path, bool *link, struct error *err)
{
	char part[PATH_MAX];
	size_t length = 0;
	int ret = check_part("/", link, err);

	while (!ret && path[length]) {
		length += strspn(path + length, "/");
		length += strcspn(path + length, "/");
		memcpy(part, path, length);
		part[length] = '\0';
		ret = check_part(part, link, err);
	}
	return ret;
}

int trust_folder(const char *path, struct error *err)
{
	char full[PATH_MAX], *end;
	bool link = false;
	int ret;

	if (*path == '/') {
		if (snprintf(full, sizeof(full), "%s", path) >= (int)sizeof(full))
			return error_set(err, ERROR_USAGE, STAGE,
					 "the path '%.200s...' is too long", path);
	} else if (!realpath(path, full)) {
		return errno == ENOENT ? -ENOENT
				       : error_set(err, error_from_errno(errno), STAGE, "%s: %s",
						   path, strerror(errno));
	}
	ret = check_way(full, &link, err);
	if (ret || !link)
		return ret;
	/* The links are good; now where they lead. */
	end = realpath(full, NULL);
	link = false;
	ret = end ? check_way(end, &link, err) : -errno;
	free(end);
	return ret;
}

static int connect_failed(const char *path, int errnum, struct error *err)
{
	enum error_code code = error_from_errno(errnum) == ERROR_PERMISSION ? ERROR_PERMISSION
									    : ERROR_UNREACHABLE;

	error_set(err, code, STAGE, "Failed to connect socket to '%s': %s", path, strerror(errnum));
	return -errnum;
}

/* Who listens is who made the socket listen, whoever owns the name now. */
static int check_peer(int fd, const char *path, struct error *err)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t size = sizeof(peer);
	char text[64];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return connect_failed(path, errno, err);
	if (is_own(peer.uid))
		return 0;
	error_set(err, ERROR_PERMISSION, STAGE,
		  "the server at '%s' is run by %s, not by you or root", path,
		  user_text(peer.uid, text));
	return error_hint(err, "%s", hint);
}

static int check_place(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int ret;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1,
		 slash ? path : ".");
	ret = trust_folder(*folder ? folder : "/", err);
	return ret == -ENOENT ? connect_failed(path, ENOENT, err) : ret;
}

static int connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ret;

	strcpy(address.sun_path, path);
	if (fd < 0)
		return connect_failed(path, errno, err);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		ret = connect_failed(path, errno, err);
	else
		ret = check_peer(fd, path, err);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int trust_connect(const char *path, struct error *err)
{
	int ret;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return error_set(err, ERROR_USAGE, STAGE,
				 "'%s' is too long for a socket (%zu bytes, at most %zu)", path,
				 strlen(path), sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	ret = check_place(path, err);
	return ret ? ret : connect_to(path, err);
}
