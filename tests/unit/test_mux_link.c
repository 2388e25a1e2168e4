/* SPDX-License-Identifier: MIT */
/*
 * Proves that the two ends of a link carry many clients, each its own bytes: through half-closes
 * and through the death of one end, with all of what pvd said last; that a client which does not
 * read holds up nobody else, and that one end's breach of the protocol ends one channel only.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mux_link.h"
#include "../pvd/port.h"

#define CLIENTS 100

struct world {
	struct event_base *base;
	int line[2]; /* the virtio port: supervisor's end, pvd's end */
	struct mux_link *supervisor;
	struct port *port;
	unsigned int accepted;
	size_t last_words; /* so many bytes are said to each that comes, then pvd hangs up ... */
	int *open_end;     /* ... or, if this is set, leaves its end of the connection here */
	struct event *echo[CLIENTS + 1]; /* what pvd does with its clients: sends back what comes */
};

static void on_echo(evutil_socket_t fd, short what, void *arg)
{
	struct event **event = arg;
	char bytes[4096];
	ssize_t count = read(fd, bytes, sizeof(bytes));

	(void)what;
	/* A client that does not read is not read either. */
	if (count > 0 && write(fd, bytes, (size_t)count) != count)
		event_del(*event);
	if (count != 0)
		return;
	event_free(*event);
	*event = NULL;
	close(fd);
}

static void on_accept(int fd, void *arg)
{
	struct world *world = arg;
	struct event **echo = &world->echo[world->accepted++];
	static const char words[150000];

	if (world->last_words) {
		ck_assert_int_eq(write(fd, words, world->last_words), world->last_words);
		if (world->open_end)
			*world->open_end = fd;
		else
			close(fd);
		return;
	}
	*echo = event_new(world->base, fd, EV_READ | EV_PERSIST, on_echo, echo);
	event_add(*echo, NULL);
}

/* As the supervisor does it. */
static void on_supervisor_reset(struct mux_link *link, uint64_t nonce, void *arg)
{
	(void)arg;
	mux_link_set_up(link, false);
	mux_link_announce(link, nonce);
	mux_link_set_up(link, true);
}

static const struct mux_ops supervisor_ops = { .reset = on_supervisor_reset };

static void turn(struct world *world)
{
	for (int i = 0; i < 200; i++)
		event_base_loop(world->base, EVLOOP_NONBLOCK);
}

static void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->base = event_base_new();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, world->line), 0);
	world->supervisor =
		mux_link_new(world->base, world->line[0], MUX_CLIENTS, &supervisor_ops, world);
	world->port = port_attach(world->base, world->line[1], on_accept, world);
	ck_assert_ptr_nonnull(world->supervisor);
	ck_assert_ptr_nonnull(world->port);
}

static void world_free(struct world *world)
{
	port_close(world->port);
	mux_link_free(world->supervisor);
	for (int i = 0; i <= CLIENTS; i++)
		if (world->echo[i]) {
			close(event_get_fd(world->echo[i]));
			event_free(world->echo[i]);
		}
	event_base_free(world->base);
}

/* A client of the supervisor: the returned end is the user's. */
static int client_open(struct world *world)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	/* Little of what a client does not read is out of the link's hands. */
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int));
	ck_assert_int_eq(mux_link_open(world->supervisor, ends[0]), 0);
	return ends[1];
}

static void expect_echo(struct world *world, int fd, const char *text)
{
	char got[64] = "";

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	turn(world);
	ck_assert_int_eq(read(fd, got, sizeof(got)), (ssize_t)strlen(text));
	ck_assert_mem_eq(got, text, strlen(text));
}

START_TEST(link_many_clients)
{
	struct world world;
	int fds[CLIENTS];
	char text[16];

	world_init(&world);
	turn(&world);
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = client_open(&world);
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(text, sizeof(text), "client %d", i);
		expect_echo(&world, fds[i], text);
	}
	ck_assert_uint_eq(world.accepted, CLIENTS);
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	turn(&world);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 0);
	world_free(&world);
}
END_TEST

/* End of input reaches pvd, and pvd's end reaches the client, after all that stood before it. */
START_TEST(link_half_close)
{
	struct world world;
	char got[8];
	int fd;

	world_init(&world);
	turn(&world);
	fd = client_open(&world);
	ck_assert_int_eq(write(fd, "last", 4), 4);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	turn(&world);
	ck_assert_int_eq(read(fd, got, sizeof(got)), 4);
	turn(&world);
	ck_assert_int_eq(read(fd, got, sizeof(got)), 0);
	close(fd);
	world_free(&world);
}
END_TEST

/* Reads to the end; serves meanwhile. */
static size_t read_all(struct world *world, int fd)
{
	char bytes[1000];
	size_t all = 0;
	ssize_t count;

	for (int idle = 0; idle < 20; idle++) {
		while ((count = read(fd, bytes, sizeof(bytes))) > 0) {
			all += (size_t)count;
			idle = 0;
		}
		if (!count)
			return all;
		ck_assert_int_eq(errno, EAGAIN);
		turn(world);
	}
	ck_abort_msg("no end after %zu bytes", all);
}

/* All that pvd said before it hung up reaches a client that reads late, and types meanwhile. */
START_TEST(link_last_words)
{
	struct world world;
	int fd;

	world_init(&world);
	world.last_words = 150000;
	turn(&world);
	fd = client_open(&world);
	ck_assert_int_eq(write(fd, "typed", 5), 5);
	turn(&world);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 1);
	ck_assert_uint_eq(read_all(&world, fd), 150000);
	turn(&world);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 0);
	close(fd);
	world_free(&world);
}
END_TEST

