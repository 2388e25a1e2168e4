/* SPDX-License-Identifier: MIT */
/*
 * store.c - requests to xenstored over its socket (see store.h).
 *
 * A request is a header and a payload; its answer carries the same number. Between the two, watch
 * events may arrive, which go into a queue.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store.h"
#include "store_part.h"
#include "store_wire.h"

/* More events than this are not kept: their content is "look again", so losing some changes
 * nothing. */
#define EVENT_QUEUE_MAX 256

/*
 * Requests that go out together. All of them and their answers fit into the socket's buffers, so
 * neither side waits for the other to read; and each lot has a deadline of its own.
 */
#define BATCH_MAX 64

struct event {
	struct event *next;
	char token[64];
};

struct store {
	struct wire wire;
	uint32_t last_id;
	struct event *events, **events_tail;
	size_t event_count;
	void (*queued)(void *arg);
	void *queued_arg;
	void (*dropped)(void *arg);
	void *dropped_arg;
	bool batching;
	unsigned int batch_count; /* requests gathered */
	int batch_error;          /* the first refusal of this batch */
	uint8_t *batch;
	size_t batch_used, batch_capacity;
};

static void drop_connection(struct store *store)
{
	if (store->wire.fd >= 0) {
		if (store->dropped)
			store->dropped(store->dropped_arg);
		close(store->wire.fd);
	}
	store->wire.fd = -1;
	store->wire.in_used = 0;
}

static void forget_events(struct store *store)
{
	struct event *event;

	while ((event = store->events)) {
		store->events = event->next;
		free(event);
	}
	store->events_tail = &store->events;
	store->event_count = 0;
}

struct store *store_attach(int fd)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store) {
		close(fd);
		return NULL;
	}
	store->wire.fd = fd;
	store->events_tail = &store->events;
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	drop_connection(store);
	forget_events(store);
	free(store->batch);
	free(store);
}

bool store_alive(const struct store *store)
{
	return store->wire.fd >= 0;
}

int store_fd(const struct store *store)
{
	return store->wire.fd;
}

const char *store_error_text(int ret)
{
	return ret == -ENOTCONN || ret == -EPIPE ? "it does not run any more" : strerror(-ret);
}

/* Payload of an event: path NUL token NUL. */
static void queue_event(struct store *store, const struct message *message)
{
	const char *token = message->payload + strlen(message->payload) + 1;
	struct event *event;

	if (token >= message->payload + message->header.len ||
	    store->event_count >= EVENT_QUEUE_MAX)
		return;
	event = calloc(1, sizeof(*event));
	if (!event)
		return;
	snprintf(event->token, sizeof(event->token), "%s", token);
	*store->events_tail = event;
	store->events_tail = &event->next;
	store->event_count++;
}

static void announce_events(struct store *store)
{
	if (store->queued)
		store->queued(store->queued_arg);
}

/* Takes the answer to one request; what arrives for others before it is none of ours. An event
 * that was read from the socket together with the answer is not announced by the socket any more.
 */
static int await_answer(struct store *store, uint32_t id, struct message *answer, int64_t deadline)
{
	int ret;

	for (;;) {
		ret = wire_receive(&store->wire, answer, deadline);
		if (ret)
			return ret;
		if (answer->header.type == XS_WATCH_EVENT) {
			queue_event(store, answer);
			announce_events(store);
		} else if (answer->header.req_id == id) {
			if (store->wire.in_used)
				announce_events(store);
			return 0;
		}
	}
}

static int make_message(struct store *store, uint32_t type, const struct iovec *parts, size_t count,
			struct message *message)
{
	size_t i;

	message->header = (struct xsd_sockmsg){ .type = type, .req_id = ++store->last_id };
	for (i = 0; i < count; i++) {
		if (parts[i].iov_len > XENSTORE_PAYLOAD_MAX - message->header.len)
			return -E2BIG;
		memcpy(message->payload + message->header.len, parts[i].iov_base, parts[i].iov_len);
		message->header.len += (uint32_t)parts[i].iov_len;
	}
	return 0;
}

static int answer_result(const struct message *answer)
{
	return answer->header.type == XS_ERROR ? -wire_error_number(answer->payload) : 0;
}

/* Sends what was gathered and takes the answers. An error ends the connection; refusals are noted.
 */
static int flush_batch(struct store *store)
{
	int64_t deadline = wire_now_ms() + STORE_TIMEOUT_MS;
	uint32_t id = store->last_id - store->batch_count;
	struct message answer;
	int ret = wire_send(&store->wire, store->batch, store->batch_used, deadline);

	/* Requests of one connection are answered in their order. */
	for (; !ret && store->batch_count; store->batch_count--) {
		ret = await_answer(store, ++id, &answer, deadline);
		if (!ret && !store->batch_error)
			store->batch_error = answer_result(&answer);
	}
	store->batch_count = 0;
	store->batch_used = 0;
	if (ret)
		drop_connection(store);
	return ret;
}

static int add_to_batch(struct store *store, const struct message *message)
{
	size_t size = sizeof(message->header) + message->header.len;

	if (store->batch_used + size > store->batch_capacity) {
		size_t capacity = store->batch_capacity * 2 + sizeof(*message);
		uint8_t *batch = realloc(store->batch, capacity);

		if (!batch)
			return -ENOMEM;
		store->batch = batch;
		store->batch_capacity = capacity;
	}
	memcpy(store->batch + store->batch_used, message, size);
	store->batch_used += size;
	store->batch_count++;
	return store->batch_count < BATCH_MAX ? 0 : flush_batch(store);
}

