/* SPDX-License-Identifier: MIT */
/* The blocking JSON-RPC client. */
#include "rpc_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "trust.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int rpc_client_connect(struct rpc_client *client, const char *path, struct error *err)
{
	int fd = trust_connect(path, err);

	if (fd < 0)
		return fd;
	rpc_client_attach(client, fd);
	return 0;
}

void rpc_client_attach(struct rpc_client *client, int fd)
{
	memset(client, 0, sizeof(*client));
	client->fd = fd;
}

void rpc_client_close(struct rpc_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	rpc_buffer_free(&client->in);
	client->fd = -1;
}

static int lost(struct error *err, int errnum)
{
	error_set(err, ERROR_UNREACHABLE, "rpc", "Lost the connection to pvd: %s",
		  errnum ? strerror(errnum) : "it closed the connection");
	return errnum ? -errnum : -EPIPE;
}

/* MSG_NOSIGNAL: a daemon that went away is an error to report, not a signal to die of. */
static int send_all(int fd, const char *bytes, size_t count)
{
	ssize_t done;

	while (count) {
		done = send(fd, bytes, count, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		bytes += done;
		count -= done;
	}
	return 0;
}

int rpc_client_send(struct rpc_client *client, const char *method, json_t *params,
		    struct error *err)
{
	json_t *request = rpc_request_new(++client->last_id, method, params);
	size_t length;
	char *line = rpc_line_encode(request, &length);
	int ret;

	json_decref(request);
	if (!line)
		return error_set(err, ERROR_FAILED, "rpc",
				 "request '%s' cannot be encoded (bytes that are not UTF-8?)",
				 method);
	if (length - 1 > RPC_LINE_MAX)
		ret = error_set(err, ERROR_USAGE, "rpc",
				"request '%s' is %zu bytes long, at most %u are possible", method,
				length - 1, RPC_LINE_MAX);
	else
		ret = send_all(client->fd, line, length);
	free(line);
	/* A daemon that turns clients away says why before it hangs up: the answer tells. */
	if (ret == -EPIPE)
		return 0;
	return ret && !error_is_set(err) ? lost(err, -ret) : ret;
}

static int wait_readable(int fd, int64_t deadline)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int64_t left = -1;
	int ret;

	do {
		if (deadline >= 0)
			left = deadline > now_ms() ? deadline - now_ms() : 0;
		ret = poll(&event, 1, (int)left);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	return ret ? 0 : -ETIMEDOUT;
}

int rpc_client_line(struct rpc_client *client, int timeout_ms, char **line, size_t *length,
		    struct error *err)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	ssize_t count;
	int ret;

	while (!(*line = rpc_buffer_line(&client->in, length))) {
		ret = wait_readable(client->fd, deadline);
		if (ret == -ETIMEDOUT)
			return error_set(err, ERROR_TIMEOUT, "rpc",
					 "no answer from pvd within %d ms", timeout_ms);
		if (ret)
			return lost(err, -ret);
		count = rpc_buffer_read(&client->in, client->fd);
		if (count == -EMSGSIZE)
			return error_set(err, ERROR_FAILED, "rpc",
					 "pvd sent a line of more than %u bytes", RPC_LINE_MAX);
		if (count <= 0 && count != -EAGAIN)
			return lost(err, (int)-count);
	}
	return 0;
}

int rpc_client_receive(struct rpc_client *client, int timeout_ms, json_t **result,
		       struct error *err)
{
	json_t *answer = NULL;
	size_t length;
	char *line;
	int ret;

	ret = rpc_client_line(client, timeout_ms, &line, &length, err);
	if (!ret)
		ret = rpc_answer_decode(line, length, client->last_id, &answer, err);
	if (result)
		*result = answer;
	else
		json_decref(answer);
	return ret;
}

int rpc_client_call(struct rpc_client *client, const char *method, json_t *params, int timeout_ms,
		    json_t **result, struct error *err)
{
	int ret = rpc_client_send(client, method, params, err);

	return ret ? ret : rpc_client_receive(client, timeout_ms, result, err);
}
