/* SPDX-License-Identifier: MIT */
/* state.c - state files (see state.h). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "create.h"
#include "log.h"
#include "state.h"

#define FOLDER "domains"
#define SUFFIX ".json"
#define FORMAT 1

static const char *const phase_names[] = {
	[PHASE_BUILDING] = "building",
	[PHASE_LIVE] = "live",
	[PHASE_ENDING] = "ending",
	[PHASE_ENDED] = "ended",
};

static int make_folder(int parent, const char *parent_name, const char *name, struct error *err)
{
	if (!mkdirat(parent, name, 0700) || errno == EEXIST)
		return 0;
	return error_set(err, error_from_errno(errno), "start", "cannot make %s/%s: %s",
			 parent_name, name, strerror(errno));
}

int state_prepare(struct pvd *pvd, struct error *err)
{
	int ret = make_folder(pvd->run_fd, pvd->options.run, FOLDER, err);

	return ret ? ret : make_folder(pvd->state_fd, pvd->options.state, "console", err);
}

static json_t *encode(const struct domain *domain)
{
	char *xml = domain_config_write(&domain->config, NULL);
	const struct domain_rings *rings = &domain->rings;
	json_t *root;

	if (!xml)
		return NULL;
	root = json_pack("{s:i, s:s, s:s, s:i, s:b, s:b, s:b, s:b, s:s, s:s, s:I, s:s,"
			 " s:I, s:I, s:i, s:i}",
			 "format", FORMAT, "boot", domain->pvd->boot_id, "phase",
			 phase_names[domain->phase], "id", domain->id, "paused", domain->paused,
			 "stopped", domain->stopped, "crashed", domain->crashed, "restart",
			 domain->restarting, "reason", domain->reason, "detail", domain->detail,
			 "since", (json_int_t)domain->since, "xml", xml, "store_frame",
			 (json_int_t)rings->store_frame, "console_frame",
			 (json_int_t)rings->console_frame, "store_port", rings->store_port,
			 "console_port", rings->console_port);
	free(xml);
	return root;
}

static int write_file(int folder, const char *name, const char *text)
{
	size_t size = strlen(text);
	ssize_t n;
	int fd, ret = 0;

	fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (size && !ret) {
		n = write(fd, text, size);
		if (n < 0 && errno != EINTR)
			ret = -errno;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static int replace_file(int folder, const char *path, const char *text)
{
	char temporary[128];
	int ret;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	ret = write_file(folder, temporary, text);
	if (!ret && renameat(folder, temporary, folder, path))
		ret = -errno;
	if (ret)
		unlinkat(folder, temporary, 0);
	return ret;
}

static void file_path(const struct domain *domain, char path[96])
{
	snprintf(path, 96, FOLDER "/%s" SUFFIX, domain->config.uuid);
}

void state_save(const struct domain *domain)
{
	json_t *root = encode(domain);
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	char path[96];
	int ret = -ENOMEM;

	file_path(domain, path);
	if (text)
		ret = replace_file(domain->pvd->run_fd, path, text);
	if (ret)
		log_warning("domain %s: cannot save its state: %s", domain->config.name,
			    strerror(-ret));
	free(text);
	json_decref(root);
}

void state_forget(const struct domain *domain)
{
	char path[96];

	file_path(domain, path);
	unlinkat(domain->pvd->run_fd, path, 0);
}

static bool parse_phase(const char *name, enum domain_phase *phase)
{
	unsigned int i;

	for (i = 0; i < sizeof(phase_names) / sizeof(phase_names[0]); i++) {
		if (!strcmp(name, phase_names[i])) {
			*phase = (enum domain_phase)i;
			return true;
		}
	}
	return false;
}

static struct domain *add_from_xml(struct pvd *pvd, const char *xml, const char *file)
{
	struct xml_source source = { .text = xml, .length = strlen(xml), .file = file };
	struct domain_config config;
	struct error err = ERROR_INIT;

	if (domain_config_read(&config, &source, NULL, &err)) {
		log_warning("%s: %s", file, err.detail);
		return NULL;
	}
	return domain_add(pvd, &config);
}

/* False for a file of another boot, or not one of ours. */
static bool load_one(struct pvd *pvd, const json_t *root, const char *file)
{
	const char *boot, *phase_name, *reason, *detail, *xml;
	json_int_t since, store_frame, console_frame;
	int format, id, paused, stopped, crashed, restart, store_port, console_port;
	enum domain_phase phase;
	struct domain *domain;

	if (json_unpack((json_t *)root,
			"{s:i, s:s, s:s, s:i, s:b, s:b, s:b, s:b, s:s, s:s, s:I,"
			" s:s, s:I, s:I, s:i, s:i}",
			"format", &format, "boot", &boot, "phase", &phase_name, "id", &id, "paused",
			&paused, "stopped", &stopped, "crashed", &crashed, "restart", &restart,
			"reason", &reason, "detail", &detail, "since", &since, "xml", &xml,
			"store_frame", &store_frame, "console_frame", &console_frame, "store_port",
			&store_port, "console_port", &console_port))
		return false;
	if (format != FORMAT || strcmp(boot, pvd->boot_id) || !parse_phase(phase_name, &phase))
		return false;
	domain = add_from_xml(pvd, xml, file);
	if (!domain)
		return false;
	domain->rings = (struct domain_rings){
		.store_frame = (uint64_t)store_frame,
		.console_frame = (uint64_t)console_frame,
		.store_port = (uint32_t)store_port,
		.console_port = (uint32_t)console_port,
	};
	if (phase == PHASE_ENDED) {
		domain_end(domain, crashed, reason, detail);
	} else {
		domain->phase = phase;
		domain->id = id;
		domain->paused = paused;
		domain->stopped = stopped;
		domain->crashed = crashed;
		domain->restarting = restart;
		domain_set_reason(domain, reason);
		snprintf(domain->detail, sizeof(domain->detail), "%s", detail);
	}
	domain->since = since;
	console_recall(domain->console);
	return true;
}

static void load_file(struct pvd *pvd, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	json_error_t problem;
	json_t *root;
	bool good;

	if (fd < 0)
		return;
	root = json_loadfd(fd, 0, &problem);
	close(fd);
	good = root && load_one(pvd, root, name);
	if (!good)
		unlinkat(folder, name, 0);
	json_decref(root);
}

static bool is_state_file(const char *name)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX);

	return length > suffix && !strcmp(name + length - suffix, SUFFIX);
}

void state_load(struct pvd *pvd)
{
	int fd = openat(pvd->run_fd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder))) {
		if (is_state_file(entry->d_name))
			load_file(pvd, fd, entry->d_name);
		else if (entry->d_name[0] != '.')
			unlinkat(fd, entry->d_name, 0); /* a write that was cut short */
	}
	closedir(folder);
}
