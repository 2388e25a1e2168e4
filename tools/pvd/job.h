/* SPDX-License-Identifier: MIT */
/*
 * job.h - work that takes long, on threads of its own, with its end reported to the event base.
 *
 * A job's run() executes on another thread and may touch only the job; done() executes on the event
 * base's thread afterwards. Heavy jobs (building: they may hold a whole unpacked kernel in memory)
 * run one at a time in the order of their submission; light ones at once.
 */
#ifndef TOOLS_PVD_JOB_H
#define TOOLS_PVD_JOB_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

struct jobs;

struct job {
	void (*run)(struct job *job);
	void (*done)(struct job *job);
	bool heavy;
	struct jobs *jobs; /* set by job_submit */
	STAILQ_ENTRY(job) entry;
};

/* NULL with errno. */
struct jobs *jobs_new(struct event_base *base);

/* Waits for the running jobs, without calling done(), and frees. */
void jobs_free(struct jobs *jobs);

/* Starts a job, which stays the caller's. If no thread can be had it runs here, before this
 * returns. */
void job_submit(struct jobs *jobs, struct job *job);

#endif
