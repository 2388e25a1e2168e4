/* SPDX-License-Identifier: MIT */
/* Something that prints at us. */
#include "stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void tell_lines(struct stream *stream, const char *bytes, size_t count)
{
	enum tail_sign sign;
	const char *text;

	while (count) {
		size_t used = tail_feed(&stream->tail, bytes, count, &sign, &text);

		bytes += used;
		count -= used;
		if (text && stream->ops->line)
			stream->ops->line(sign, text, stream->arg);
	}
}

/* False when nothing is left to read, now or ever. A log that cannot be written is no reason to
 * stop reading. */
static bool read_once(struct stream *stream)
{
	char bytes[4096];
	ssize_t count = read(stream->fd, bytes, sizeof(bytes));

	if (count > 0) {
		rotate_write(&stream->log, bytes, (size_t)count);
		if (stream->ops->bytes)
			stream->ops->bytes(bytes, (size_t)count, stream->arg);
		tell_lines(stream, bytes, (size_t)count);
		return true;
	}
	if (!count || (errno != EAGAIN && errno != EINTR))
		event_del(stream->readable);
	return false;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	read_once(arg);
}

int stream_open(struct stream *stream, struct event_base *base, int fd, int folder,
		const char *name, const struct stream_ops *ops, void *arg, struct error *err)
{
	int rc = 0;

	*stream = (struct stream){ .fd = fd, .log = ROTATE_INIT, .ops = ops, .arg = arg };
	if (name)
		rc = rotate_open(&stream->log, folder, name);
	if (rc)
		return error_set(err, error_from_errno(-rc), "host", "the log %s: %s", name,
				 strerror(-rc));
	stream->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, stream);
	if (!stream->readable || evutil_make_socket_nonblocking(fd) ||
	    event_add(stream->readable, NULL))
		return error_set(err, ERROR_FAILED, "host", "no memory for a stream");
	return 0;
}

void stream_close(struct stream *stream)
{
	if (stream->readable)
		event_free(stream->readable);
	if (stream->fd >= 0)
		close(stream->fd);
	rotate_close(&stream->log);
	stream->readable = NULL;
	stream->fd = -1;
}

void stream_drain(struct stream *stream)
{
	while (stream->fd >= 0 && read_once(stream))
		;
}

const char *stream_last_line(const struct stream *stream)
{
	const struct tail *tail = &stream->tail;

	return tail->next ? tail->lines[(tail->next - 1) % HOST_TAIL_LINES] : "";
}
