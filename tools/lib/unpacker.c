/* SPDX-License-Identifier: MIT */
/* unpacker.c - the daemon's side of the unpacker (see unpacker.h). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unpacker_part.h"

/* How often a request that is under way looks whether it was cancelled. */
#define LOOK_MS 100

struct unpacker {
	int fd;
	pid_t server;
};

struct unpacker *unpacker_start(void)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));
	int ends[2];

	if (!unpacker || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		free(unpacker);
		return NULL;
	}
	unpacker->server = fork();
	if (!unpacker->server)
		unpacker_serve(ends[1]);
	close(ends[1]);
	unpacker->fd = ends[0];
	if (unpacker->server > 0)
		return unpacker;
	close(ends[0]);
	free(unpacker);
	return NULL;
}

void unpacker_stop(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	/* It ends with its socket. */
	close(unpacker->fd);
	free(unpacker);
}

/* What may be used of this machine's memory: some must be left for everybody else. */
static uint64_t usable_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib ? kib * 1024 / 4 * 3 : EXTRACT_ROOM_MIN;
}

/* Waits for the answer; a cancelled request is answered too, and at once. */
static int await(struct unpacker *unpacker, const atomic_bool *cancelled)
{
	const struct unpacker_request cancel = { .kind = UNPACKER_CANCEL };
	struct pollfd p = { .fd = unpacker->fd, .events = POLLIN };
	bool asked = false;
	int ret = 0;

	do {
		if (!asked && cancelled && atomic_load(cancelled)) {
			asked = true;
			ret = unpacker_send(unpacker->fd, &cancel, sizeof(cancel), -1);
		}
	} while (!ret && poll(&p, 1, LOOK_MS) <= 0);
	return ret;
}

/* The child may have been taken over by the file: nothing that it says is believed. */
static void distrust(struct extract_report *report)
{
	if ((unsigned int)report->verdict >= EXTRACT_VERDICTS)
		report->verdict = EXTRACT_DAMAGED;
	report->format[sizeof(report->format) - 1] = '\0';
	if (!unpack_find(report->format))
		strcpy(report->format, unpack_stored.name);
	report->errnum = report->errnum < 0 || report->errnum > 4095 ? EIO : report->errnum;
}

int unpacker_run(struct unpacker *unpacker, int kernel, uint64_t domain_memory,
		 const atomic_bool *cancelled, struct unpacker_end *end)
{
	const struct unpacker_request request = {
		.kind = UNPACKER_KERNEL,
		.limits = { .domain = domain_memory, .memory = usable_memory() },
	};
	int fd = -1, ret;

	memset(end, 0, sizeof(*end));
	if (unpacker_send(unpacker->fd, &request, sizeof(request), kernel) ||
	    await(unpacker, cancelled))
		return -EPIPE;
	ret = unpacker_receive(unpacker->fd, end, sizeof(*end), &fd);
	if (ret != (int)sizeof(*end))
		return -EPIPE;
	distrust(&end->report);
	if (fd >= 0)
		return fd;
	return end->signal && cancelled && atomic_load(cancelled) ? -ECANCELED : -EINVAL;
}
