/* SPDX-License-Identifier: MIT */
/* client.c - connections (see client.h). */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "build.h"
#include "client.h"
#include "log.h"
#include "method.h"
#include "notify.h"

struct client {
	TAILQ_ENTRY(client) entry;
	struct pvd *pvd;
	struct bufferevent *stream;
	struct rpc_buffer in;
	unsigned int pending; /* requests not yet answered */
	bool subscribed;
	unsigned int *count;  /* its door's */
	bool input_ended;     /* it sends no more, but may still read its answers */
	struct hangup hangup; /* after the end of its input: is it still there? */
	bool closing;         /* only its output is still sent */
	bool handling;        /* in a callback of ours that will look at gone */
	bool gone;
};

struct pvd *client_pvd(const struct client *client)
{
	return client->pvd;
}

bool client_is_gone(const struct client *client)
{
	return hangup_is(bufferevent_getfd(client->stream));
}

static void unlink_client(struct client *client)
{
	struct pvd *pvd = client->pvd;

	notify_forget_client(client);
	build_forget_client(client);
	TAILQ_REMOVE(&pvd->clients, client, entry);
	hangup_ignore(&client->hangup);
	rpc_buffer_free(&client->in);
}

static void drop(struct client *client)
{
	/* The callback on the stack frees it when it is done. */
	if (client->handling) {
		client->gone = true;
		return;
	}
	unlink_client(client);
	if (client->stream) {
		bufferevent_free(client->stream);
		--*client->count;
	}
	free(client);
}

void clients_drop_gone(struct pvd *pvd)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&pvd->clients); client; client = next) {
		next = TAILQ_NEXT(client, entry);
		if (client_is_gone(client))
			drop(client);
	}
}

void clients_free(struct pvd *pvd)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&pvd->clients)))
		drop(client);
}

static void send_line(struct client *client, const json_t *message)
{
	struct evbuffer *output = bufferevent_get_output(client->stream);
	size_t length;
	char *line;

	if (client->closing || client->gone)
		return;
	line = message ? rpc_line_encode(message, &length) : NULL;
	if (!line || evbuffer_get_length(output) + length > CLIENT_OUTPUT_MAX ||
	    bufferevent_write(client->stream, line, length)) {
		log_warning(
			"a client is cut off: it does not read its answers, or memory is short");
		client->closing = true;
		bufferevent_disable(client->stream, EV_READ);
		evbuffer_drain(output, evbuffer_get_length(output));
		/* Its next callback finds it; shutting down makes that come. */
		shutdown(bufferevent_getfd(client->stream), SHUT_RDWR);
		bufferevent_enable(client->stream, EV_READ);
	}
	free(line);
}

static void send_and_free(struct client *client, json_t *message)
{
	send_line(client, message);
	json_decref(message);
}

/* Has client_sent called, but not before whoever answers has returned: a request that is not
 * answered may have been the last thing that was waited for. */
