/* SPDX-License-Identifier: MIT */
/* Frames of many byte streams over one; the model stands in frame_mux.h. */
#include "frame_mux.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

/* No byte of it repeats, so a search never needs to step back; none is likely in text. */
static const uint8_t marker[4] = { 0xf5, 0x50, 0x76, 0xfa };

enum {
	AT_CHANNEL = 4,
	AT_LENGTH = 8,
	AT_TYPE = 12,
	AT_CRC = 16,
};

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *from)
{
	return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Over the header's fields and the payload right behind the header. */
static uint32_t checksum(const uint8_t *frame, uint32_t length)
{
	uLong crc = crc32(0, frame + AT_CHANNEL, AT_CRC - AT_CHANNEL);

	return (uint32_t)crc32(crc, frame + FRAME_HEADER, length);
}

size_t frame_encode(uint8_t *out, uint32_t channel, enum frame_type type, const void *payload,
		    uint32_t length)
{
	memcpy(out, marker, sizeof(marker));
	put32(out + AT_CHANNEL, channel);
	put32(out + AT_LENGTH, length);
	put32(out + AT_TYPE, type);
	if (length && payload != out + FRAME_HEADER)
		memcpy(out + FRAME_HEADER, payload, length);
	put32(out + AT_CRC, checksum(out, length));
	return FRAME_HEADER + length;
}

uint8_t *frame_space(struct frame_parser *parser, size_t *room)
{
	if (parser->start) {
		parser->end -= parser->start;
		memmove(parser->bytes, parser->bytes + parser->start, parser->end);
		parser->start = 0;
	}
	*room = sizeof(parser->bytes) - parser->end;
	return parser->bytes + parser->end;
}

void frame_filled(struct frame_parser *parser, size_t count)
{
	parser->end += count;
}

static void skip(struct frame_parser *parser, size_t count)
{
	parser->start += count;
	parser->skipped += count;
}

/* Skips to the first place where a marker stands or may begin; false when no byte is left to look
 * at. */
static bool find_marker(struct frame_parser *parser)
{
	while (parser->start < parser->end) {
		const uint8_t *at = parser->bytes + parser->start;
		size_t left = parser->end - parser->start;
		const uint8_t *found = memchr(at, marker[0], left);

		if (!found) {
			skip(parser, left);
			return false;
		}
		skip(parser, (size_t)(found - at));
		left = parser->end - parser->start;
		if (!memcmp(found, marker, left < sizeof(marker) ? left : sizeof(marker)))
			return true;
		skip(parser, 1);
	}
	return false;
}

static bool header_is_sane(const uint8_t *at)
{
	uint32_t type = get32(at + AT_TYPE);

	return type >= FRAME_OPEN && type <= FRAME_RESET &&
	       get32(at + AT_LENGTH) <= FRAME_PAYLOAD_MAX;
}

int frame_next(struct frame_parser *parser, struct frame *frame)
{
	while (find_marker(parser)) {
		const uint8_t *at = parser->bytes + parser->start;
		size_t left = parser->end - parser->start;
		uint32_t length;

		if (left < FRAME_HEADER)
			return 0;
		length = get32(at + AT_LENGTH);
		if (header_is_sane(at)) {
			if (left < FRAME_HEADER + length)
				return 0;
			if (checksum(at, length) == get32(at + AT_CRC)) {
				frame->channel = get32(at + AT_CHANNEL);
				frame->type = (enum frame_type)at[AT_TYPE];
				frame->length = length;
				frame->payload = at + FRAME_HEADER;
				parser->start += FRAME_HEADER + length;
				return 1;
			}
		}
		skip(parser, 1);
	}
	return 0;
}

size_t frame_put_credit(uint8_t *out, uint32_t bytes)
{
	put32(out, bytes);
	return 4;
}

size_t frame_put_nonce(uint8_t *out, uint64_t nonce)
{
	put32(out, (uint32_t)nonce);
	put32(out + 4, (uint32_t)(nonce >> 32));
	return 8;
}

int frame_get_credit(const struct frame *frame, uint32_t *bytes)
{
	if (frame->length != 4)
		return -EPROTO;
	*bytes = get32(frame->payload);
	return 0;
}

int frame_get_nonce(const struct frame *frame, uint64_t *nonce)
{
	if (frame->length != 8)
		return -EPROTO;
	*nonce = get32(frame->payload) | (uint64_t)get32(frame->payload + 4) << 32;
	return 0;
}

void credit_init(struct frame_credit *credit)
{
	credit->send = FRAME_WINDOW;
	credit->receive = FRAME_WINDOW;
	credit->owed = 0;
}

uint32_t credit_sendable(const struct frame_credit *credit, uint32_t want)
{
	if (want > credit->send)
		want = credit->send;
	return want < FRAME_PAYLOAD_MAX ? want : FRAME_PAYLOAD_MAX;
}

void credit_spend(struct frame_credit *credit, uint32_t count)
{
	credit->send -= count;
}

int credit_receive(struct frame_credit *credit, uint32_t count)
{
	if (count > credit->receive)
		return -EPROTO;
	credit->receive -= count;
	return 0;
}

int credit_grant(struct frame_credit *credit, uint32_t count)
{
	if (count > FRAME_WINDOW - credit->send)
		return -EPROTO;
	credit->send += count;
	return 0;
}

uint32_t credit_delivered(struct frame_credit *credit, uint32_t count)
{
	uint32_t give;

	credit->owed += count;
	if (credit->owed < FRAME_WINDOW / 2)
		return 0;
	give = credit->owed;
	credit->owed = 0;
	credit->receive += give;
	return give;
}
