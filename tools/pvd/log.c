/* SPDX-License-Identifier: MIT */
/* log.c - the daemon's own log. Jobs log from their threads, hence the mutex. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pvd.h"
#include "rotate.h"

static struct rotate file = ROTATE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int log_open(const char *path)
{
	int ret = 0;

	if (path)
		ret = rotate_open(&file, AT_FDCWD, path);
	return ret;
}

void log_close(void)
{
	rotate_close(&file);
}

static void write_line(const char *level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void write_line(const char *level, const char *format, va_list args)
{
	char line[2048], now[TIME_TEXT];
	int at, n;

	time_format(time_now(), now);
	at = snprintf(line, sizeof(line), "%s %s ", now, level);
	n = vsnprintf(line + at, sizeof(line) - (size_t)at - 1, format, args);
	at += n < (int)sizeof(line) - at - 1 ? n : (int)sizeof(line) - at - 2;
	line[at++] = '\n';
	pthread_mutex_lock(&lock);
	if (file.name)
		rotate_write(&file, line, (size_t)at);
	else if (write(STDERR_FILENO, line, (size_t)at) < 0)
		errno = 0; /* nowhere left to say so */
	pthread_mutex_unlock(&lock);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("info", format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("warning", format, args);
	va_end(args);
}

void log_raw(const char *line, size_t size)
{
	if (write(file.fd >= 0 ? file.fd : STDERR_FILENO, line, size) < 0)
		errno = 0; /* nowhere left to say so */
}