static void look_again(struct client *client)
{
	bufferevent_trigger(client->stream, EV_WRITE,
			    BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
}

void client_answer(struct client *client, json_t *id, json_t *result)
{
	client->pending--;
	if (id)
		send_and_free(client, rpc_result_new(id, result));
	else
		json_decref(result);
	look_again(client);
}

void client_refuse(struct client *client, json_t *id, const struct error *err)
{
	client->pending--;
	if (id || err->rpc_code)
		send_and_free(client, rpc_error_new(id, err));
	look_again(client);
}

void client_subscribe(struct client *client)
{
	client->subscribed = true;
}

void client_broadcast(struct pvd *pvd, const json_t *message)
{
	struct client *client;

	TAILQ_FOREACH(client, &pvd->clients, entry) {
		if (client->subscribed)
			send_line(client, message);
	}
}

/* Sends what is there and closes. */
static void finish(struct client *client)
{
	client->closing = true;
	bufferevent_disable(client->stream, EV_READ);
	if (!evbuffer_get_length(bufferevent_get_output(client->stream)))
		drop(client);
}

static void handle_line(struct client *client, const char *line, size_t length)
{
	struct rpc_request request;
	struct error err = ERROR_INIT;

	/* Every line leads to one answer or refusal, though perhaps much later. */
	client->pending++;
	if (rpc_request_decode(&request, line, length, &err))
		client_refuse(client, request.id, &err);
	else
		method_call(client, &request);
	rpc_request_free(&request);
}

static void refuse_long_line(struct client *client)
{
	struct error err = ERROR_INIT;

	client->pending++;
	err.rpc_code = RPC_BAD_REQUEST;
	error_set(&err, ERROR_USAGE, "rpc", "a line is longer than %u bytes", RPC_LINE_MAX);
	client_refuse(client, NULL, &err);
	finish(client);
}

/* Moves what has arrived into the line buffer. False: too long, the client is finished. */
static bool take_input(struct client *client)
{
	struct evbuffer *input = bufferevent_get_input(client->stream);
	size_t size = evbuffer_get_length(input);
	int ret;

	if (!size)
		return true;
	ret = rpc_buffer_append(&client->in, evbuffer_pullup(input, -1), size);
	evbuffer_drain(input, size);
	if (ret)
		refuse_long_line(client);
	return !ret;
}

static void client_read(struct bufferevent *stream, void *arg)
{
	struct client *client = arg;
	size_t length;
	char *line;

	(void)stream;
	if (client->closing) {
		drop(client);
		return;
	}
	client->handling = true;
	if (take_input(client)) {
		while (!client->gone && !client->closing &&
		       (line = rpc_buffer_line(&client->in, &length)))
			handle_line(client, line, length);
	}
	client->handling = false;
	if (client->gone)
		drop(client);
}

/* Nothing more will come of this client. */
static bool is_done(const struct client *client)
{
	if (evbuffer_get_length(bufferevent_get_output(client->stream)))
		return false;
	return client->closing || (client->input_ended && !client->pending && !client->subscribed);
}

static void client_sent(struct bufferevent *stream, void *arg)
{
	struct client *client = arg;

	(void)stream;
	if (is_done(client))
		drop(client);
}

static void client_hung_up(void *arg)
{
	drop(arg);
}

/* A client that has closed its direction gets its answers; one that has gone, nothing. */
static void client_ended(struct bufferevent *stream, short what, void *arg)
{
	struct client *client = arg;

	client->input_ended = true;
	if (what == (BEV_EVENT_EOF | BEV_EVENT_READING) && !is_done(client)) {
		bufferevent_disable(stream, EV_READ);
		if (!hangup_watch(client->pvd->hangups, &client->hangup, bufferevent_getfd(stream),
				  client_hung_up, client))
			return;
	}
	drop(client);
}

void client_accept(struct pvd *pvd, int fd, unsigned int *count)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client)
		client->stream = bufferevent_socket_new(pvd->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client || !client->stream) {
		free(client);
		close(fd);
		return;
	}
	client->pvd = pvd;
	client->count = count;
	++*count;
	TAILQ_INSERT_TAIL(&pvd->clients, client, entry);
	bufferevent_setcb(client->stream, client_read, client_sent, client_ended, client);
	bufferevent_enable(client->stream, EV_READ | EV_WRITE);
}

void client_become_console(struct client *client, json_t *id, struct domain *domain,
			   unsigned int lines)
{
	struct bufferevent *stream = client->stream;
	size_t rest_size;
	const char *rest;

	client_answer(client, id, json_pack("{s:s}", "name", domain->config.name));
	if (client->closing)
		return;
	rest = rpc_buffer_rest(&client->in, &rest_size);
	bufferevent_setcb(stream, NULL, NULL, NULL, NULL);
	client->stream = NULL;
	if (console_attach(domain->console, stream, client->count, lines, rest, rest_size))
		log_warning("a client is cut off: memory is short");
	else if (domain->phase == PHASE_ENDED)
		console_hang_up(domain->console);
	drop(client);
}
