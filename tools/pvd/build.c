/* SPDX-License-Identifier: MIT */
/* build.c - building jobs (see build.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "files.h"

/* Keeps an unpacked kernel after the domain has been started with it. */
struct keep {
	struct job job;
	int state_fd;
	char name[KERNEL_CACHE_NAME];
	struct image image;
};

static void run_keep(struct job *job)
{
	struct keep *keep = (struct keep *)job;

	kernel_cache_keep(keep->state_fd, keep->name, keep->image.data, keep->image.size);
}

static void keep_done(struct job *job)
{
	struct keep *keep = (struct keep *)job;

	image_close(&keep->image);
	free(keep);
}

/* Takes the image out of the builder. */
void build_keep_kernel(struct build *build)
{
	struct keep *keep = build->keep_name[0] ? calloc(1, sizeof(*keep)) : NULL;

	if (!keep)
		return;
	/* Heavy, since it holds the kernel in memory. */
	keep->job = (struct job){ .run = run_keep, .done = keep_done, .heavy = true };
	keep->state_fd = build->pvd->state_fd;
	memcpy(keep->name, build->keep_name, sizeof(keep->name));
	keep->image = build->builder.image;
	build->builder.image = (struct image){ 0 };
	job_submit(build->pvd->jobs, &keep->job);
}

static LIST_HEAD(, build) builds = LIST_HEAD_INITIALIZER(builds);

void build_free(struct build *build)
{
	LIST_REMOVE(build, entry);
	builder_free(&build->builder);
	domain_config_free(&build->config);
	json_decref(build->id);
	json_decref(build->warnings);
	free(build);
}

/* Opens the files and describes the domain to the builder. */
int build_prepare(struct build *build, const struct domain_config *config, struct error *err)
{
	struct builder_spec spec = {
		.memory = config->current_memory,
		.max_memory = config->memory,
		.vcpus = config->vcpus,
		.max_grant_frames = config->max_grant_frames,
		.max_event_ports = config->max_event_channels,
		.kernel_fd = -1,
		.initrd_fd = -1,
		.kernel_path = config->kernel,
		.initrd_path = config->initrd,
		.cmdline = config->cmdline,
		.unpacker = build->pvd->unpacker,
	};

	uuid_parse(config->uuid, spec.uuid);
	builder_init(&build->builder, &spec);
	build->builder.spec.kernel_fd = files_open(build->pvd, config->kernel, "kernel", err);
	if (build->builder.spec.kernel_fd < 0)
		return build->builder.spec.kernel_fd;
	if (!config->initrd)
		return 0;
	build->builder.spec.initrd_fd = files_open(build->pvd, config->initrd, "initrd", err);
	return build->builder.spec.initrd_fd < 0 ? build->builder.spec.initrd_fd : 0;
}

/*
 * Checks with an unpacked kernel of the cache in place of the packed one. False if there is none
 * that can be read, and then nothing is said about the domain.
 */
static bool check_cached(struct build *build, const char *name)
{
	struct builder *builder = &build->builder;
	int packed = builder->spec.kernel_fd, cached;

	cached = kernel_cache_open(build->pvd->state_fd, name);
	if (cached < 0)
		return false;
	builder->spec.kernel_fd = cached;
	build->ret = builder_check(builder, build->pvd->xen, &build->err);
	builder->spec.kernel_fd = packed;
	close(cached);
	if (!build->ret || builder->image.data)
		return true;
	error_clear(&build->err);
	return false;
}

static void check(struct build *build)
{
	struct builder *builder = &build->builder;
	char name[KERNEL_CACHE_NAME];

	if (kernel_cache_name(builder->spec.kernel_fd, name))
		name[0] = '\0';
	if (name[0] && check_cached(build, name))
		return;
	build->ret = builder_check(builder, build->pvd->xen, &build->err);
	/* Only what took work to unpack is worth keeping. */
	if (!build->ret && name[0] && strcmp(builder->image.format, "ELF"))
		memcpy(build->keep_name, name, sizeof(name));
}

/* On the job's thread. */
static void run_build(struct job *job)
{
	struct build *build = (struct build *)job;

	check(build);
	if (!build->ret && build->domain)
		build->ret = builder_build(&build->builder, build->pvd->xen, &build->err);
}

static void job_done(struct job *job)
{
	struct build *build = (struct build *)job;

	build->done(build);
}

struct build *build_new(struct pvd *pvd, void (*done)(struct build *build))
{
	struct build *build = calloc(1, sizeof(*build));

	if (!build)
		return NULL;
	build->pvd = pvd;
	build->done = done;
	build->warnings = json_array();
	build->builder.spec.kernel_fd = -1;
	build->builder.spec.initrd_fd = -1;
	build->job = (struct job){ .run = run_build, .done = job_done, .heavy = true };
	LIST_INSERT_HEAD(&builds, build, entry);
	return build;
}

void build_submit(struct build *build)
{
	job_submit(build->pvd->jobs, &build->job);
}

void build_forget_client(struct client *client)
{
	struct build *build;

	LIST_FOREACH(build, &builds, entry) {
		if (build->client != client)
			continue;
		build->client = NULL;
		builder_cancel(&build->builder);
	}
}

void build_cancel_all(void)
{
	struct build *build;

	LIST_FOREACH(build, &builds, entry)
		builder_cancel(&build->builder);
}
