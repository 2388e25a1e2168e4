/* SPDX-License-Identifier: MIT */
/* Lock, state.json and ended.json of an instance. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define STAGE "host"

static const char *const end_words[] = {
	[HOST_END_NONE] = "unknown",        [HOST_END_STOPPED] = "stopped",
	[HOST_END_POWER_OFF] = "power-off", [HOST_END_PANIC] = "panic",
	[HOST_END_QEMU] = "qemu",           [HOST_END_START] = "start",
};

static const char *const daemon_words[] = {
	[HOST_DAEMON_UNKNOWN] = "unknown",
	[HOST_DAEMON_RUNNING] = "running",
	[HOST_DAEMON_RESTARTING] = "restarting",
	[HOST_DAEMON_GIVEN_UP] = "given up",
};

/* The instance's two locks. Both names may stand in one folder. */
enum { LOCK_RUNTIME, LOCK_STATE };

static int open_lock(const struct host_paths *paths, int which, int flags)
{
	char path[PATH_MAX + 16];
	int fd;

	if (which == LOCK_RUNTIME)
		snprintf(path, sizeof(path), "%s/lock", paths->runtime);
	else
		snprintf(path, sizeof(path), "%s/state.lock", paths->state);
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static int take_lock(const struct host_paths *paths, int which, int *fd, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	*fd = open_lock(paths, which, O_RDWR | O_CREAT);
	if (*fd < 0)
		return error_set(err, error_from_errno(-*fd), STAGE, "the lock in %s: %s",
				 which == LOCK_RUNTIME ? paths->runtime : paths->state,
				 strerror(-*fd));
	if (!fcntl(*fd, F_OFD_SETLK, &lock))
		return 0;
	close(*fd);
	*fd = -1;
	return -EWOULDBLOCK;
}

int host_lock(const struct host_paths *paths, int fds[HOST_LOCKS], struct error *err)
{
	int rc = take_lock(paths, LOCK_RUNTIME, &fds[LOCK_RUNTIME], err);

	if (rc)
		return rc;
	rc = take_lock(paths, LOCK_STATE, &fds[LOCK_STATE], err);
	if (rc)
		close(fds[LOCK_RUNTIME]);
	return rc == -EWOULDBLOCK ? host_tell_elsewhere(paths, err) : rc;
}

static bool is_locked(const struct host_paths *paths, int which)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(paths, which, O_RDWR);
	bool locked;

	if (fd < 0)
		return false;
	locked = !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
	close(fd);
	return locked;
}

bool host_is_alive(const struct host_paths *paths)
{
	return is_locked(paths, LOCK_RUNTIME);
}

bool host_is_elsewhere(const struct host_paths *paths)
{
	return !is_locked(paths, LOCK_RUNTIME) && is_locked(paths, LOCK_STATE);
}

int host_tell_elsewhere(const struct host_paths *paths, struct error *err)
{
	error_set(err, ERROR_WRONG_STATE, STAGE,
		  "the hosted machine '%s' runs, but its sockets are not in %s", paths->name,
		  paths->runtime);
	return error_hint(err, "set XDG_RUNTIME_DIR as it was when the machine was started, or use "
			       "another --name");
}

void host_time_text(int64_t when, char text[HOST_TIME_TEXT])
{
	time_t seconds = (time_t)when;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, HOST_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

const char *host_end_word(enum host_end why)
{
	return end_words[why];
}

const char *host_daemon_word(enum host_daemon daemon)
{
	return daemon_words[daemon];
}

static enum host_daemon daemon_from_word(const char *word)
{
	for (size_t i = 0; i < sizeof(daemon_words) / sizeof(daemon_words[0]); i++)
		if (word && !strcmp(word, daemon_words[i]))
			return (enum host_daemon)i;
	return HOST_DAEMON_UNKNOWN;
}

static enum host_end end_from_word(const char *word)
{
	for (size_t i = 0; i < sizeof(end_words) / sizeof(end_words[0]); i++)
		if (word && !strcmp(word, end_words[i]))
			return (enum host_end)i;
	return HOST_END_NONE;
}

/* `root` is taken. Text that is not UTF-8 (a path) makes no JSON: said as such. */
static int write_json(const struct host_paths *paths, const char *name, json_t *root,
		      struct error *err)
{
	char path[PATH_MAX + 16];
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", paths->state, name);
	rc = text ? file_write(path, text, strlen(text), err)
		  : error_set(err, ERROR_FAILED, STAGE,
			      "%s cannot be written: no memory, or a path is not UTF-8", path);
	free(text);
	json_decref(root);
	return rc;
}

static json_t *read_json(const struct host_paths *paths, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", paths->state, name);
	return json_load_file(path, 0, NULL);
}

static void get_text(const json_t *root, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(root, key));

	snprintf(text, size, "%s", value ? value : "");
}

