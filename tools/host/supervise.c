/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's parts and its loop. The life of a machine is STARTING, then RUNNING once pvd has
 * answered a ping, and from either ENDING, in which only QEMU's exit is waited for; the cause noted
 * first is the one that counts.
 */
#include "supervise.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "ending.h"
#include "pinger.h"
#include "relay.h"
#include "stream.h"

/* How long dom0 may take to power off, QEMU to die of SIGTERM, and last words to arrive after a
 * panic. */
#define POWER_OFF_SECONDS 20
#define TERM_SECONDS      5
#define PANIC_SECONDS     8

enum life { STARTING, RUNNING, ENDING };

#define SIGNALS 5

struct supervisor {
	const struct supervise_setup *setup;
	struct host_state state;
	struct event_base *base;
	struct qemu qemu;
	struct stream serial, messages, init, log;
	struct console *console;
	struct relay *relay;
	struct pinger *pinger;
	struct ending ending;
	struct event *signals[SIGNALS], *starter, *deadline;
	enum life life;
	bool terminated; /* SIGTERM went to QEMU */
	int starter_fd, state_folder;
	int64_t began_ms;
};

static int64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The starting command may be gone: then nobody wants to know. */
__attribute__((format(printf, 2, 3))) static void tell_starter(struct supervisor *sv,
							       const char *format, ...)
{
	va_list args;

	if (sv->starter_fd < 0)
		return;
	va_start(args, format);
	vdprintf(sv->starter_fd, format, args);
	va_end(args);
}

static void forget_starter(struct supervisor *sv)
{
	if (sv->starter)
		event_free(sv->starter);
	if (sv->starter_fd >= 0)
		close(sv->starter_fd);
	sv->starter = NULL;
	sv->starter_fd = -1;
}

static void set_deadline(struct supervisor *sv, unsigned int seconds)
{
	event_add(sv->deadline, &(struct timeval){ .tv_sec = (time_t)seconds });
}

/* Ends QEMU: first politely, and a second call at once. */
static void end_qemu(struct supervisor *sv)
{
	if (sv->qemu.pid <= 0)
		return;
	kill(sv->qemu.pid, sv->terminated ? SIGKILL : SIGTERM);
	sv->terminated = true;
	set_deadline(sv, TERM_SECONDS);
}

/* Notes a cause and lets the machine come to its end: dom0 is asked where it can still listen. */
static void stop(struct supervisor *sv, enum ending_cause cause, const char *text)
{
	static const char ask[] = "poweroff\n";
	bool listens = sv->life == RUNNING;

	ending_note(&sv->ending, cause, text);
	if (sv->life == ENDING)
		return;
	sv->life = ENDING;
	if (cause == ENDING_PANIC)
		set_deadline(sv, PANIC_SECONDS);
	else if (listens && write(sv->init.fd, ask, strlen(ask)) == (ssize_t)strlen(ask))
		set_deadline(sv, POWER_OFF_SECONDS);
	else
		end_qemu(sv);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *sv = arg;
	char text[64];

	(void)fd, (void)what;
	if (sv->life == ENDING) {
		end_qemu(sv);
		return;
	}
	snprintf(text, sizeof(text), "pvd did not answer within %u s", sv->setup->timeout);
	stop(sv, ENDING_TIMEOUT, text);
}

static void on_stop_signal(evutil_socket_t number, short what, void *arg)
{
	struct supervisor *sv = arg;

	(void)number, (void)what;
	/* A second one means that patience is over. */
	if (sv->life == ENDING)
		end_qemu(sv);
	else
		stop(sv, ENDING_STOPPED,
		     sv->life == STARTING ? "stopped during the start" : "stopped");
}

static void on_starter(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *sv = arg;
	char byte;

	(void)what;
	if (read(fd, &byte, 1) > 0)
		return;
	event_del(sv->starter);
	if (sv->life == STARTING)
		stop(sv, ENDING_STOPPED, "the start was interrupted");
}

static void on_child(evutil_socket_t number, short what, void *arg)
{
	struct supervisor *sv = arg;
	int status;

	(void)number, (void)what;
	if (sv->qemu.pid <= 0 || waitpid(sv->qemu.pid, &status, WNOHANG) != sv->qemu.pid)
		return;
	sv->qemu.pid = 0;
	stream_drain(&sv->messages);
	stream_drain(&sv->serial);
	ending_note_exit(&sv->ending, status, sv->life == STARTING,
			 stream_last_line(&sv->messages));
	event_base_loopbreak(sv->base);
}

static void serial_bytes(const char *bytes, size_t count, void *arg)
{
	struct supervisor *sv = arg;

	console_print(sv->console, bytes, count);
}

/*
 * Before pvd has answered no guest lives that could print such a line, so it ends the start at
 * once. Later it is only remembered, as the cause if the machine ends.
 */