/* Sends parts as one payload and waits for the answer; or gathers it, with an answer that says yes.
 */
static int request(struct store *store, uint32_t type, const struct iovec *parts, size_t count,
		   struct message *answer)
{
	int64_t deadline = wire_now_ms() + STORE_TIMEOUT_MS;
	struct message message;
	int ret;

	if (store->wire.fd < 0)
		return -ENOTCONN;
	ret = make_message(store, type, parts, count, &message);
	if (ret)
		return ret;
	if (store->batching)
		return add_to_batch(store, &message);
	ret = wire_send(&store->wire, &message, sizeof(message.header) + message.header.len,
			deadline);
	if (!ret)
		ret = await_answer(store, message.header.req_id, answer, deadline);
	if (ret) {
		drop_connection(store);
		return ret;
	}
	return answer_result(answer);
}

void store_batch_begin(struct store *store)
{
	store->batching = true;
	store->batch_count = 0;
	store->batch_used = 0;
	store->batch_error = 0;
}

int store_batch_end(struct store *store)
{
	int ret;

	store->batching = false;
	if (store->wire.fd < 0)
		return -ENOTCONN;
	ret = flush_batch(store);
	return ret ? ret : store->batch_error;
}

/* A string with its NUL, as most requests want it. */
static struct iovec text(const char *string)
{
	return (struct iovec){ .iov_base = (char *)string, .iov_len = strlen(string) + 1 };
}

static int request_texts(struct store *store, uint32_t type, const char *first, const char *second,
			 struct message *answer)
{
	struct iovec parts[2] = { text(first) };

	if (second)
		parts[1] = text(second);
	return request(store, type, parts, second ? 2 : 1, answer);
}

int store_write(struct store *store, const char *path, const char *value)
{
	struct iovec parts[2] = { text(path), text(value) };
	struct message answer;

	parts[1].iov_len--; /* values carry no NUL */
	return request(store, XS_WRITE, parts, 2, &answer);
}

char *store_read(struct store *store, const char *path)
{
	struct message answer;
	char *value;
	int ret = request_texts(store, XS_READ, path, NULL, &answer);

	if (ret) {
		errno = -ret;
		return NULL;
	}
	value = malloc(answer.header.len + 1);
	if (value)
		memcpy(value, answer.payload, answer.header.len + 1);
	return value;
}

int store_remove(struct store *store, const char *path)
{
	struct message answer;
	int ret = request_texts(store, XS_RM, path, NULL, &answer);

	return ret == -ENOENT ? 0 : ret;
}

int store_set_owner(struct store *store, const char *path, uint32_t owner, int reader)
{
	char first[16], second[16];
	struct iovec parts[3];
	struct message answer;

	snprintf(first, sizeof(first), "n%u", owner);
	snprintf(second, sizeof(second), "r%d", reader);
	parts[0] = text(path);
	parts[1] = text(first);
	parts[2] = text(second);
	return request(store, XS_SET_PERMS, parts, reader < 0 ? 2 : 3, &answer);
}

void store_set_queued(struct store *store, void (*queued)(void *arg), void *arg)
{
	store->queued = queued;
	store->queued_arg = arg;
}

void store_set_dropped(struct store *store, void (*dropped)(void *arg), void *arg)
{
	store->dropped = dropped;
	store->dropped_arg = arg;
}

int store_watch(struct store *store, const char *path, const char *token)
{
	struct message answer;

	return request_texts(store, XS_WATCH, path, token, &answer);
}

static bool take_event(struct store *store, char *token, size_t size)
{
	struct event *event = store->events;

	if (!event)
		return false;
	snprintf(token, size, "%s", event->token);
	store->events = event->next;
	if (!store->events)
		store->events_tail = &store->events;
	store->event_count--;
	free(event);
	return true;
}

bool store_next_event(struct store *store, char *token, size_t size)
{
	struct message message;
	int ret;

	if (take_event(store, token, size))
		return true;
	while (store->wire.fd >= 0) {
		ret = wire_receive(&store->wire, &message, 0);
		if (ret == -EAGAIN)
			break;
		if (ret) {
			drop_connection(store);
			break;
		}
		if (message.header.type == XS_WATCH_EVENT)
			queue_event(store, &message);
	}
	return take_event(store, token, size);
}

int store_introduce(struct store *store, uint32_t domid, uint64_t frame, uint32_t port)
{
	char numbers[3][24];
	struct iovec parts[3];
	struct message answer;
	size_t i;

	snprintf(numbers[0], sizeof(numbers[0]), "%u", domid);
	snprintf(numbers[1], sizeof(numbers[1]), "%llu", (unsigned long long)frame);
	snprintf(numbers[2], sizeof(numbers[2]), "%u", port);
	for (i = 0; i < 3; i++)
		parts[i] = text(numbers[i]);
	return request(store, XS_INTRODUCE, parts, 3, &answer);
}

static int request_domid(struct store *store, uint32_t type, uint32_t domid, struct message *answer)
{
	char number[24];

	snprintf(number, sizeof(number), "%u", domid);
	return request_texts(store, type, number, NULL, answer);
}

int store_release(struct store *store, uint32_t domid)
{
	struct message answer;

	return request_domid(store, XS_RELEASE, domid, &answer);
}

bool store_is_introduced(struct store *store, uint32_t domid)
{
	struct message answer;

	return !request_domid(store, XS_IS_DOMAIN_INTRODUCED, domid, &answer) &&
	       !strcmp(answer.payload, "T");
}
