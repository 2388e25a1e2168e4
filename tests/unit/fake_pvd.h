/* SPDX-License-Identifier: MIT */
/*
 * A daemon of made-up answers for tests of pvctl: a thread per connection, answers from a table,
 * domain "test" as virsh's test driver has it. It notes what it was asked.
 */
#ifndef TESTS_UNIT_FAKE_PVD_H
#define TESTS_UNIT_FAKE_PVD_H

/* What a method answers, as JSON, or "": that there is no such method; a row without a method ends
 * the table. */
struct fake_answer {
	const char *method, *result;
};

/* How domain.console behaves: what is sent after the answer, before the connection closes. */
struct fake_pvd {
	const char *console_text;
	int console_echo;    /* then sends back what it gets until the other end stops writing */
	int create_delay_fd; /* -1, or domain.create is answered when this can be read */
	int create_seen_fd;  /* -1, or one byte is written here when domain.create arrives */
	const char *state;   /* what domain.info says, NULL: running */
	const struct fake_answer *answers; /* come before its own; NULL: none */
	const char *events;                /* lines sent to who subscribes; NULL: one event */
};

/* Listens on `path` and serves until the process ends. Aborts on failure. */
void fake_pvd_start(const char *path, const struct fake_pvd *behaviour);

/* The methods asked for so far, but for ping, each followed by a blank; valid until the next call.
 */
const char *fake_pvd_methods(void);

#endif
