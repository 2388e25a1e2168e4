/* SPDX-License-Identifier: MIT */
/* The bounded line buffer of rpc.h. */
#include "rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE 65536

void rpc_buffer_free(struct rpc_buffer *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

/* Drops what was given out; done before growing only, so that a line given out stays where it is
 * until then. */
static void compact(struct rpc_buffer *buf)
{
	if (!buf->start)
		return;
	memmove(buf->data, buf->data + buf->start, buf->end - buf->start);
	buf->end -= buf->start;
	buf->partial -= buf->start;
	buf->start = 0;
}

static int reserve(struct rpc_buffer *buf, size_t count)
{
	size_t capacity = buf->capacity ? buf->capacity : 4096;
	char *data;

	compact(buf);
	while (capacity - buf->end < count)
		capacity *= 2;
	if (capacity == buf->capacity)
		return 0;
	data = realloc(buf->data, capacity);
	if (!data)
		return -ENOMEM;
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

/* Counts `count` bytes, stored behind the end, as received, and checks each line that they end or
 * lengthen. */
static int commit(struct rpc_buffer *buf, size_t count)
{
	size_t scanned = buf->end;
	const char *newline;

	buf->end += count;
	while ((newline = memchr(buf->data + scanned, '\n', buf->end - scanned))) {
		scanned = newline + 1 - buf->data;
		if (scanned - 1 - buf->partial > RPC_LINE_MAX)
			return -EMSGSIZE;
		buf->partial = scanned;
	}
	return buf->end - buf->partial > RPC_LINE_MAX ? -EMSGSIZE : 0;
}

int rpc_buffer_append(struct rpc_buffer *buf, const void *bytes, size_t count)
{
	int ret = reserve(buf, count);

	if (ret || !count)
		return ret;
	memcpy(buf->data + buf->end, bytes, count);
	return commit(buf, count);
}

ssize_t rpc_buffer_read(struct rpc_buffer *buf, int fd)
{
	ssize_t count;
	int ret = reserve(buf, READ_SIZE);

	if (ret)
		return ret;
	do {
		count = read(fd, buf->data + buf->end, READ_SIZE);
	} while (count < 0 && errno == EINTR);
	if (count <= 0)
		return count ? -errno : 0;
	ret = commit(buf, count);
	return ret ? ret : count;
}

char *rpc_buffer_line(struct rpc_buffer *buf, size_t *length)
{
	char *line, *newline;

	if (buf->start >= buf->partial)
		return NULL;
	line = buf->data + buf->start;
	newline = memchr(line, '\n', buf->partial - buf->start);
	*newline = '\0';
	if (length)
		*length = newline - line;
	buf->start = newline + 1 - buf->data;
	return line;
}

const char *rpc_buffer_rest(const struct rpc_buffer *buf, size_t *length)
{
	*length = buf->end - buf->start;
	return *length ? buf->data + buf->start : "";
}