static void serial_line(enum tail_sign sign, const char *text, void *arg)
{
	struct supervisor *sv = arg;
	char cause[400];

	if (sign == TAIL_PANIC && sv->life == STARTING)
		stop(sv, ENDING_PANIC, text);
	else if (sign == TAIL_PANIC)
		ending_suspect(&sv->ending, text);
	else if (sign == TAIL_FAILED && sv->life == STARTING) {
		stream_drain(&sv->log);
		snprintf(cause, sizeof(cause), "dom0: %.180s%s%.180s", text,
			 stream_last_line(&sv->log)[0] ? "; it said: " : "",
			 stream_last_line(&sv->log));
		ending_note(&sv->ending, ENDING_DOM0, cause);
	}
}

/* What host status shows. That a full disk keeps it from being written is no reason to stop. */
static void note_daemon(struct supervisor *sv, enum host_daemon daemon)
{
	struct error ignored = ERROR_INIT;

	sv->state.daemon = daemon;
	host_state_write(sv->setup->paths, &sv->state, &ignored);
}

static void daemon_ended(struct supervisor *sv, const char *text)
{
	bool given_up = strstr(text, "given up");

	snprintf(sv->state.daemon_end, sizeof(sv->state.daemon_end), "%s", text);
	if (given_up)
		relay_refuse(sv->relay);
	else
		relay_down(sv->relay);
	note_daemon(sv, given_up ? HOST_DAEMON_GIVEN_UP : HOST_DAEMON_RESTARTING);
}

/* Reports of dom0's first process. */
static void init_line(enum tail_sign sign, const char *text, void *arg)
{
	struct supervisor *sv = arg;

	(void)sign;
	tell_starter(sv, "stage %s\n", text);
	if (!strncmp(text, "pvd started", 11)) {
		sv->state.daemon_starts++;
		note_daemon(sv, HOST_DAEMON_RUNNING);
	} else if (!strncmp(text, "pvd ended", 9)) {
		daemon_ended(sv, text);
	}
}

static void on_restart_signal(evutil_socket_t number, short what, void *arg)
{
	static const char ask[] = "restart\n";
	struct supervisor *sv = arg;

	(void)number, (void)what;
	/* Whoever asked waits for the report of the start, and says if none comes. */
	if (sv->life != RUNNING || write(sv->init.fd, ask, strlen(ask)) < 0)
		return;
	relay_down(sv->relay);
}

static const struct stream_ops serial_ops = { .bytes = serial_bytes, .line = serial_line };
static const struct stream_ops init_ops = { .line = init_line };
static const struct stream_ops quiet_ops = { 0 };

static void on_pong(void *arg)
{
	static const char ready[] = "ready\n";
	struct supervisor *sv = arg;
	struct error err = ERROR_INIT;

	if (sv->life != STARTING)
		return;
	sv->life = RUNNING;
	event_del(sv->deadline);
	sv->state.ready = true;
	sv->state.start_ms = now_ms() - sv->began_ms;
	if (write(sv->init.fd, ready, strlen(ready)) != (ssize_t)strlen(ready) ||
	    host_state_write(sv->setup->paths, &sv->state, &err)) {
		stop(sv, ENDING_SUPERVISOR, err.detail[0] ? err.detail : "dom0 does not listen");
		return;
	}
	tell_starter(sv, "ready %lld\n", (long long)sv->state.start_ms);
	forget_starter(sv);
}

static int open_streams(struct supervisor *sv, struct error *err)
{
	int *fds = sv->qemu.streams;
	int rc = stream_open(&sv->messages, sv->base, sv->qemu.messages, sv->state_folder,
			     "qemu.log", &quiet_ops, sv, err);

	sv->qemu.messages = -1;
	if (!rc)
		rc = stream_open(&sv->serial, sv->base, fds[QEMU_CONSOLE], sv->state_folder,
				 "console.log", &serial_ops, sv, err);
	fds[QEMU_CONSOLE] = rc && sv->serial.fd < 0 ? fds[QEMU_CONSOLE] : -1;
	if (!rc)
		rc = stream_open(&sv->log, sv->base, fds[QEMU_LOG], sv->state_folder, "pvd.log",
				 &quiet_ops, sv, err);
	fds[QEMU_LOG] = rc && sv->log.fd < 0 ? fds[QEMU_LOG] : -1;
	if (!rc)
		rc = stream_open(&sv->init, sv->base, fds[QEMU_INIT], -1, NULL, &init_ops, sv, err);
	fds[QEMU_INIT] = rc && sv->init.fd < 0 ? fds[QEMU_INIT] : -1;
	return rc;
}

