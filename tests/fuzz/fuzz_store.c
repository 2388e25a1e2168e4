/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what xenstored answers. The first byte chooses requests, the rest is all that the
 * daemon ever says before it hangs up. Every request ends at once, nothing is read twice, and a
 * store that failed stays dead.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store_part.h"

#define ANSWERS_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int dropped;

static void note_drop(void *arg)
{
	(void)arg;
	dropped++;
}

static void note_event(void *arg)
{
	(void)arg;
}

static void take_events(struct store *store)
{
	char token[8];

	while (store_next_event(store, token, sizeof(token)))
		if (!memchr(token, '\0', sizeof(token)))
			abort();
}

static void ask(struct store *store, uint8_t what)
{
	char *value;

	if (what & 1) {
		store_watch(store, "@releaseDomain", "token");
		take_events(store);
	}
	if (what & 2) {
		store_batch_begin(store);
		for (unsigned int i = 0; i < 3; i++)
			store_write(store, "/local/domain/1/name", "x");
		store_remove(store, "/vm/1");
		store_batch_end(store);
	}
	if (what & 4) {
		value = store_read(store, "/local/domain/1/name");
		free(value);
	}
	if (what & 8)
		(void)store_is_introduced(store, 1);
	if (what & 32)
		(void)store_ask_shutdown(store, 1, "poweroff");
	take_events(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *store;
	int fds[2];

	if (!size || size > ANSWERS_MAX || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return 0;
	if (size > 1 && send(fds[1], data + 1, size - 1, MSG_DONTWAIT) != (ssize_t)size - 1)
		abort();
	shutdown(fds[1], SHUT_WR);
	store = store_attach(fds[0]);
	if (!store)
		abort();
	dropped = 0;
	store_set_dropped(store, note_drop, NULL);
	store_set_queued(store, note_event, NULL);
	ask(store, data[0]);
	if (dropped > 1 || store_alive(store) == (dropped == 1))
		abort();
	store_close(store);
	close(fds[1]);
	return 0;
}
