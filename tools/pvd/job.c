/* SPDX-License-Identifier: MIT */
/* job.c - threads for long work (see job.h). An eventfd tells the event base that jobs have ended.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "job.h"

STAILQ_HEAD(job_list, job);

struct jobs {
	int fd;
	struct event *event;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct job_list ended;   /* under the lock */
	unsigned int threads;    /* under the lock */
	struct job_list waiting; /* heavy ones; event base's thread only, as all below */
	bool heavy_runs;
};

static void *thread_main(void *arg)
{
	struct job *job = arg;
	struct jobs *jobs = job->jobs;
	uint64_t one = 1;

	job->run(job);
	pthread_mutex_lock(&jobs->lock);
	STAILQ_INSERT_TAIL(&jobs->ended, job, entry);
	jobs->threads--;
	if (write(jobs->fd, &one, sizeof(one)) < 0)
		errno = 0; /* only if the counter is full, and then the event is pending anyhow */
	pthread_cond_signal(&jobs->idle);
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

/* Signals are the main thread's: new threads inherit a full mask. */
static int make_thread(struct job *job)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	pthread_t thread;
	int ret;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&thread, &attributes, thread_main, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return -ret;
}

static void start(struct jobs *jobs, struct job *job)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->threads++;
	pthread_mutex_unlock(&jobs->lock);
	if (make_thread(job))
		thread_main(job);
}

static struct job *take_ended(struct jobs *jobs)
{
	struct job *job;

	pthread_mutex_lock(&jobs->lock);
	job = STAILQ_FIRST(&jobs->ended);
	if (job)
		STAILQ_REMOVE_HEAD(&jobs->ended, entry);
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

static void start_next_heavy(struct jobs *jobs)
{
	struct job *job = STAILQ_FIRST(&jobs->waiting);

	jobs->heavy_runs = job != NULL;
	if (!job)
		return;
	STAILQ_REMOVE_HEAD(&jobs->waiting, entry);
	start(jobs, job);
}

static void jobs_ended(evutil_socket_t fd, short what, void *arg)
{
	struct jobs *jobs = arg;
	struct job *job;
	uint64_t count;

	(void)what;
	if (read((int)fd, &count, sizeof(count)) < 0)
		return;
	while ((job = take_ended(jobs))) {
		if (job->heavy)
			start_next_heavy(jobs);
		job->done(job);
	}
}

struct jobs *jobs_new(struct event_base *base)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return NULL;
	STAILQ_INIT(&jobs->ended);
	STAILQ_INIT(&jobs->waiting);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->idle, NULL);
	jobs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	jobs->event = event_new(base, jobs->fd, EV_READ | EV_PERSIST, jobs_ended, jobs);
	if (jobs->fd < 0 || !jobs->event || event_add(jobs->event, NULL)) {
		jobs_free(jobs);
		errno = ENOMEM;
		return NULL;
	}
	return jobs;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	while (jobs->threads)
		pthread_cond_wait(&jobs->idle, &jobs->lock);
	pthread_mutex_unlock(&jobs->lock);
	if (jobs->event)
		event_free(jobs->event);
	if (jobs->fd >= 0)
		close(jobs->fd);
	free(jobs);
}

void job_submit(struct jobs *jobs, struct job *job)
{
	job->jobs = jobs;
	if (job->heavy && jobs->heavy_runs) {
		STAILQ_INSERT_TAIL(&jobs->waiting, job, entry);
		return;
	}
	jobs->heavy_runs = jobs->heavy_runs || job->heavy;
	start(jobs, job);
}
