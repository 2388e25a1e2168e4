/* SPDX-License-Identifier: MIT */
/*
 * Proves that frames come out of a byte stream as they went in however it was cut, that a reader
 * finds its place again after garbage, half frames and damage, that credit stops a sender and an
 * overdrawn one is refused, and that two ends of a link carry many clients through the death of one
 * end.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame_mux.h"
#include "mux_link.h"
#include "../pvd/port.h"

static struct frame_parser parser;

/* Gives `count` bytes to the parser, as much at a time as it takes; collects the frames' payload
 * sizes. */
static unsigned int feed(const uint8_t *bytes, size_t count, uint32_t *lengths)
{
	struct frame frame;
	unsigned int frames = 0;
	size_t room;

	while (count) {
		uint8_t *space = frame_space(&parser, &room);
		size_t part = count < room ? count : room;

		ck_assert_uint_gt(room, 0);
		memcpy(space, bytes, part);
		frame_filled(&parser, part);
		bytes += part;
		count -= part;
		while (frame_next(&parser, &frame))
			lengths[frames++] = frame.length;
	}
	return frames;
}

static void reset(void)
{
	memset(&parser, 0, sizeof(parser));
}

static size_t put(uint8_t *out, uint32_t channel, uint32_t length)
{
	static uint8_t payload[FRAME_PAYLOAD_MAX];

	for (uint32_t i = 0; i < length; i++)
		payload[i] = (uint8_t)(i * 7 + channel);
	return frame_encode(out, channel, FRAME_DATA, payload, length);
}

START_TEST(frames_in_pieces)
{
	static const uint32_t sizes[] = { 0, 1, 4096, FRAME_PAYLOAD_MAX, 3 };
	static uint8_t stream[5 * FRAME_MAX];
	uint32_t lengths[8];
	size_t size = 0, piece = (size_t)_i * _i * 97 + 1;
	unsigned int frames = 0;

	reset();
	for (unsigned int i = 0; i < 5; i++)
		size += put(stream + size, i, sizes[i]);
	for (size_t at = 0; at < size; at += piece)
		frames +=
			feed(stream + at, size - at < piece ? size - at : piece, lengths + frames);
	ck_assert_uint_eq(frames, 5);
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_uint_eq(lengths[i], sizes[i]);
	ck_assert_uint_eq(parser.skipped, 0);
}
END_TEST

START_TEST(frame_content)
{
	uint8_t bytes[FRAME_HEADER + 16], payload[16];
	struct frame_open open = { .pid = 77, .uid = 1000, .gid = 0xfffffffe }, got;
	struct frame frame;
	size_t room;

	reset();
	frame_encode(bytes, 0x01020304, FRAME_OPEN, payload,
		     (uint32_t)frame_put_open(payload, &open));
	memcpy(frame_space(&parser, &room), bytes, FRAME_HEADER + 12);
	frame_filled(&parser, FRAME_HEADER + 12);
	ck_assert_int_eq(frame_next(&parser, &frame), 1);
	ck_assert_uint_eq(frame.channel, 0x01020304);
	ck_assert_int_eq(frame.type, FRAME_OPEN);
	ck_assert_int_eq(frame_get_open(&frame, &got), 0);
	ck_assert_mem_eq(&got, &open, sizeof(open));
	frame.length--;
	ck_assert_int_eq(frame_get_open(&frame, &got), -EPROTO);
	ck_assert_int_eq(frame_next(&parser, &frame), 0);
}
END_TEST

/* Bytes that look like anything, and then a frame: it is found, whatever stood before it. */
START_TEST(resync_after_garbage)
{
	static uint8_t stream[4 * FRAME_MAX];
	uint32_t lengths[64];
	size_t size = 0;
	unsigned int frames;

	reset();
	srand((unsigned int)_i);
	for (; size < FRAME_MAX + 999; size++)
		stream[size] = (uint8_t)rand();
	/* A marker with a plausible header whose payload never came. */
	put(stream + size - 500, 5, 300);
	memset(stream + size - 300, 0, 300);
	/* What a restarting writer sends first, and then its frame. */
	memset(stream + size, 0, FRAME_MAX);
	size += FRAME_MAX;
	size += put(stream + size, 6, 123);
	frames = feed(stream, size, lengths);
	ck_assert_uint_eq(frames, 1);
	ck_assert_uint_eq(lengths[0], 123);
	ck_assert_uint_eq(parser.skipped, size - FRAME_HEADER - 123);
}
END_TEST

/* The largest believable half frame does not swallow what comes after the idle bytes. */
START_TEST(resync_after_half_frame)
{
	static uint8_t stream[4 * FRAME_MAX];
	uint32_t lengths[4];
	size_t size = FRAME_HEADER + (size_t)_i * 1000;

	reset();
	put(stream, 1, FRAME_PAYLOAD_MAX);
	memset(stream + size, 0, FRAME_MAX);
	size += FRAME_MAX;
	size += put(stream + size, 2, 9);
	ck_assert_uint_eq(feed(stream, size, lengths), 1);
	ck_assert_uint_eq(lengths[0], 9);
}
END_TEST

