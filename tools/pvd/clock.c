/* SPDX-License-Identifier: MIT */
/* clock.c - the time, for people and for durations. */
#include <stdio.h>
#include <time.h>

#include "pvd.h"

#define NS 1000000000LL

static int64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

int64_t time_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t time_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void time_format(int64_t ns, char text[TIME_TEXT])
{
	time_t seconds = (time_t)(ns / NS);
	struct tm tm;
	size_t at;

	gmtime_r(&seconds, &tm);
	at = strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + at, TIME_TEXT - at, ".%06dZ", (int)(ns % NS / 1000));
}
