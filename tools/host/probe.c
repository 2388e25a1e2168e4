/* SPDX-License-Identifier: MIT */
/* The KVM probe. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "qemu.h"

#define GREETING "paravane probe: a guest runs"

/* What the verdict depends on, as one line. */
static int make_key(char *key, size_t size, const struct host_hypervisor *hypervisor,
		    struct error *err)
{
	char boot[64] = "", version[160];
	struct stat st;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	int rc = qemu_version(version, sizeof(version), err);

	if (file) {
		if (fgets(boot, sizeof(boot), file))
			boot[strcspn(boot, "\n")] = '\0';
		fclose(file);
	}
	if (rc)
		return rc;
	if (stat(hypervisor->image, &st))
		return error_set(err, ERROR_FAILED, "host", "%s: %s", hypervisor->image,
				 strerror(errno));
	snprintf(key, size, "%s %s %s %lld %lld", boot, version, hypervisor->image,
		 (long long)st.st_size, (long long)st.st_mtim.tv_sec);
	return 0;
}

static void cache_path(char path[PATH_MAX + 16], const struct host_paths *paths)
{
	snprintf(path, PATH_MAX + 16, "%s/kvm.json", paths->cache);
}

static bool read_kept(struct probe_verdict *verdict, const struct host_paths *paths,
		      const char *key)
{
	char path[PATH_MAX + 16];
	const char *kept_key = NULL, *why = NULL;
	int works = 0;
	json_t *root;
	bool good;

	cache_path(path, paths);
	root = json_load_file(path, 0, NULL);
	good = root &&
	       !json_unpack(root, "{ss sb ss}", "key", &kept_key, "works", &works, "why", &why) &&
	       !strcmp(kept_key, key);
	if (good) {
		verdict->works = works;
		snprintf(verdict->why, sizeof(verdict->why), "%s", why);
	}
	json_decref(root);
	return good;
}

/* Not to be able to keep it costs three seconds at the next start, no more. */
static void keep(const struct probe_verdict *verdict, const struct host_paths *paths,
		 const char *key)
{
	json_t *root =
		json_pack("{ss sb ss}", "key", key, "works", verdict->works, "why", verdict->why);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	struct error ignored = ERROR_INIT;
	char path[PATH_MAX + 16];

	cache_path(path, paths);
	if (text)
		file_write(path, text, strlen(text), &ignored);
	free(text);
	json_decref(root);
}

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Collects console output until the greeting, the end, or the limit. */
static bool await_greeting(int console, char *text, size_t size)
{
	int64_t end = now_ms() + PROBE_SECONDS * 1000;
	struct pollfd watch = { .fd = console, .events = POLLIN };
	size_t have = 0;

	for (;;) {
		int64_t left = end - now_ms();
		ssize_t count;

		if (left <= 0 || have == size - 1 || poll(&watch, 1, (int)left) <= 0)
			return false;
		count = read(console, text + have, size - 1 - have);
		if (count <= 0)
			return false;
		have += (size_t)count;
		text[have] = '\0';
		if (strstr(text, GREETING))
			return true;
	}
}

/* Kills what may hang for ever, and says how it ended by itself if it did. */
static void conclude(struct probe_verdict *verdict, struct qemu *qemu, bool greeted)
{
	char message[128] = "";
	int status;
	bool ended = waitpid(qemu->pid, &status, WNOHANG) == qemu->pid;
	ssize_t count;

	if (!ended) {
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, &status, 0);
	}
	count = read(qemu->messages, message, sizeof(message) - 1);
	message[count > 0 ? strcspn(message, "\n") : 0] = '\0';
	verdict->works = greeted;
	if (greeted)
		snprintf(verdict->why, sizeof(verdict->why), "a test boot succeeded");
	else if (message[0])
		snprintf(verdict->why, sizeof(verdict->why),
			 "KVM does not work: a test boot ended with: %s", message);
	else if (ended)
		snprintf(verdict->why, sizeof(verdict->why),
			 "KVM does not work: QEMU ended during a test boot");
	else
		snprintf(verdict->why, sizeof(verdict->why),
			 "KVM does not work: a test boot said nothing within %d s", PROBE_SECONDS);
}

static int link_in(const char *folder, const char *name, const char *target, struct error *err)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (symlink(target, path))
		return error_set(err, ERROR_FAILED, "host", "%s: %s", path, strerror(errno));
	return 0;
}

static void remove_folder(const char *folder)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/hypervisor", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/kernel", folder);
	unlink(path);
	rmdir(folder);
}

static int boot_in(struct probe_verdict *verdict, const char *folder,
		   const struct host_hypervisor *hypervisor, const char *guest, struct error *err)
{
	struct qemu_setup setup = {
		.folder = folder,
		.accel = "kvm",
		.is_xen = hypervisor->is_xen,
		.memory = 256,
		.probe = true,
		.hypervisor_args = "com1=115200 console=com1 dom0_mem=64M",
		.kernel_args = "",
	};
	static char text[65536];
	struct qemu qemu;
	bool greeted;
	int rc = link_in(folder, "hypervisor", hypervisor->image, err);

	if (!rc)
		rc = link_in(folder, "kernel", guest, err);
	if (!rc)
		rc = qemu_start(&qemu, &setup, err);
	if (rc)
		return rc;
	greeted = await_greeting(qemu.streams[QEMU_CONSOLE], text, sizeof(text));
	conclude(verdict, &qemu, greeted);
	qemu_close(&qemu);
	return 0;
}

static int boot(struct probe_verdict *verdict, const struct host_hypervisor *hypervisor,
		const struct host_paths *paths, struct error *err)
{
	char guest[PATH_MAX], folder[PATH_MAX + 16];
	int rc = host_asset(HOST_PROBE_GUEST, guest, err);

	if (rc)
		return rc;
	snprintf(folder, sizeof(folder), "%s/probe.XXXXXX", paths->runtime);
	if (!mkdtemp(folder))
		return error_set(err, ERROR_FAILED, "host", "%s: %s", folder, strerror(errno));
	rc = boot_in(verdict, folder, hypervisor, guest, err);
	remove_folder(folder);
	return rc;
}

int probe_kvm(struct probe_verdict *verdict, const struct host_hypervisor *hypervisor,
	      const struct host_paths *paths, struct error *err)
{
	char key[PATH_MAX + 320];
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), rc;

	*verdict = (struct probe_verdict){ .works = false };
	if (fd < 0) {
		snprintf(verdict->why, sizeof(verdict->why), "/dev/kvm: %s", strerror(errno));
		return 0;
	}
	close(fd);
	rc = make_key(key, sizeof(key), hypervisor, err);
	if (rc || read_kept(verdict, paths, key))
		return rc;
	rc = boot(verdict, hypervisor, paths, err);
	if (!rc)
		keep(verdict, paths, key);
	return rc;
}
