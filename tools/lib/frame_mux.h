/* SPDX-License-Identifier: MIT */
/*
 * Many byte streams over one: the framing between the host supervisor and pvd.
 *
 * Model. A link is a byte pipe (one virtio port) whose ends may die and come back in the middle of
 * a frame. What it carries is a sequence of frames:
 *
 *     marker[4]  channel u32  length u32  type u8  zero[3]  crc u32  payload[length]
 * (little-endian)
 *
 * The CRC covers channel..zero and the payload, so a reader that has lost its place finds the next
 * frame by looking for a marker whose frame is whole; a false marker inside a payload costs nothing
 * but the look. A reader may believe in a frame of which the writer died half-way; therefore a
 * writer that (re)starts first sends FRAME_MAX idle bytes.
 *
 * Start: pvd sends idle bytes and RESET(nonce); the supervisor drops all channels, answers idle
 * bytes and the same RESET. Each side ignores everything else until then, so nothing of an earlier
 * life is taken for the new one. Channels: the supervisor opens them (numbers never come back
 * within a life); how they end is told by mux_state.h. A channel starts with FRAME_WINDOW bytes of
 * credit each way; CREDIT gives more.
 *
 * Nothing here does I/O, allocates, or takes a lock. Errors are negative errnos.
 */
#ifndef TOOLS_LIB_FRAME_MUX_H
#define TOOLS_LIB_FRAME_MUX_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER      20u
#define FRAME_PAYLOAD_MAX 16384u
#define FRAME_MAX         (FRAME_HEADER + FRAME_PAYLOAD_MAX)
#define FRAME_WINDOW      65536u /* credit of a fresh channel, bytes each way */
#define FRAME_LINK        0u     /* the channel number that means the link itself */

enum frame_type {
	FRAME_NONE = 0,   /* never sent */
	FRAME_OPEN = 1,   /* no payload: a client has come */
	FRAME_DATA = 2,   /* payload: 1..FRAME_PAYLOAD_MAX bytes of the stream */
	FRAME_CREDIT = 3, /* payload: u32, bytes that may be sent on top */
	FRAME_SHUT = 4,   /* no payload: the client sends no more data, and still reads */
	FRAME_END = 5,    /* no payload: the sender does not know the channel any more */
	FRAME_RESET = 6,  /* of the link; payload: u64, the nonce */
};

struct frame {
	uint32_t channel;
	enum frame_type type;
	uint32_t length;
	const uint8_t *payload; /* inside the parser's buffer, valid until its next call */
};

/* Reads frames out of a byte stream. A zeroed structure is a fresh parser. */
struct frame_parser {
	uint64_t skipped;  /* bytes that belonged to no frame, idle ones included */
	size_t start, end; /* what `bytes` holds that is not yet used */
	uint8_t bytes[2 * FRAME_MAX];
};

/*
 * Where the caller may write up to *room bytes read from the link (*room > 0 always holds once
 * frame_next has returned 0); frame_filled says how many it did write.
 */
uint8_t *frame_space(struct frame_parser *parser, size_t *room);
void frame_filled(struct frame_parser *parser, size_t count);

/* 1 and the next frame, or 0 when more bytes are needed. Never fails: what is no frame is skipped
 * and counted. */
int frame_next(struct frame_parser *parser, struct frame *frame);

/*
 * Writes a frame of `length` (at most FRAME_PAYLOAD_MAX) payload bytes to `out`, which has
 * FRAME_HEADER + length bytes of room; `payload` may already stand at out + FRAME_HEADER. Returns
 * the frame's size.
 */
size_t frame_encode(uint8_t *out, uint32_t channel, enum frame_type type, const void *payload,
		    uint32_t length);

/* The payloads of CREDIT and RESET: to bytes (returns their number), and back (-EPROTO: wrong
 * length). */
size_t frame_put_credit(uint8_t *out, uint32_t bytes);
size_t frame_put_nonce(uint8_t *out, uint64_t nonce);
int frame_get_credit(const struct frame *frame, uint32_t *bytes);
int frame_get_nonce(const struct frame *frame, uint64_t *nonce);

/* The credit of one channel, both directions. */
struct frame_credit {
	uint32_t send;    /* bytes we may still send */
	uint32_t receive; /* bytes the other side may still send */
	uint32_t owed;    /* bytes delivered onward that we have not given back as credit */
};

void credit_init(struct frame_credit *credit);

/* How many of `want` bytes may be sent in one frame now. */
uint32_t credit_sendable(const struct frame_credit *credit, uint32_t want);

/* Takes `count` (at most credit_sendable) bytes off the credit for sending. */
void credit_spend(struct frame_credit *credit, uint32_t count);

/* The other side sent `count` bytes. -EPROTO: it had not that much credit. */
int credit_receive(struct frame_credit *credit, uint32_t count);

/* The other side gives `count` more. -EPROTO: more than a window would be open, which no honest
 * side gives. */
int credit_grant(struct frame_credit *credit, uint32_t count);

/*
 * `count` received bytes were delivered onward. Returns the bytes to put into a CREDIT frame now,
 * or 0: small amounts are gathered up to half a window.
 */
uint32_t credit_delivered(struct frame_credit *credit, uint32_t count);

#endif