/* A frame of which one bit is wrong is no frame; the next one is. */
START_TEST(damage)
{
	uint8_t stream[2 * (FRAME_HEADER + 40)];
	uint32_t lengths[4];
	size_t size = put(stream, 1, 40), frames;

	reset();
	stream[_i] ^= 0x10;
	size += put(stream + size, 2, 31);
	frames = feed(stream, size, lengths);
	/* A longer length is waited for: then nothing has come out yet, and nothing wrong either.
	 */
	if (frames)
		ck_assert_uint_eq(lengths[0], 31);
	ck_assert_uint_le(frames, 1);
}
END_TEST

/* A marker inside a payload is data. */
START_TEST(marker_in_payload)
{
	uint8_t inner[FRAME_HEADER + 8], outer[FRAME_HEADER + sizeof(inner)];
	uint32_t lengths[4];
	size_t size = put(inner, 9, 8);

	reset();
	size = frame_encode(outer, 1, FRAME_DATA, inner, (uint32_t)size);
	ck_assert_uint_eq(feed(outer, size, lengths), 1);
	ck_assert_uint_eq(lengths[0], FRAME_HEADER + 8);
}
END_TEST

START_TEST(credit_exhaustion)
{
	struct frame_credit credit;
	uint32_t sent = 0, part;

	credit_init(&credit);
	while ((part = credit_sendable(&credit, 100000))) {
		ck_assert_uint_le(part, FRAME_PAYLOAD_MAX);
		credit_spend(&credit, part);
		sent += part;
	}
	ck_assert_uint_eq(sent, FRAME_WINDOW);
	ck_assert_int_eq(credit_grant(&credit, 10), 0);
	ck_assert_uint_eq(credit_sendable(&credit, 100), 10);
	ck_assert_int_eq(credit_grant(&credit, FRAME_WINDOW - 9), -EPROTO);
	ck_assert_int_eq(credit_grant(&credit, UINT32_MAX), -EPROTO);
}
END_TEST

START_TEST(credit_overdrawn)
{
	struct frame_credit credit;

	credit_init(&credit);
	ck_assert_int_eq(credit_receive(&credit, FRAME_WINDOW), 0);
	ck_assert_int_eq(credit_receive(&credit, 1), -EPROTO);
	/* Half a window delivered onward comes back, in one piece. */
	ck_assert_uint_eq(credit_delivered(&credit, FRAME_WINDOW / 2 - 1), 0);
	ck_assert_int_eq(credit_receive(&credit, 1), -EPROTO);
	ck_assert_uint_eq(credit_delivered(&credit, 1), FRAME_WINDOW / 2);
	ck_assert_int_eq(credit_receive(&credit, FRAME_WINDOW / 2), 0);
	ck_assert_int_eq(credit_receive(&credit, 1), -EPROTO);
}
END_TEST

/* ---- Two ends of a link ---- */

#define CLIENTS 100

struct world {
	struct event_base *base;
	int line[2]; /* the virtio port: supervisor's end, pvd's end */
	struct mux_link *supervisor;
	struct port *port;
	unsigned int accepted;
	uint32_t last_uid;
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

static void on_accept(int fd, const struct frame_open *who, void *arg)
{
	struct world *world = arg;
	struct event **echo = &world->echo[world->accepted++];

	world->last_uid = who->uid;
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
		mux_link_new(world->base, world->line[0], false, &supervisor_ops, world);
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
	struct frame_open who = { .pid = 1, .uid = 4711, .gid = 2 };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert_int_eq(mux_link_open(world->supervisor, ends[0], &who), 0);
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
	ck_assert_uint_eq(world.last_uid, 4711);
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
	Suite *suite = suite_create("frame_mux");
	TCase *frames = tcase_create("frames"), *links = tcase_create("links");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(frames, frames_in_pieces, 0, 12);
	tcase_add_test(frames, frame_content);
	tcase_add_loop_test(frames, resync_after_garbage, 0, 20);
	tcase_add_loop_test(frames, resync_after_half_frame, 0, 17);
	tcase_add_loop_test(frames, damage, 0, FRAME_HEADER + 40);
	tcase_add_test(frames, marker_in_payload);
	tcase_add_test(frames, credit_exhaustion);
	tcase_add_test(frames, credit_overdrawn);
	tcase_add_test(links, link_many_clients);
	tcase_add_test(links, link_half_close);
	tcase_add_test(links, link_slow_client);
	tcase_add_loop_test(links, link_restart, 1, 110);
	tcase_add_test(links, link_protocol_error);
	tcase_set_timeout(links, 20);
	suite_add_tcase(suite, frames);
	suite_add_tcase(suite, links);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
