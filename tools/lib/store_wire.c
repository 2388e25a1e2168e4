/* SPDX-License-Identifier: MIT */
/* store_wire.c - xenstored's messages on a socket (see store_wire.h). */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "store_wire.h"

int64_t wire_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits for the socket until deadline (0: not at all). 0, -EAGAIN or -ETIMEDOUT. */
static int wait_for(struct wire *wire, short events, int64_t deadline)
{
	struct pollfd p = { .fd = wire->fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline ? deadline - wire_now_ms() : 0;
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return deadline ? -ETIMEDOUT : -EAGAIN;
}

int wire_send(struct wire *wire, const void *data, size_t size, int64_t deadline)
{
	const uint8_t *bytes = data;

	while (size) {
		ssize_t n = send(wire->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN) {
			int ret = wait_for(wire, POLLOUT, deadline);

			if (ret)
				return ret;
		} else if (errno != EINTR) {
			return -EPIPE;
		}
	}
	return 0;
}

/* True if the buffer starts with a whole message; -EPROTO for one that cannot be. */
static int whole_message(const struct wire *wire)
{
	const struct xsd_sockmsg *header = (const void *)wire->in;

	if (wire->in_used < sizeof(*header))
		return 0;
	if (header->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	return wire->in_used >= sizeof(*header) + header->len;
}

/* Takes one message. -EAGAIN when deadline is 0 and there is none. Any other error ends the
 * connection. */
int wire_receive(struct wire *wire, struct message *message, int64_t deadline)
{
	size_t total;
	int ret;

	while (!(ret = whole_message(wire))) {
		ssize_t n = recv(wire->fd, wire->in + wire->in_used,
				 sizeof(wire->in) - wire->in_used, MSG_DONTWAIT);

		if (n > 0)
			wire->in_used += (size_t)n;
		else if (!n)
			return -EPIPE;
		else if (errno == EAGAIN)
			ret = wait_for(wire, POLLIN, deadline);
		else if (errno != EINTR)
			return -EPIPE;
		if (ret)
			return ret;
	}
	if (ret < 0)
		return ret;
	memcpy(&message->header, wire->in, sizeof(message->header));
	total = sizeof(message->header) + message->header.len;
	memcpy(message->payload, wire->in + sizeof(message->header), message->header.len);
	message->payload[message->header.len] = '\0';
	memmove(wire->in, wire->in + total, wire->in_used - total);
	wire->in_used -= total;
	return 0;
}

int wire_error_number(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		if (!strcmp(xsd_errors[i].errstring, text))
			return xsd_errors[i].errnum;
	}
	return EIO;
}
