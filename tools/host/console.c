/* SPDX-License-Identifier: MIT */
/* Who is attached to the serial console. */
#include "console.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "listen.h"

struct attached {
	struct console *console;
	struct event *event; /* NULL: a free place */
	int fd;
};

struct console {
	struct event_base *base;
	int serial, listener;
	struct event *knock;
	char replay[CONSOLE_REPLAY]; /* a ring: byte n of the output stands at n % size */
	size_t printed;
	struct attached attached[CONSOLE_CLIENTS];
};

static void detach(struct attached *attached)
{
	event_free(attached->event);
	close(attached->fd);
	attached->event = NULL;
}

/* Typing faster than a serial port takes it loses bytes, as it does on a real one. */
static void on_typed(evutil_socket_t fd, short what, void *arg)
{
	struct attached *attached = arg;
	char bytes[256];
	ssize_t count = read(fd, bytes, sizeof(bytes));

	(void)what;
	if (count > 0 && write(attached->console->serial, bytes, (size_t)count) < 0 &&
	    errno != EAGAIN)
		count = 0;
	if (!count || (count < 0 && errno != EAGAIN && errno != EINTR))
		detach(attached);
}

static void send_replay(const struct console *console, int fd)
{
	size_t held = console->printed < CONSOLE_REPLAY ? console->printed : CONSOLE_REPLAY;
	size_t first = (console->printed - held) % CONSOLE_REPLAY;
	size_t run = first + held > CONSOLE_REPLAY ? CONSOLE_REPLAY - first : held;

	if (write(fd, console->replay + first, run) == (ssize_t)run && held > run &&
	    write(fd, console->replay, held - run) < 0)
		return; /* a client that is gone already: reading tells */
}

static void on_knock(evutil_socket_t listener, short what, void *arg)
{
	struct console *console = arg;
	struct attached *place = console->attached;
	int fd = listen_accept(listener);

	(void)what;
	while (place < console->attached + CONSOLE_CLIENTS && place->event)
		place++;
	if (fd < 0)
		return;
	if (place == console->attached + CONSOLE_CLIENTS) {
		close(fd);
		return;
	}
	*place = (struct attached){ .console = console, .fd = fd };
	place->event = event_new(console->base, fd, EV_READ | EV_PERSIST, on_typed, place);
	if (!place->event)
		close(fd);
	else if (event_add(place->event, NULL))
		detach(place);
	else
		send_replay(console, fd);
}

static void keep_replay(struct console *console, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		console->replay[console->printed++ % CONSOLE_REPLAY] = bytes[i];
}

void console_print(struct console *console, const char *bytes, size_t count)
{
	keep_replay(console, bytes, count);
	for (int i = 0; i < CONSOLE_CLIENTS; i++) {
		struct attached *attached = &console->attached[i];

		if (attached->event && write(attached->fd, bytes, count) < 0 && errno != EAGAIN)
			detach(attached);
	}
}

struct console *console_new(struct event_base *base, int listener, int serial, struct error *err)
{
	struct console *console = calloc(1, sizeof(*console));

	if (!console) {
		close(listener);
	} else {
		console->base = base;
		console->serial = serial;
		console->listener = listener;
		console->knock = event_new(base, listener, EV_READ | EV_PERSIST, on_knock, console);
		if (console->knock && !event_add(console->knock, NULL))
			return console;
		console_free(console);
	}
	error_set(err, ERROR_FAILED, "host", "no memory for the console");
	return NULL;
}

void console_free(struct console *console)
{
	if (!console)
		return;
	for (int i = 0; i < CONSOLE_CLIENTS; i++)
		if (console->attached[i].event)
			detach(&console->attached[i]);
	if (console->knock)
		event_free(console->knock);
	close(console->listener);
	free(console);
}