static int open_services(struct supervisor *sv, struct error *err)
{
	sv->console = console_new(sv->base, sv->setup->console_listener, sv->serial.fd, err);
	sv->relay = relay_new(sv->base, sv->setup->pvd_listener, sv->qemu.streams[QEMU_PVD], err);
	sv->qemu.streams[QEMU_PVD] = -1;
	if (!sv->console || !sv->relay)
		return error_errno(err->code);
	sv->pinger = pinger_new(sv->base, relay_client(sv->relay), on_pong, sv);
	return sv->pinger ? 0 : error_set(err, ERROR_FAILED, "host", "cannot ask pvd: no memory");
}

static int watch(struct supervisor *sv, struct error *err)
{
	sv->deadline = evtimer_new(sv->base, on_deadline, sv);
	sv->signals[0] = evsignal_new(sv->base, SIGCHLD, on_child, sv);
	sv->signals[1] = evsignal_new(sv->base, SIGTERM, on_stop_signal, sv);
	sv->signals[2] = evsignal_new(sv->base, SIGINT, on_stop_signal, sv);
	sv->signals[3] = evsignal_new(sv->base, SIGHUP, on_stop_signal, sv);
	sv->signals[4] = evsignal_new(sv->base, SIGUSR1, on_restart_signal, sv);
	sv->starter = event_new(sv->base, sv->starter_fd, EV_READ | EV_PERSIST, on_starter, sv);
	for (int i = 0; i < SIGNALS; i++)
		if (!sv->signals[i] || event_add(sv->signals[i], NULL))
			return error_set(err, ERROR_FAILED, "host", "no memory for signals");
	if (!sv->deadline || !sv->starter || event_add(sv->starter, NULL))
		return error_set(err, ERROR_FAILED, "host", "no memory for timers");
	set_deadline(sv, sv->setup->timeout);
	return 0;
}

static int begin(struct supervisor *sv, struct error *err)
{
	const struct host_paths *paths = sv->setup->paths;
	int rc;

	sv->base = event_base_new();
	sv->state_folder = open(paths->state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!sv->base || sv->state_folder < 0)
		return error_set(err, ERROR_FAILED, "host", "%s: %s", paths->state,
				 strerror(errno));
	sv->state.pid = getpid();
	sv->state.started = time(NULL);
	rc = host_ended_reserve(paths, err);
	if (!rc)
		rc = host_state_write(paths, &sv->state, err);
	if (!rc)
		rc = watch(sv, err);
	if (!rc)
		rc = qemu_start(&sv->qemu, sv->setup->qemu, err);
	if (rc)
		return rc;
	tell_starter(sv, "stage QEMU started, process %d\n", (int)sv->qemu.pid);
	return open_streams(sv, err) ?: open_services(sv, err);
}

static void free_events(struct supervisor *sv)
{
	for (int i = 0; i < SIGNALS; i++)
		if (sv->signals[i])
			event_free(sv->signals[i]);
	if (sv->deadline)
		event_free(sv->deadline);
}

static void finish(struct supervisor *sv)
{
	pinger_free(sv->pinger);
	relay_free(sv->relay);
	console_free(sv->console);
	stream_close(&sv->serial);
	stream_close(&sv->messages);
	stream_close(&sv->log);
	stream_close(&sv->init);
	qemu_close(&sv->qemu);
	free_events(sv);
	unlink(sv->setup->paths->socket);
	unlink(sv->setup->paths->console);
	if (sv->state_folder >= 0)
		close(sv->state_folder);
}

/* The last act but one: the lock goes with the process, so whoever waits for it finds ended.json
 * complete. */
static int write_end(struct supervisor *sv)
{
	struct error err = ERROR_INIT;
	struct host_ended ended = { .when = time(NULL) };
	int code = ending_result(&sv->ending, &ended);

	tail_copy(&sv->serial.tail, ended.lines);
	host_ended_write(sv->setup->paths, &ended, &err);
	tell_starter(sv, "failed %d\n", code);
	forget_starter(sv);
	return code;
}

int supervise(const struct supervise_setup *setup)
{
	static struct supervisor sv;
	struct error err = ERROR_INIT;

	sv = (struct supervisor){
		.setup = setup,
		.state = setup->state,
		.starter_fd = setup->starter,
		.state_folder = -1,
		.serial = STREAM_INIT,
		.messages = STREAM_INIT,
		.log = STREAM_INIT,
		.init = STREAM_INIT,
		.qemu = { .pid = -1, .messages = -1, .streams = { -1, -1, -1, -1 } },
		.began_ms = now_ms(),
	};
	if (begin(&sv, &err)) {
		ending_note(&sv.ending, ENDING_SUPERVISOR, err.detail);
		sv.life = ENDING;
		if (sv.qemu.pid > 0)
			kill(sv.qemu.pid, SIGKILL);
	}
	if (sv.base && sv.qemu.pid > 0)
		event_base_dispatch(sv.base);
	finish(&sv);
	return write_end(&sv);
}
