/* SPDX-License-Identifier: MIT */
/*
 * Proves that frames come out of a byte stream as they went in however it was cut, that a reader
 * finds its place again after garbage, half frames and damage, and that credit stops a sender and
 * an overdrawn one is refused.
 *
 * @limit: 60
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frame_mux.h"

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
	uint64_t nonce = 0xfedcba9876543210, got;
	struct frame frame;
	size_t room;

	reset();
	frame_encode(bytes, 0x01020304, FRAME_RESET, payload,
		     (uint32_t)frame_put_nonce(payload, nonce));
	memcpy(frame_space(&parser, &room), bytes, FRAME_HEADER + 8);
	frame_filled(&parser, FRAME_HEADER + 8);
	ck_assert_int_eq(frame_next(&parser, &frame), 1);
	ck_assert_uint_eq(frame.channel, 0x01020304);
	ck_assert_int_eq(frame.type, FRAME_RESET);
	ck_assert_int_eq(frame_get_nonce(&frame, &got), 0);
	ck_assert(got == nonce);
	frame.length--;
	ck_assert_int_eq(frame_get_nonce(&frame, &got), -EPROTO);
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

int main(void)
{
	Suite *suite = suite_create("frame_mux");
	TCase *frames = tcase_create("frames");
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
	suite_add_tcase(suite, frames);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
