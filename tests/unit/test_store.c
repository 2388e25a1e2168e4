/* SPDX-License-Identifier: MIT */
/*
 * Proves against a made-up xenstored that requests, refusals, watch events and batches arrive as
 * they should; that a daemon that dies, sends nonsense or answers nothing ends a request and leaves
 * a store that says at once that it is dead.
 *
 * @limit: 90
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pv_abi.h"
#include "store_part.h"

#define WRITES_MAX 20000 /* far more than a socket holds */

/* What the daemon does on its own thread. */
enum manner {
	GOOD,     /* answers; reads of "/missing" are refused */
	DIES,     /* closes instead of answering */
	NONSENSE, /* announces a payload that no message has */
	SILENT,   /* reads, never answers */
	EVENTFUL, /* sends an event before each answer */
	FOLLOWED, /* sends an event together with each answer, behind it */
};

struct fake {
	int fd;
	enum manner manner;
	unsigned int requests;
	char last_path[128], last_value[128];
	uint32_t last_type;
	pthread_t thread;
};

static bool take(int fd, void *data, size_t size)
{
	return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

static void reply(int fd, uint32_t type, uint32_t id, const char *text, size_t size)
{
	struct xsd_sockmsg header = { .type = type, .req_id = id, .len = (uint32_t)size };

	send(fd, &header, sizeof(header), MSG_NOSIGNAL);
	send(fd, text, size, MSG_NOSIGNAL);
}

static void reply_with_event(int fd, uint32_t type, uint32_t id)
{
	static const char event[] = "@releaseDomain\0tok";
	struct {
		struct xsd_sockmsg answer;
		char ok[3];
		struct xsd_sockmsg watch;
		char event[sizeof(event)];
	} __attribute__((packed)) both = {
		.answer = { .type = type, .req_id = id, .len = 3 },
		.ok = "OK",
		.watch = { .type = XS_WATCH_EVENT, .len = sizeof(event) },
	};

	memcpy(both.event, event, sizeof(event));
	send(fd, &both, sizeof(both), MSG_NOSIGNAL);
}

static void answer(struct fake *fake, const struct xsd_sockmsg *header, const char *payload)
{
	struct xsd_sockmsg wrong = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

	if (fake->manner == NONSENSE) {
		send(fake->fd, &wrong, sizeof(wrong), MSG_NOSIGNAL);
		return;
	}
	if (fake->manner == FOLLOWED) {
		reply_with_event(fake->fd, header->type, header->req_id);
		return;
	}
	if (fake->manner == EVENTFUL)
		reply(fake->fd, XS_WATCH_EVENT, 0, "@releaseDomain\0tok", 19);
	if (header->type == XS_READ && strcmp(payload, "/missing"))
		reply(fake->fd, XS_READ, header->req_id, "value", 5);
	else if (!strcmp(payload, "/missing"))
		reply(fake->fd, XS_ERROR, header->req_id, "ENOENT", 7);
	else
		reply(fake->fd, header->type, header->req_id, "OK", 3);
}

static void *fake_main(void *arg)
{
	static char payload[XENSTORE_PAYLOAD_MAX + 2]; /* two NULs behind it */
	struct fake *fake = arg;
	struct xsd_sockmsg header;

	while (take(fake->fd, &header, sizeof(header))) {
		ck_assert_uint_le(header.len, XENSTORE_PAYLOAD_MAX);
		if (header.len && !take(fake->fd, payload, header.len))
			break;
		payload[header.len] = '\0';
		payload[header.len + 1] = '\0';
		fake->requests++;
		fake->last_type = header.type;
		snprintf(fake->last_path, sizeof(fake->last_path), "%.100s", payload);
		snprintf(fake->last_value, sizeof(fake->last_value), "%.100s",
			 payload + strlen(payload) + 1);
		if (fake->manner == DIES)
			break;
		if (fake->manner != SILENT)
			answer(fake, &header, payload);
	}
	close(fake->fd);
	return NULL;
}

static struct store *start(struct fake *fake, enum manner manner)
{
	struct store *store;
	int ends[2];

	*fake = (struct fake){ .manner = manner };
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fake->fd = ends[1];
	store = store_attach(ends[0]);
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(pthread_create(&fake->thread, NULL, fake_main, fake), 0);
	return store;
}

static void stop(struct fake *fake, struct store *store)
{
	store_close(store);
	pthread_join(fake->thread, NULL);
}

START_TEST(requests)
{
	struct fake fake;
	struct store *store = start(&fake, GOOD);
	char *value = store_read(store, "/a");

	ck_assert_str_eq(value, "value");
	free(value);
	ck_assert_ptr_null(store_read(store, "/missing"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(store_remove(store, "/missing"), 0);
	ck_assert_int_eq(store_write(store, "/b", "text"), 0);
	ck_assert_uint_eq(fake.last_type, XS_WRITE);
	ck_assert_str_eq(fake.last_path, "/b");
	ck_assert_str_eq(fake.last_value, "text");
	ck_assert_int_eq(store_set_owner(store, "/c", 7, -1), 0);
	ck_assert_str_eq(fake.last_value, "n7");
	ck_assert(store_alive(store));
	stop(&fake, store);
}
END_TEST

START_TEST(too_large)
{
	static char huge[XENSTORE_PAYLOAD_MAX + 1];
	struct fake fake;
	struct store *store = start(&fake, GOOD);

	memset(huge, 'x', sizeof(huge) - 1);
	ck_assert_int_eq(store_write(store, "/a", huge), -E2BIG);
	ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	stop(&fake, store);
}
END_TEST

static void count_call(void *arg)
{
	++*(unsigned int *)arg;
}

START_TEST(events)
{
	struct fake fake;
	struct store *store = start(&fake, EVENTFUL);
	unsigned int queued = 0, i;
	char token[16];

	store_set_queued(store, count_call, &queued);
	ck_assert(!store_next_event(store, token, sizeof(token)));
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	ck_assert_uint_eq(queued, 3);
	for (i = 0; i < 3; i++) {
		ck_assert(store_next_event(store, token, sizeof(token)));
		ck_assert_str_eq(token, "tok");
	}
	ck_assert(!store_next_event(store, token, sizeof(token)));
	stop(&fake, store);
}
END_TEST

/* The socket has nothing left to be woken by then. */
START_TEST(event_with_an_answer)
{
	struct fake fake;
	struct store *store = start(&fake, FOLLOWED);
	unsigned int queued = 0;
	char token[16];

	store_set_queued(store, count_call, &queued);
	ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	ck_assert_uint_eq(queued, 1);
	ck_assert(store_next_event(store, token, sizeof(token)));
	ck_assert_str_eq(token, "tok");
	stop(&fake, store);
}
END_TEST

START_TEST(batch)
{
	struct fake fake;
	struct store *store = start(&fake, _i ? EVENTFUL : GOOD);
	unsigned int i;

	store_batch_begin(store);
	for (i = 0; i < WRITES_MAX; i++)
		ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	ck_assert_int_eq(store_batch_end(store), 0);
	ck_assert_uint_eq(fake.requests, WRITES_MAX);

	/* A small one goes out in one piece, at its end. */
	store_batch_begin(store);
	ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	ck_assert_uint_eq(fake.requests, WRITES_MAX);
	ck_assert_int_eq(store_batch_end(store), 0);
	ck_assert_uint_eq(fake.requests, WRITES_MAX + 1);

	store_batch_begin(store);
	store_write(store, "/a", "b");
	store_write(store, "/missing", "b");
	store_write(store, "/a", "b");
	ck_assert_int_eq(store_batch_end(store), -ENOENT);
	ck_assert_uint_eq(fake.requests, WRITES_MAX + 4);
	/* The answers behind the refusal were taken too. */
	ck_assert_int_eq(store_write(store, "/a", "b"), 0);
	stop(&fake, store);
}
END_TEST

START_TEST(death)
{
	struct fake fake;
	struct store *store = start(&fake, (enum manner)_i);
	unsigned int dropped = 0;

	store_set_dropped(store, count_call, &dropped);
	ck_assert_int_lt(store_write(store, "/a", "b"), 0);
	ck_assert(!store_alive(store));
	ck_assert_int_eq(store_fd(store), -1);
	ck_assert_uint_eq(dropped, 1);
	ck_assert_int_eq(store_write(store, "/a", "b"), -ENOTCONN);
	store_batch_begin(store);
	ck_assert_int_eq(store_write(store, "/a", "b"), -ENOTCONN);
	ck_assert_int_eq(store_batch_end(store), -ENOTCONN);
	stop(&fake, store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *cases = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 30);
	tcase_add_test(cases, requests);
	tcase_add_test(cases, too_large);
	tcase_add_test(cases, events);
	tcase_add_test(cases, event_with_an_answer);
	tcase_add_loop_test(cases, batch, 0, 2);
	tcase_add_loop_test(cases, death, DIES, SILENT + 1);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
