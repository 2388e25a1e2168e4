/* SPDX-License-Identifier: MIT */
/*
 * Copies a console's bytes. Output is written as it comes. Input is read only when what was read
 * before is on its way, so a guest that does not read blocks its typist and never its own output.
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "print.h"
#include "pvctl.h"
#include "terminal.h"

#define BLOCK 4096

struct console {
	int fd;
	bool terminal;
	bool input_open;
	bool leaving;        /* the escape was typed; what stood before it still goes out */
	char pending[BLOCK]; /* input on its way to the guest */
	size_t pending_start;
	size_t pending_end;
	long long linger;
	time_t input_end; /* when input ended, by the monotonic clock */
};

int console_attach(struct rpc_client *client, const char *domain, long long replay,
		   struct error *err)
{
	json_t *params = json_pack("{s:s, s:I}", "domain", domain, "replay", (json_int_t)replay);

	return rpc_client_call(client, "domain.console", params, RPC_WAIT_FOREVER, NULL, err);
}

void console_greet(const char *what, const char *name)
{
	bool control = (unsigned char)globals.escape < 0x20;

	if (!isatty(STDIN_FILENO) || globals.quiet)
		return;
	print_line(stderr, "Connected to %s '%s'", what, name);
	if (control)
		print_line(stderr, "Escape character is ^%c (Ctrl + %c)", globals.escape ^ 0x40,
			   globals.escape ^ 0x40);
	else
		print_line(stderr, "Escape character is %c", globals.escape);
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static int write_all(int fd, const char *bytes, size_t count)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t done;

	while (count) {
		done = write(fd, bytes, count);
		if (done < 0 && errno == EAGAIN)
			poll(&ready, 1, -1);
		else if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			bytes += done;
			count -= done;
		}
	}
	return 0;
}

static int output_failed(int errnum, struct error *err)
{
	error_set(err, ERROR_FAILED, "console", "cannot write to standard output: %s",
		  strerror(errnum));
	return CONSOLE_FAILED;
}

/* -1: go on; else how the console ended. */
static int take_output(struct console *console, struct error *err)
{
	char bytes[BLOCK];
	ssize_t count = recv(console->fd, bytes, sizeof(bytes), 0);
	int ret;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (count <= 0)
		return CONSOLE_GONE;
	ret = write_all(STDOUT_FILENO, bytes, count);
	return ret ? output_failed(-ret, err) : -1;
}

static void end_input(struct console *console)
{
	console->input_open = false;
	console->input_end = now();
	if (console->terminal)
		console->leaving = true;
}

static void take_input(struct console *console)
{
	ssize_t count = read(STDIN_FILENO, console->pending, BLOCK);
	char *escape;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		end_input(console);
		return;
	}
	console->pending_start = 0;
	console->pending_end = count;
	escape = console->terminal ? memchr(console->pending, globals.escape, count) : NULL;
	if (escape) {
		console->pending_end = escape - console->pending;
		console->leaving = true;
	}
}

static int give_input(struct console *console)
{
	ssize_t count = send(console->fd, console->pending + console->pending_start,
			     console->pending_end - console->pending_start, MSG_NOSIGNAL);

	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? -1 : CONSOLE_GONE;
	console->pending_start += count;
	return -1;
}

static bool has_pending(const struct console *console)
{
	return console->pending_start < console->pending_end;
}

/* Milliseconds that poll may wait, 0 when the time after the end of input is over. */
static int time_left(const struct console *console)
{
	long long left;

	if (console->input_open || console->linger == CONSOLE_STAY)
		return -1;
	left = console->input_end + console->linger - now();
	if (left <= 0)
		return 0;
	return left > 1000 ? 1000000 : (int)left * 1000;
}

static int step(struct console *console, struct error *err)
{
	struct pollfd fds[2] = {
		{ .fd = console->fd,
		  .events = (short)(POLLIN | (has_pending(console) ? POLLOUT : 0)) },
		{ .fd = console->input_open && !has_pending(console) ? STDIN_FILENO : -1,
		  .events = POLLIN },
	};
	int wait = time_left(console), end = -1;

	if (!wait)
		return CONSOLE_TIMEOUT;
	if (poll(fds, 2, wait) < 0)
		return -1;
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		end = take_output(console, err);
	if (end < 0 && fds[0].revents & POLLOUT)
		end = give_input(console);
	if (end < 0 && fds[1].revents)
		take_input(console);
	return end;
}

enum console_end console_run(struct rpc_client *client, long long linger, struct error *err)
{
	struct console console = {
		.fd = client->fd,
		.terminal = isatty(STDIN_FILENO),
		.input_open = true,
		.linger = linger,
	};
	size_t length;
	const char *early = rpc_buffer_rest(&client->in, &length);
	int end = -1, ret;

	fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) | O_NONBLOCK);
	if (console.terminal)
		terminal_raw(STDIN_FILENO);
	ret = length ? write_all(STDOUT_FILENO, early, length) : 0;
	if (ret)
		end = output_failed(-ret, err);
	while (end < 0) {
		if (console.leaving && !has_pending(&console))
			end = CONSOLE_LEFT;
		else
			end = step(&console, err);
	}
	terminal_restore();
	return end;
}
