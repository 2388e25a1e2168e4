/* SPDX-License-Identifier: MIT */
/* Who is attached to the serial console. */
#include "console.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <unistd.h>

#include "listen.h"

struct attached {
	struct console *console;
	struct bufferevent *stream; /* NULL: a free place */
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
	bufferevent_free(attached->stream);
	attached->stream = NULL;
}

/* Typing faster than a serial port takes it loses bytes, as it does on a real one. */
static void on_typed(struct bufferevent *stream, void *arg)
{
	struct attached *attached = arg;
	char bytes[256];
	size_t count;

	while ((count = bufferevent_read(stream, bytes, sizeof(bytes))))
		if (write(attached->console->serial, bytes, count) < 0 && errno != EAGAIN) {
			detach(attached);
			return;
		}
}

static void on_gone(struct bufferevent *stream, short what, void *arg)
{
	(void)stream, (void)what;
	detach(arg);
}

static void send_output(struct attached *attached, const char *bytes, size_t count)
{
	struct evbuffer *waiting = bufferevent_get_output(attached->stream);

	if (evbuffer_get_length(waiting) + count <= CONSOLE_BACKLOG)
		evbuffer_add(waiting, bytes, count);
}

static void send_replay(const struct console *console, struct attached *attached)
{
	size_t held = console->printed < CONSOLE_REPLAY ? console->printed : CONSOLE_REPLAY;
	size_t first = (console->printed - held) % CONSOLE_REPLAY;
	size_t run = first + held > CONSOLE_REPLAY ? CONSOLE_REPLAY - first : held;

	send_output(attached, console->replay + first, run);
	send_output(attached, console->replay, held - run);
}

static void on_knock(evutil_socket_t listener, short what, void *arg)
{
	struct console *console = arg;
	struct attached *place = console->attached;
	int fd = listen_accept(listener);

	(void)what;
	while (place < console->attached + CONSOLE_CLIENTS && place->stream)
		place++;
	if (fd < 0)
		return;
	if (place == console->attached + CONSOLE_CLIENTS) {
		close(fd);
		return;
	}
	place->console = console;
	place->stream = bufferevent_socket_new(console->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!place->stream) {
		close(fd);
		return;
	}
	bufferevent_setcb(place->stream, on_typed, NULL, on_gone, place);
	bufferevent_enable(place->stream, EV_READ | EV_WRITE);
	send_replay(console, place);
}

static void keep_replay(struct console *console, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		console->replay[console->printed++ % CONSOLE_REPLAY] = bytes[i];
}

void console_print(struct console *console, const char *bytes, size_t count)
{
	keep_replay(console, bytes, count);
	for (int i = 0; i < CONSOLE_CLIENTS; i++)
		if (console->attached[i].stream)
			send_output(&console->attached[i], bytes, count);
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

/* The machine's last words go out as far as the socket takes them at once. */
static void send_last(struct attached *attached)
{
	struct evbuffer *waiting = bufferevent_get_output(attached->stream);

	if (!evbuffer_unfreeze(waiting, 1))
		evbuffer_write(waiting, bufferevent_getfd(attached->stream));
}

void console_free(struct console *console)
{
	if (!console)
		return;
	for (int i = 0; i < CONSOLE_CLIENTS; i++)
		if (console->attached[i].stream) {
			send_last(&console->attached[i]);
			detach(&console->attached[i]);
		}
	if (console->knock)
		event_free(console->knock);
	close(console->listener);
	free(console);
}
