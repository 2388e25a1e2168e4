/* SPDX-License-Identifier: MIT */
/* The end of a console's output. */
#include "tail.h"

#include <string.h>

/*
 * Only whole known phrases at places where our own programs put them: guests reach the same console
 * with what they print through the hypervisor, always behind a prefix of the hypervisor's.
 */
static const struct {
	enum tail_sign sign;
	const char *start;
	const char *phrase;
} signs[] = {
	{ TAIL_FAILED, "paravane: failed: ", "" },
	{ TAIL_OFF, "paravane: power off", "" },
	{ TAIL_PANIC, "[", "] Kernel panic - not syncing" },
	{ TAIL_PANIC, "Kernel panic - not syncing", "" },
	{ TAIL_PANIC, "(XEN) Panic on CPU ", "" },
	{ TAIL_PANIC, "(XEN) Hardware Dom0 crashed", "" },
	{ TAIL_PANIC, "(PV) panic: ", "" },
	{ TAIL_PANIC, "(PV) dom0 has crashed", "" },
};

static enum tail_sign meaning(const char *line, const char **text)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i].start);

		if (!strncmp(line, signs[i].start, length) &&
		    strstr(line + length, signs[i].phrase)) {
			if (signs[i].sign == TAIL_FAILED)
				*text = line + length;
			return signs[i].sign;
		}
	}
	return TAIL_NOTHING;
}

static void take_byte(struct tail *tail, char byte)
{
	if (byte == '\r' || tail->length >= TAIL_LINE - 1)
		return;
	tail->line[tail->length++] = byte == '\t' ? ' ' : byte >= ' ' && byte <= '~' ? byte : '?';
}

/* Empty lines are not worth one of the last twenty. */
static void end_line(struct tail *tail)
{
	tail->line[tail->length] = '\0';
	if (tail->length)
		memcpy(tail->lines[tail->next++ % HOST_TAIL_LINES], tail->line, tail->length + 1);
	tail->length = 0;
}

size_t tail_feed(struct tail *tail, const char *bytes, size_t count, enum tail_sign *sign,
		 const char **text)
{
	*text = NULL;
	*sign = TAIL_NOTHING;
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != '\n') {
			take_byte(tail, bytes[i]);
			continue;
		}
		end_line(tail);
		*text = tail->line;
		*sign = meaning(tail->line, text);
		return i + 1;
	}
	return count;
}

void tail_copy(const struct tail *tail, char lines[HOST_TAIL_LINES][TAIL_LINE])
{
	unsigned int held = tail->next < HOST_TAIL_LINES ? tail->next : HOST_TAIL_LINES, to = 0;
	unsigned int first = tail->next - held;

	memset(lines, 0, sizeof(tail->lines));
	if (tail->length && held == HOST_TAIL_LINES) {
		first++;
		held--;
	}
	for (; to < held; to++)
		strcpy(lines[to], tail->lines[(first + to) % HOST_TAIL_LINES]);
	if (tail->length)
		memcpy(lines[to], tail->line, tail->length);
}