static json_int_t get_number(const json_t *root, const char *key)
{
	return json_integer_value(json_object_get(root, key));
}

int host_state_write(const struct host_paths *paths, const struct host_state *state,
		     struct error *err)
{
	json_t *root = json_pack(
		"{si sb sI sI ss ss ss ss ss ss sI sI ss sI ss}", "pid", state->pid, "ready",
		state->ready, "started", (json_int_t)state->started, "start_ms",
		(json_int_t)state->start_ms, "hypervisor", state->hypervisor, "kernel",
		state->kernel, "kernel_version", state->kernel_version, "root", state->root,
		"accelerator", state->accelerator, "accelerator_why", state->accelerator_why,
		"memory_mib", (json_int_t)state->memory, "dom0_memory_mib",
		(json_int_t)state->dom0_memory, "daemon", host_daemon_word(state->daemon),
		"daemon_starts", (json_int_t)state->daemon_starts, "daemon_end", state->daemon_end);

	return write_json(paths, "state.json", root, err);
}

int host_state_read(const struct host_paths *paths, struct host_state *state)
{
	json_t *root = read_json(paths, "state.json");

	if (!root)
		return -ENOENT;
	memset(state, 0, sizeof(*state));
	state->pid = (int)get_number(root, "pid");
	state->ready = json_is_true(json_object_get(root, "ready"));
	state->started = get_number(root, "started");
	state->start_ms = get_number(root, "start_ms");
	state->memory = (unsigned int)get_number(root, "memory_mib");
	state->dom0_memory = (unsigned int)get_number(root, "dom0_memory_mib");
	state->daemon = daemon_from_word(json_string_value(json_object_get(root, "daemon")));
	state->daemon_starts = (unsigned int)get_number(root, "daemon_starts");
	get_text(root, "daemon_end", state->daemon_end, sizeof(state->daemon_end));
	get_text(root, "hypervisor", state->hypervisor, sizeof(state->hypervisor));
	get_text(root, "kernel", state->kernel, sizeof(state->kernel));
	get_text(root, "kernel_version", state->kernel_version, sizeof(state->kernel_version));
	get_text(root, "root", state->root, sizeof(state->root));
	get_text(root, "accelerator", state->accelerator, sizeof(state->accelerator));
	get_text(root, "accelerator_why", state->accelerator_why, sizeof(state->accelerator_why));
	json_decref(root);
	return 0;
}

/* Each byte of the texts may take two, escaped, and the keys take their part. */
#define ENDED_BYTES (2 * sizeof(struct host_ended) + 1024)

static void ended_path(const struct host_paths *paths, const char *name, char path[PATH_MAX + 16])
{
	snprintf(path, PATH_MAX + 16, "%s/%s", paths->state, name);
}

int host_ended_reserve(const struct host_paths *paths, struct error *err)
{
	char path[PATH_MAX + 16];

	ended_path(paths, "ended.reserved", path);
	return file_reserve(path, ENDED_BYTES, err);
}

static json_t *ended_json(const struct host_ended *ended)
{
	json_t *lines = json_array();

	for (int i = 0; i < HOST_TAIL_LINES && ended->lines[i][0]; i++)
		json_array_append_new(lines, json_string(ended->lines[i]));
	return json_pack("{ss sI ss so}", "why", host_end_word(ended->why), "when",
			 (json_int_t)ended->when, "detail", ended->detail, "console", lines);
}

int host_ended_write(const struct host_paths *paths, const struct host_ended *ended,
		     struct error *err)
{
	char reserved[PATH_MAX + 16], path[PATH_MAX + 16];
	json_t *root = ended_json(ended);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	int rc;

	ended_path(paths, "ended.reserved", reserved);
	ended_path(paths, "ended.json", path);
	rc = text ? file_write_reserved(reserved, path, text, strlen(text), err)
		  : error_set(err, ERROR_FAILED, STAGE, "%s: no memory", path);
	free(text);
	json_decref(root);
	return rc;
}

int host_ended_read(const struct host_paths *paths, struct host_ended *ended)
{
	json_t *root = read_json(paths, "ended.json"), *lines;

	if (!root)
		return -ENOENT;
	memset(ended, 0, sizeof(*ended));
	ended->why = end_from_word(json_string_value(json_object_get(root, "why")));
	ended->when = get_number(root, "when");
	get_text(root, "detail", ended->detail, sizeof(ended->detail));
	lines = json_object_get(root, "console");
	for (size_t i = 0; i < json_array_size(lines) && i < HOST_TAIL_LINES; i++)
		snprintf(ended->lines[i], sizeof(ended->lines[i]), "%s",
			 json_string_value(json_array_get(lines, i)) ?: "");
	json_decref(root);
	return 0;
}

void host_ended_remove(const struct host_paths *paths)
{
	char path[PATH_MAX + 16];

	ended_path(paths, "ended.json", path);
	unlink(path);
}
