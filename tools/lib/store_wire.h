/* SPDX-License-Identifier: MIT */
/*
 * store_wire.h - xenstored's messages on a socket, with deadlines; for store*.c alone.
 *
 * Contract: 0 or a negative errno; after any error but -EAGAIN the connection is of no more use.
 * A deadline is a time of wire_now_ms().
 */
#ifndef TOOLS_LIB_STORE_WIRE_H
#define TOOLS_LIB_STORE_WIRE_H

#include "pv_abi.h"

struct wire {
	int fd; /* -1: closed */
	size_t in_used;
	uint8_t in[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
};

struct message {
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
};

int64_t wire_now_ms(void);

int wire_send(struct wire *wire, const void *data, size_t size, int64_t deadline);

/* Takes one message; its payload gets a NUL behind it. -EAGAIN: deadline is 0 and there is none
 * yet. */
int wire_receive(struct wire *wire, struct message *message, int64_t deadline);

/* The errno that an XS_ERROR's payload names. */
int wire_error_number(const char *text);

#endif
