/* SPDX-License-Identifier: MIT */
/* Folders and files of hosted mode. */
#include "paths.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/trust.h"

#define STAGE         "host"
#define SYSTEM_FOLDER "/run/paravane"

/* Where `make install` puts things; the build overrides them. */
#ifndef PV_SBINDIR
#define PV_SBINDIR "/usr/local/sbin"
#endif
#ifndef PV_HOSTDIR
#define PV_HOSTDIR "/usr/local/lib/paravane"
#endif

__attribute__((format(printf, 3, 4))) static int join(char path[PATH_MAX], struct error *err,
						      const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(path, PATH_MAX, format, args);
	va_end(args);
	if (length < 0 || length >= PATH_MAX)
		return error_set(err, ERROR_USAGE, STAGE,
				 "a path is longer than %d bytes: %.200s...", PATH_MAX, path);
	return 0;
}

/* An environment variable that holds an absolute path, or NULL: the XDG rules ignore others. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

static int home_folder(char path[PATH_MAX], struct error *err)
{
	const char *home = absolute_env("HOME");
	struct passwd *user = home ? NULL : getpwuid(geteuid());

	if (!home && user)
		home = user->pw_dir;
	if (!home)
		return error_set(err, ERROR_FAILED, STAGE, "no home folder is known for user id %u",
				 geteuid());
	return join(path, err, "%s", home);
}

static int runtime_root(char path[PATH_MAX], struct error *err)
{
	const char *folder = absolute_env("XDG_RUNTIME_DIR");

	if (folder)
		return join(path, err, "%s/paravane", folder);
	if (!geteuid())
		return join(path, err, SYSTEM_FOLDER);
	return join(path, err, "/tmp/paravane-%u", geteuid());
}

static int state_root(char path[PATH_MAX], struct error *err)
{
	const char *folder = absolute_env("XDG_STATE_HOME");
	char home[PATH_MAX];
	int rc;

	if (folder)
		return join(path, err, "%s/paravane", folder);
	if (!geteuid())
		return join(path, err, "/var/lib/paravane");
	rc = home_folder(home, err);
	return rc ? rc : join(path, err, "%s/.local/state/paravane", home);
}

int host_paths_roots(char runtime[PATH_MAX], char state[PATH_MAX], struct error *err)
{
	int rc = runtime_root(runtime, err);

	if (!rc)
		rc = trust_folder(runtime, err);
	return rc && rc != -ENOENT ? rc : state_root(state, err);
}

static int check_name(const char *name, struct error *err)
{
	size_t length = strlen(name);
	bool good = length && length <= HOST_NAME_MAX_LEN && name[0] != '.' && name[0] != '-';

	for (size_t i = 0; good && i < length; i++)
		good = isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
	if (!good) {
		error_set(err, ERROR_USAGE, STAGE, "'%.80s' is no instance name", name);
		return error_hint(
			err, "use up to %d letters, digits, '.', '_', '-', not '.' or '-' at first",
			HOST_NAME_MAX_LEN);
	}
	/* The state folder's neighbours. */
	if (!strcmp(name, "cache") || !strcmp(name, "dom0"))
		return error_set(err, ERROR_USAGE, STAGE, "the instance name '%s' is reserved",
				 name);
	return 0;
}

static int check_socket(const char *path, struct error *err)
{
	const size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (strlen(path) <= most)
		return 0;
	error_set(err, ERROR_USAGE, STAGE, "%s is too long for a socket: %zu bytes, at most %zu",
		  path, strlen(path), most);
	return error_hint(err,
			  "choose a shorter --name, or set XDG_RUNTIME_DIR to a shorter folder");
}

int host_paths(struct host_paths *paths, const char *name, struct error *err)
{
	char runtime[PATH_MAX], state[PATH_MAX];
	int rc;

	if (!name)
		name = HOST_DEFAULT_NAME;
	rc = check_name(name, err);
	if (!rc)
		rc = host_paths_roots(runtime, state, err);
	if (rc)
		return rc;
	strcpy(paths->name, name);
	rc = join(paths->runtime, err, "%s/%s", runtime, name) ?:
	     join(paths->state, err, "%s/%s", state, name) ?:
	     join(paths->cache, err, "%s/cache", state) ?:
	     join(paths->socket, err, "%s/%s/pvd.sock", runtime, name) ?:
	     join(paths->console, err, "%s/%s/console.sock", runtime, name);
	return rc ? rc : check_socket(paths->console, err);
}