/* What pvd said and has arrived is not lost when pvd dies. */
START_TEST(link_last_words_of_the_dead)
{
	struct world world;
	int fd, end = -1;

	world_init(&world);
	world.last_words = 50000;
	world.open_end = &end;
	turn(&world);
	fd = client_open(&world);
	turn(&world);
	mux_link_set_up(world.supervisor, false);
	ck_assert_uint_eq(read_all(&world, fd), 50000);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 0);
	close(end);
	close(fd);
	world_free(&world);
}
END_TEST

/* Who leaves while there is no pvd yet leaves nothing behind; who stays is served. */
START_TEST(link_wait)
{
	struct world world;
	int gone, half, stays;

	world_init(&world);
	gone = client_open(&world);
	half = client_open(&world);
	stays = client_open(&world);
	ck_assert_int_eq(write(gone, "never", 5), 5);
	ck_assert_int_eq(write(half, "asked", 5), 5);
	ck_assert_int_eq(shutdown(half, SHUT_WR), 0);
	close(gone);
	turn(&world);
	ck_assert_uint_eq(world.accepted, 2);
	ck_assert_uint_eq(read_all(&world, half), 5);
	expect_echo(&world, stays, "still here");
	close(half);
	close(stays);
	turn(&world);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 0);
	world_free(&world);
}
END_TEST

/* A client that sends and never reads is stopped by credit; another one is served meanwhile. */
START_TEST(link_slow_client)
{
	static char block[65536];
	struct world world;
	int slow, quick;
	ssize_t count;
	size_t sent = 0;

	world_init(&world);
	turn(&world);
	slow = client_open(&world);
	quick = client_open(&world);
	for (int i = 0; i < 100; i++) {
		count = write(slow, block, sizeof(block));
		sent += count > 0 ? (size_t)count : 0;
		turn(&world);
		if (count < 0)
			break;
	}
	ck_assert_int_eq(count, -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_uint_lt(sent, 8u << 20);
	expect_echo(&world, quick, "still here");
	close(slow);
	close(quick);
	world_free(&world);
}
END_TEST

/* A frame of data on `channel`; its size. */
static size_t put(uint8_t *out, uint32_t channel, uint32_t length)
{
	static const uint8_t payload[FRAME_PAYLOAD_MAX];

	return frame_encode(out, channel, FRAME_DATA, payload, length);
}

/* pvd dies in the middle of a frame; the next pvd on the same line starts clean and serves. */
START_TEST(link_restart)
{
	struct world world;
	uint8_t half[FRAME_HEADER + 100];
	int fd, line;
	char byte;

	world_init(&world);
	turn(&world);
	fd = client_open(&world);
	expect_echo(&world, fd, "first life");
	line = dup(world.line[1]);
	port_close(world.port);
	/* What the kernel still delivers of the dead one, and requests that were under way to it.
	 */
	put(half, 1, 100);
	ck_assert_int_eq(write(line, half, sizeof(half) - (size_t)_i), (ssize_t)sizeof(half) - _i);
	ck_assert_int_eq(write(fd, "lost", 4), 4);
	turn(&world);
	world.port = port_attach(world.base, line, on_accept, &world);
	turn(&world);
	/* The old client hears of it, a new one is served. */
	while (read(fd, &byte, 1) > 0)
		;
	ck_assert_int_eq(read(fd, &byte, 1), 0);
	close(fd);
	fd = client_open(&world);
	expect_echo(&world, fd, "second life");
	close(fd);
	world_free(&world);
}
END_TEST

/* The other side overdraws its credit: that channel is given up, the link is not. */
START_TEST(link_protocol_error)
{
	static uint8_t frame[FRAME_MAX];
	struct world world;
	int fd, other, line;
	char byte;
	size_t size;

	world_init(&world);
	turn(&world);
	fd = client_open(&world);
	other = client_open(&world);
	turn(&world);
	line = dup(world.line[1]);
	/* Nobody reads `fd`: what its socket takes comes back as credit, so it takes more than a
	 * window to overdraw. */
	for (int i = 0; i < 64; i++) {
		size = put(frame, 1, FRAME_PAYLOAD_MAX);
		for (size_t at = 0; at < size;) {
			ssize_t count = write(line, frame + at, size - at);

			turn(&world);
			at += count > 0 ? (size_t)count : 0;
		}
	}
	turn(&world);
	ck_assert_uint_eq(mux_link_count(world.supervisor), 1);
	expect_echo(&world, other, "fine");
	while (read(fd, &byte, 1) > 0)
		;
	close(line);
	close(fd);
	close(other);
	world_free(&world);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mux_link");
	TCase *links = tcase_create("links");
	SRunner *runner;
	int failed;

	signal(SIGPIPE, SIG_IGN); /* as both programs do */
	tcase_add_test(links, link_many_clients);
	tcase_add_test(links, link_half_close);
	tcase_add_test(links, link_last_words);
	tcase_add_test(links, link_last_words_of_the_dead);
	tcase_add_test(links, link_wait);
	tcase_add_test(links, link_slow_client);
	tcase_add_loop_test(links, link_restart, 1, 110);
	tcase_add_test(links, link_protocol_error);
	tcase_set_timeout(links, 20);
	suite_add_tcase(suite, links);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
