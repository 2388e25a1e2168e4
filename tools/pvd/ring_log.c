/* SPDX-License-Identifier: MIT */
/* ring_log.c - the last bytes that a console printed. */
#include <string.h>

#include "ring_log.h"

void ring_log_add(struct ring_log *log, const char *data, size_t size)
{
	size_t piece;

	if (size > RING_LOG_BYTES) {
		data += size - RING_LOG_BYTES;
		size = RING_LOG_BYTES;
	}
	log->used = log->used + size < RING_LOG_BYTES ? log->used + size : RING_LOG_BYTES;
	while (size) {
		piece = RING_LOG_BYTES - log->next;
		if (piece > size)
			piece = size;
		memcpy(log->bytes + log->next, data, piece);
		log->next = (log->next + piece) % RING_LOG_BYTES;
		data += piece;
		size -= piece;
	}
}

/* The byte that stands back places before the next one to be written, back >= 1. */
static char byte_back(const struct ring_log *log, size_t back)
{
	return log->bytes[(log->next + RING_LOG_BYTES - back) % RING_LOG_BYTES];
}

size_t ring_log_tail(const struct ring_log *log, unsigned int lines, const char *pieces[2],
		     size_t sizes[2])
{
	size_t count = 0, start;

	while (lines && count < log->used) {
		/* The newline that ends the line before the wanted ones. */
		if (count && byte_back(log, count + 1) == '\n' && !--lines)
			break;
		count++;
	}
	start = (log->next + RING_LOG_BYTES - count) % RING_LOG_BYTES;
	pieces[0] = log->bytes + start;
	sizes[0] = start + count > RING_LOG_BYTES ? RING_LOG_BYTES - start : count;
	pieces[1] = log->bytes;
	sizes[1] = count - sizes[0];
	return count;
}
