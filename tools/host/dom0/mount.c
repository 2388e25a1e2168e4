/* SPDX-License-Identifier: MIT */
/*
 * dom0's file systems.
 *
 *     /                     the laptop's tree, read-only and cached, under an overlay in memory
 *     /run/paravane/host    the same tree, uncached: a cached 9p mount never sees a file change on
 * the laptop /var/lib/paravane     the instance's state folder, read-write, uncached /run /tmp
 * /var/log    dom0's own, in memory /run/paravane/root    the root once more, without what is
 * mounted on it: the laptop's /tmp is there, for programs and modules in a build tree below it
 */
#include "dom0.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define P9_OPTIONS "trans=virtio,version=9p2000.L,msize=512000"

static void mount_or_fail(const char *source, const char *target, const char *type,
			  unsigned long flags, const char *options)
{
	if (mount(source, target, type, flags, options))
		fail("cannot mount %s (%s) on %s: %m", source, type, target);
}

/* mkdir -p. */
static void make_folder(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			fail("cannot make the folder %s: %m", part);
		if (!slash)
			return;
		*slash = '/';
	}
}

void mount_early(void)
{
	mount_or_fail("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
	mount_or_fail("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_or_fail("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static void move_below(const char *from)
{
	char to[64];

	snprintf(to, sizeof(to), "/root/new%s", from);
	make_folder(to);
	if (mount(from, to, NULL, MS_MOVE, NULL))
		fail("cannot move %s below the new root: %m", from);
}

void mount_root(void)
{
	mount_or_fail("tmpfs", "/root", "tmpfs", 0, "mode=0700");
	make_folder("/root/lower");
	make_folder("/root/upper");
	make_folder("/root/work");
	make_folder("/root/new");
	mount_or_fail("host", "/root/lower", "9p", MS_RDONLY, P9_OPTIONS ",cache=loose");
	mount_or_fail("overlay", "/root/new", "overlay", 0,
		      "lowerdir=/root/lower,upperdir=/root/upper,workdir=/root/work");
	move_below("/dev");
	move_below("/proc");
	move_below("/sys");
	unlink("/init");
	if (chdir("/root/new") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("cannot change to the new root: %m");
}

static void mount_own(const char *target, const char *mode)
{
	make_folder(target);
	mount_or_fail("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, mode);
}

/* Before anything is mounted over the root's folders but /run itself. */
static void mount_again(void)
{
	make_folder(ROOT_DIR);
	mount_or_fail("/", ROOT_DIR, "none", MS_BIND, NULL);
}

void path_seen(char *path, size_t size)
{
	static const char *const own[] = { "/tmp/", "/run/", "/var/log/", "/dev/" };
	char seen[PATH_MAX + 32];

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strncmp(path, own[i], strlen(own[i]))) {
			snprintf(seen, sizeof(seen), ROOT_DIR "%s", path);
			if (strlen(seen) >= size)
				fail("the path %s is too long", path);
			strcpy(path, seen);
			return;
		}
}

static void mount_files(const struct config *config)
{
	char target[2 * PATH_MAX];

	snprintf(target, sizeof(target), FILES_DIR "%s",
		 strcmp(config->files, "/") ? config->files : "");
	make_folder(target);
	mount_or_fail("files", target, "9p", MS_RDONLY, P9_OPTIONS ",cache=none");
}

static void mount_modules(const struct config *config)
{
	char target[256], source[PATH_MAX];

	if (!config->modules[0])
		return;
	snprintf(target, sizeof(target), "/lib/modules/%s", config->kernel);
	make_folder(target);
	if (!strcmp(config->modules, "share")) {
		mount_or_fail("modules", target, "9p", MS_RDONLY, P9_OPTIONS ",cache=loose");
	} else {
		strcpy(source, config->modules);
		path_seen(source, sizeof(source));
		mount_or_fail(source, target, "none", MS_BIND, NULL);
	}
}

void mount_rest(const struct config *config)
{
	static const char *const folders[] = {
		"/run/lock",    "/run/xen",           "/run/xenstored", "/var/log/xen/console",
		"/var/lib/xen", "/var/lib/xenstored",
	};

	mount_own("/run", "mode=0755");
	mount_again();
	mount_own("/tmp", "mode=1777");
	mount_own("/var/log", "mode=0755");
	mount_own("/dev/shm", "mode=1777");
	make_folder("/dev/pts");
	mount_or_fail("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		      "mode=0620,ptmxmode=0666");
	mount_or_fail("xenfs", "/proc/xen", "xenfs", 0, NULL);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		make_folder(folders[i]);
	mount_files(config);
	make_folder(STATE_DIR);
	mount_or_fail("state", STATE_DIR, "9p", MS_NOSUID | MS_NODEV, P9_OPTIONS ",cache=none");
	mount_modules(config);
}

void unmount_state(void)
{
	sync();
	umount2(STATE_DIR, MNT_DETACH);
}