int host_make_folder(const char *path, struct error *err)
{
	char part[PATH_MAX];
	int rc = join(part, err, "%s", path);

	if (rc)
		return rc;
	for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return error_set(err, error_from_errno(errno), STAGE,
					 "cannot make the folder %s: %s", part, strerror(errno));
		if (!slash)
			return 0;
		*slash = '/';
	}
}

/* In /tmp anybody may have made the folder first. */
static int check_owner(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st))
		return error_set(err, error_from_errno(errno), STAGE, "%s: %s", path,
				 strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return error_set(err, ERROR_PERMISSION, STAGE, "%s is not a folder of user id %u",
				 path, geteuid());
	if ((st.st_mode & 077) && chmod(path, 0700))
		return error_set(err, ERROR_PERMISSION, STAGE,
				 "%s is open to others and stays so: %s", path, strerror(errno));
	return 0;
}

/* pvd's folder for its own socket, whose group must get into it. */
static void make_shared_folder(const char *runtime)
{
	if (!strncmp(runtime, SYSTEM_FOLDER "/", strlen(SYSTEM_FOLDER) + 1))
		(void)!mkdir(SYSTEM_FOLDER, 0755);
}

int host_paths_make(const struct host_paths *paths, struct error *err)
{
	char dom0[PATH_MAX];

	make_shared_folder(paths->runtime);
	return join(dom0, err, "%s/dom0", paths->state) ?:
	       host_make_folder(paths->runtime, err) ?:
	       trust_folder(paths->runtime, err) ?:
	       check_owner(paths->runtime, err) ?:
	       host_make_folder(dom0, err) ?:
	       check_owner(paths->state, err) ?:
	       host_make_folder(paths->cache, err);
}

struct asset_place {
	const char *in_build; /* from the folder of pvctl in a build tree */
	const char *installed;
	const char *what;
};

static const struct asset_place places[] = {
	[HOST_PVD] = { "../pvd/pvd", PV_SBINDIR "/pvd", "the daemon" },
	[HOST_INIT] = { "../host/init", PV_HOSTDIR "/init", "dom0's first process" },
	[HOST_HYPERVISOR] = { "../../hypervisor/paravane", PV_HOSTDIR "/paravane",
			      "the hypervisor" },
	[HOST_PROBE_GUEST] = { "../host/probe-guest", PV_HOSTDIR "/probe-guest",
			       "the guest of the KVM probe" },
	[HOST_BUILD] = { "../..", NULL, "the build tree" },
};

/* The folder of the running program. */
static int own_folder(char path[PATH_MAX], struct error *err)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return error_set(err, ERROR_FAILED, STAGE, "/proc/self/exe: %s", strerror(errno));
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	return 0;
}

/* A build tree is known by pvctl's neighbour, dom0's first process. */
static bool is_build_tree(const char *folder)
{
	char init[PATH_MAX + 16];

	snprintf(init, sizeof(init), "%s/%s", folder, places[HOST_INIT].in_build);
	return !access(init, F_OK);
}

int host_asset(enum host_asset asset, char path[PATH_MAX], struct error *err)
{
	const struct asset_place *place = &places[asset];
	char folder[PATH_MAX], wanted[PATH_MAX];
	int rc = own_folder(folder, err);

	if (rc)
		return rc;
	if (is_build_tree(folder))
		rc = join(wanted, err, "%s/%s", folder, place->in_build);
	else if (place->installed)
		rc = join(wanted, err, "%s", place->installed);
	else
		rc = error_set(err, ERROR_FAILED, STAGE, "%s exists in a build tree only",
			       place->what);
	if (rc)
		return rc;
	if (!realpath(wanted, path))
		return error_set(err, ERROR_FAILED, STAGE, "%s is not at %s", place->what, wanted);
	return 0;
}
