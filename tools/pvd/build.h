/* SPDX-License-Identifier: MIT */
/*
 * build.h - one building job: a domain's files, the builder on a thread of its own, the cache of
 * unpacked kernels. What is done with the outcome is create.c's.
 */
#ifndef TOOLS_PVD_BUILD_H
#define TOOLS_PVD_BUILD_H

#include <jansson.h>

#include "builder.h"
#include "client.h"
#include "domain.h"
#include "job.h"
#include "kernel_cache.h"

/* Its domain is in the table all the while, except for a dry run. */
struct build {
	struct job job;
	LIST_ENTRY(build) entry;
	struct pvd *pvd;
	void (*done)(struct build *build);
	struct domain *domain;       /* NULL: dry run */
	struct domain_config config; /* of a dry run */
	struct client *client;       /* NULL: nobody waits (any more) */
	json_t *id;
	json_t *warnings;
	bool paused;
	struct builder builder;
	char keep_name[KERNEL_CACHE_NAME]; /* where the kernel is to be kept, or "" */
	int ret;
	struct error err;
};

/* done is called on the event base's thread when the job has ended. NULL: no memory. */
struct build *build_new(struct pvd *pvd, void (*done)(struct build *build));
void build_free(struct build *build);

/*
 * Opens the files and describes the domain to the builder, which keeps the configuration's strings:
 * they may move into a domain's record, but must not be freed. -errno with err filled.
 */
int build_prepare(struct build *build, const struct domain_config *config, struct error *err);

/* Starts the job; build->ret and build->err are its outcome. */
void build_submit(struct build *build);

/* After a success: keeps an unpacked kernel, if this one took work to unpack. */
void build_keep_kernel(struct build *build);

/* The builds under way of a client that has gone: nobody waits for them, and they are cancelled. */
void build_forget_client(struct client *client);

/* Cancels all: the daemon leaves, and must not wait longer than it has to. */
void build_cancel_all(void);

#endif
